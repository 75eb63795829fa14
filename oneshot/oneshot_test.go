package oneshot

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"hermes/oneshot/output"
)

// TestReadText: the first bad byte is named, wherever the reads are cut; good text passes unchanged.
func TestReadText(t *testing.T) {
	t.Parallel()
	for in, at := range map[string]string{
		"plain\r\n": "", "é😀": "", "\ufeffbom": "", "": "",
		"ab\xffc": "offset 2", "é\x00": "offset 2", "x\xe2\x82": "offset 1", "x\xe2A": "offset 1", "\xc3\xa9\xc3": "offset 2",
	} {
		for name, r := range map[string]*strings.Reader{"whole": strings.NewReader(in), "bytewise": strings.NewReader(in)} {
			var text *Text
			var err error
			if name == "whole" {
				text, err = readText("x", r, nil)
			} else {
				text, err = readText("x", iotest.OneByteReader(r), nil)
			}
			if at != "" {
				if err == nil || !strings.Contains(err.Error(), at) {
					t.Errorf("%q %s: error %v, want %s", in, name, err, at)
				}
				continue
			}
			if err != nil || string(bytes.Join(text.parts, nil)) != in || text.Size() != int64(len(in)) {
				t.Errorf("%q %s: %v", in, name, err)
			}
		}
	}
}

// TestCheckAcrossPieces: a character cut between two pieces is one character.
func TestCheckAcrossPieces(t *testing.T) {
	t.Parallel()
	whole := "a😀é€b"
	for i := range len(whole) {
		for j := i; j <= len(whole); j++ {
			c := collector{hash: sha256.New()}
			for _, p := range []string{whole[:i], whole[i:j], whole[j:]} {
				if err := c.add([]byte(p)); err != nil {
					t.Fatalf("cut at %d and %d: %v", i, j, err)
				}
			}
			if _, err := c.done(); err != nil {
				t.Fatalf("cut at %d and %d: %v", i, j, err)
			}
		}
	}
}

func TestChunksCoverTheText(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("a line of words é\n", 500))
	for _, size := range []int64{64, 1000, 100000} {
		parts := chunks(text, size, size/10)
		end := 0
		for i, p := range parts {
			if int64(len(p)) > size {
				t.Fatalf("part %d has %d bytes, more than %d", i, len(p), size)
			}
			at := bytes.Index(text[max(0, end-int(size)):], p) + max(0, end-int(size))
			if at > end {
				t.Fatalf("size %d: bytes %d to %d are in no part", size, end, at)
			}
			end = max(end, at+len(p))
		}
		if !bytes.HasSuffix(text, parts[len(parts)-1]) {
			t.Errorf("size %d: the end is missing", size)
		}
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	m3 := Price{Input: "0.30", Output: "1.20", CacheRead: "0.06", LongOver: 512_000, Long: &Price{Input: "0.60", Output: "2.40", CacheRead: "0.12"}}
	for _, c := range []struct {
		name string
		p    Price
		u    output.Usage
		want string
	}{
		{"table", m3, output.Usage{InputTokens: 1_000, OutputTokens: 500, CacheReadTokens: 100}, "0.000906"},
		{"long", m3, output.Usage{InputTokens: 600_000, OutputTokens: 0}, "0.36"},
		{"plan", Price{Plan: true}, output.Usage{InputTokens: 5}, "0.00"},
		{"unknown", Price{}, output.Usage{InputTokens: 5}, ""},
	} {
		got := c.p.cost(c.u)
		switch {
		case c.want == "" && got != nil:
			t.Errorf("%s: %v, want unknown", c.name, got)
		case c.want != "" && (got == nil || *usd(got) != c.want):
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

func TestFindJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":1}`: `{"a":1}`, "```json\n{\"a\":1}\n```": `{"a":1}`, "Here: {\"a\":[1]} done": `{"a":[1]}`, "no": "", "": "", " 3 ": "3",
	} {
		if got := string(findJSON([]byte(in))); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestInputConflicts(t *testing.T) {
	t.Parallel()
	for _, in := range []Input{{Args: []string{"a"}, Prompt: "b"}, {PromptFile: "-", Files: []string{"-"}}, {Args: []string{"a"}, PromptFile: "x"}} {
		var e *InputError
		if err := in.check(); !errors.As(err, &e) || e.Class() != "usage" {
			t.Errorf("%+v: %v", in, err)
		}
	}
}
