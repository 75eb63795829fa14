package strict

import (
	"encoding/json"
	"maps"
	"testing"
)

// FuzzMembers: an object has the members that the decoder finds.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { } `, `null`, `[{"a":1}]`, `"{"`, `{"a":1}`, "{ \"a\" :\t1 , \"b\":\n[ 1, {\"}\": \"]\"} ] ,\"c\":\"\\\"}\" }", `{"\u0061":true,"a":false}`,
		`{"":null,"\\":{},"é":-1.5e3}`, "{\"\xff\":\"\xff\"}", `{"a":"\\"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		var want map[string]json.RawMessage
		_ = json.Unmarshal(raw, &want)
		got := maps.Collect(Members(raw))
		if !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	})
}
