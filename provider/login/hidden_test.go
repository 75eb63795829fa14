package login

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadHidden(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	for name, tc := range map[string]struct {
		keys  string
		want  string
		class string
		err   error
	}{
		"a line":              {"sk-1\r", "sk-1", "", nil},
		"the next line":       {"sk-1\nsk-2\r", "sk-1", "", nil},
		"backspace":           {"sk-12\x7f\x08x\r", "sk-x", "", nil},
		"too many of them":    {"s\x7f\x7f\x7fk\r", "k", "", nil},
		"all away":            {"wrong\x15sk-1\r", "sk-1", "", nil},
		"the word away":       {"wrong\x17sk-1\r", "sk-1", "", nil},
		"stopped":             {"sk-1\x03", "", "interrupt", nil},
		"the end":             {"\x04", "", "", io.EOF},
		"no end in a line":    {"sk\x04-1\r", "sk-1", "", nil},
		"the terminal leaves": {"sk-1", "sk-1", "", gone},
	} {
		for how, in := range map[string]io.Reader{
			"at once":     strings.NewReader(tc.keys),
			"key by key":  iotest.OneByteReader(strings.NewReader(tc.keys)),
			"with errors": iotest.DataErrReader(strings.NewReader(tc.keys)),
		} {
			got, err := ReadHidden(t.Context(), io.MultiReader(in, iotest.ErrReader(gone)))
			if tc.class != "" {
				wantClass(t, err, tc.class)
			} else if err != tc.err {
				t.Errorf("%s, %s: the error is %v, want %v", name, how, err, tc.err)
			}
			if got != tc.want {
				t.Errorf("%s, %s: %q, want %q", name, how, got, tc.want)
			}
		}
	}
}

func TestReadHiddenEnds(t *testing.T) {
	t.Parallel()
	in, out := io.Pipe()
	t.Cleanup(func() { out.Close() })
	why := errors.New("interrupt")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := ReadHidden(ctx, in); err != why {
		t.Errorf("the error is %v", err)
	}
	if got, err := ReadHidden(t.Context(), strings.NewReader(strings.Repeat("x", 2*maxKey))); err != nil || len(got) <= maxKey {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
