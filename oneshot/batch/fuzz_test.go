package batch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzRow: a row that is taken has the id by which rows are compared before, has no key that nobody knows, and is the same row when it
// is written in our form and read again.
func FuzzRow(f *testing.F) {
	for _, s := range []string{
		`"a prompt"`, `{}`, `null`, `{"id":7,"prompt":"x","max_tokens":5,"stop":"a","temperature":0.5,"metadata":{"a":[1]}}`,
		`{"id":null,"custom_id":"c","body":{"messages":[{"role":"system","content":"s"},{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"schema":{}}}}}`,
		`{"custom_id":"c","method":"POST","url":"/v1/responses","body":{"input":"x","reasoning":{"effort":"low"},"text":{"format":{"type":"text"}}}}`,
		`{"custom_id":"c","params":{"model":"m","max_tokens":3,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"x"}]}}`,
		`{"id":"a","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"files":["f"],"tools":["fs:read_*"],"output_schema":{"type":"object"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if line = bytes.TrimSpace(line); len(line) == 0 { // as lines gives them
			return
		}
		req, err := parse(line)
		if err != nil {
			return
		}
		if id := cmp.Or(label(req.ID), "1"); id != idOf(1, line) {
			t.Fatalf("%q has the id %q, and is compared by %q", line, id, idOf(1, line))
		}
		if line[0] == '{' {
			more := append([]byte(`{"no such key":1,`), line[1:]...)
			if _, err := parse(more); err == nil {
				t.Fatalf("%q is taken", more)
			}
		}
		if req.theirs {
			return
		}
		own, err := json.Marshal(req.BatchRequest)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		again, err := parse(own)
		if err == nil {
			var one, other any
			a, b := req, again
			for raw, into := range map[*json.RawMessage]*any{&a.Metadata: &one, &b.Metadata: &other} {
				_ = json.Unmarshal(*raw, into)
			}
			if a.Prompt != b.Prompt || !reflect.DeepEqual(a.turns, b.turns) || !reflect.DeepEqual(one, other) || label(a.ID) != label(b.ID) || !reflect.DeepEqual(a.MaxTokens, b.MaxTokens) {
				t.Fatalf("%q is %+v, and as %q it is %+v", line, req, own, again)
			}
		} else {
			t.Fatalf("%q is taken, and as %q it is not: %v", line, own, err)
		}
	})
}
