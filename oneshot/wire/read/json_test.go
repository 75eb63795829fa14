package read

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// documents are JSON and what only looks like it.
func documents() []string {
	return []string{
		``, ` `, `{}`, `[]`, ` { } `, `[1,2]`, `{"a":1,"b":[{}],"":null}`, `"x"`, `"x`, `"\u12aF\n\"\\"`, `"\u12g4"`, `"\x"`, `"\`, `"\u`, `"\u1`, "\"a\nb\"", "\"\x7f\xff\x80é🎉\"",
		`0`, `-0`, `01`, `1.`, `1.5e+3`, `1e-2`, `1E`, `-`, `+1`, `.5`, `tru`, `true`, `false`, `null`, `nul`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`,
		`[1}`, `{"a":1]`, `{} {}`, `{"a" : [ 1 , 2 ] , "b" : { "c" : "d" } } `, `[[[[]]]]`, `[[[`, `]]`, `{1:2}`, `{"a":1 "b":2}`, "[1\x00]", "\x00", "{}\x00", "[\x00",
		`"` + strings.Repeat("0123456789", 20) + "\x1f" + `"`, `{"text":"` + strings.Repeat(`line\n`, 50) + `","type":"t"}`,
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1),
	}
}

func checkValid(t *testing.T, doc string) {
	t.Helper()
	want := json.Valid([]byte(doc))
	if got := Valid([]byte(doc)); got != want {
		t.Fatalf("%.200q: %v, want %v", doc, got, want)
	}
	var names, values []string
	v := gjson.Parse(doc)
	Members(v, func(name, value string) bool {
		names, values = append(names, name), append(values, value)
		return true
	})
	if !want || !v.IsObject() {
		return
	}
	v.ForEach(func(name, value gjson.Result) bool {
		if len(names) == 0 || names[0] != name.Str || values[0] != value.Raw {
			t.Fatalf("%q: %q is %q, and not among %q", doc, name.Str, value.Raw, values)
		}
		names, values = names[1:], values[1:]
		return true
	})
	if len(names) > 0 {
		t.Fatalf("%q: %q is too much", doc, names)
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	for _, doc := range documents() {
		checkValid(t, doc)
	}
	for b := range 256 { // at each place of a word of eight bytes, and of what is left
		for n := range 20 {
			checkValid(t, `"`+strings.Repeat("x", n)+string([]byte{byte(b)})+strings.Repeat("y", 19-n)+`"`)
			checkValid(t, `["a\`+string([]byte{byte(b)})+strings.Repeat("1", n)+`"]`)
		}
	}
	if v := Member(gjson.Parse(`{"a":{"b":1},"b":2,"b":3}`), "b"); v.Raw != "2" {
		t.Error(v)
	}
	for _, doc := range []string{`[1]`, `["b",1]`, `{"a":1}`, ``} {
		if v := Member(gjson.Parse(doc), "b"); v.Exists() {
			t.Errorf("%s: %s", doc, v.Raw)
		}
	}
}

// FuzzValid holds Valid against encoding/json, and Members against gjson.
func FuzzValid(f *testing.F) {
	for _, doc := range documents() {
		f.Add(doc)
	}
	f.Fuzz(checkValid)
}
