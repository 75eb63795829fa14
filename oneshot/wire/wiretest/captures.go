package wiretest

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Told is what an answer says, read in the plainest way.
type Told struct {
	Text, Reasoning string
	Calls           []string // name and arguments of each, as they are written
	Finish          wire.Finish
	Whole           bool
	In, Out         int64 // tokens
	Message         string
}

// RunCaptures holds a protocol against raw answers that a real server gave on a path. dir has a file NAME.body for each, and
// INDEX.tsv with name, path, status and content type. documents gets the JSON documents of a body.
func RunCaptures(t *testing.T, p wire.Protocol, dir, path string, read func(t *testing.T, documents [][]byte) Told) {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) < 4 || cells[1] != path {
			continue
		}
		n++
		t.Run(cells[0], func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join(dir, cells[0]+".body"))
			if err != nil {
				t.Fatal(err)
			}
			status, err := strconv.Atoi(cells[2])
			if err != nil {
				t.Fatal(err)
			}
			c := capture{p, status, cells[3], body}
			want := read(t, c.documents())
			if status != http.StatusOK {
				c.refused(t, want)
				return
			}
			c.answered(t, want)
		})
	}
	if n == 0 {
		t.Errorf("%s: no answer on %s", dir, path)
	}
}

type capture struct {
	p      wire.Protocol
	status int
	kind   string
	body   []byte
}

// documents are the data of the events, without [DONE], or the whole body.
func (c capture) documents() (all [][]byte) {
	if c.kind != "text/event-stream" {
		return [][]byte{c.body}
	}
	for line := range bytes.Lines(c.body) {
		if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok && data[0] == '{' {
			all = append(all, data)
		}
	}
	return all
}

// refused: these requests were all wrong for good, and the server's own words are the message.
func (c capture) refused(t *testing.T, want Told) {
	e := Refuse(t, c.p, c.status, http.Header{"Content-Type": {c.kind}}, string(c.body))
	if e.ErrClass != class.InvalidRequest || e.Retryable || e.HTTPStatus != c.status || !strings.Contains(e.Message, want.Message) {
		t.Errorf("%s %q, want %q", e.ErrClass, e.Message, want.Message)
	}
}

func (c capture) answered(t *testing.T, want Told) {
	ask := func(body io.Reader) *Outcome {
		r := WithTools()
		r.DefaultTokens = 0
		answer := Answer{Status: c.status, Header: http.Header{"Content-Type": {c.kind}}, Body: func() io.Reader { return body }}
		return Collect(t, &wire.Client{Protocol: c.p, BaseURL: "http://h", Transport: answer}, r)
	}
	o := ask(bytes.NewReader(c.body))
	if slow := ask(iotest.OneByteReader(bytes.NewReader(c.body))); slow.Digest() != o.Digest() {
		t.Errorf("byte by byte %s\nat once %s", slow.Digest(), o.Digest())
	}
	var calls []string
	for _, call := range o.Calls {
		calls = append(calls, call.Name+" "+string(call.Arguments))
	}
	if o.Text.String() != want.Text || o.Reasoning.String() != want.Reasoning || strings.Join(calls, "\n") != strings.Join(want.Calls, "\n") {
		t.Errorf("text %q, reasoning %q, calls %q; want %+v", o.Text.String(), o.Reasoning.String(), calls, want)
	}
	if u := o.Ends[0].Usage; u.InputTokens != want.In || u.OutputTokens != want.Out {
		t.Errorf("usage %+v, want %d in, %d out", u, want.In, want.Out)
	}
	switch {
	case !want.Whole:
		if o.Error().ErrClass != class.Protocol || !o.Error().Retryable {
			t.Errorf("a cut answer is %v, %+v", o.Err, o.Result)
		}
	case o.Err != nil:
		t.Error(o.Err)
	case o.Result.Finish != want.Finish:
		t.Errorf("the end is %v (%s), want %v", o.Result.Finish, o.Result.Word, want.Finish)
	}
}
