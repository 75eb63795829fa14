package messages

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"hermes/oneshot/wire"
)

// TestFile: an array and lines are the same conversation, also pretty and with a byte order mark.
func TestFile(t *testing.T) {
	t.Parallel()
	want := Conversation{System: "s", Turns: []wire.Turn{user(text("a")), model(text("b"))}}
	for _, raw := range []string{
		`[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"}]`,
		"\ufeff [\n {\"role\":\"system\",\n\"content\":\"s\"} , {\"role\":\"user\",\"content\":\"a\"},\n{\"role\":\"assistant\",\"content\":\"b\"}\n]\n",
		"{\"role\":\"system\",\"content\":\"s\"}\n{\"role\":\"user\",\"content\":\"a\"}\r\n\n{\"role\":\"assistant\",\"content\":\"b\"}",
		"{\"role\":\"system\",\n \"content\":\"s\"}\n{\"role\":\"user\",\"content\":\"a\"}{\"role\":\"assistant\",\"content\":\"b\"}\n",
	} {
		if got, err := File([]byte(raw)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"", " \n", "[]"} {
		if got, err := File([]byte(raw)); err != nil || got.Turns != nil {
			t.Errorf("%q: %+v, %v", raw, got, err)
		}
	}
}

// TestFileRefused: the error names the line and the byte where the bad message begins.
func TestFileRefused(t *testing.T) {
	t.Parallel()
	const good = `{"role":"user","content":"a"}`
	for raw, want := range map[string]Error{
		good + "\n{\"role\":":           {2, 30, "the file ends within this message", true},
		good + "\n{\"role\":\n}\n":      {2, 30, "invalid character '}' looking for beginning of value", false},
		"\n" + good + "\n\n7":           {4, 32, "this is a JSON number and no object", false},
		"\ufeff{\"role\":\"x\"}":        {1, 3, `the key "role" is "x"; the roles are system, developer, user, assistant, tool`, false},
		"[" + good + ",\n" + good:       {2, 61, "the file ends within this message", true},
		"[" + good + ",":                {1, 31, "the file ends within this message", true},
		"[" + good + "]\n" + good:       {2, 32, "something follows the end of the array", false},
		"[" + good + "\n" + good:        {2, 31, "expected comma after array element", false},
		good + `{"role":"system"}`:      {1, 29, `the key "content" is missing or empty`, false},
		`"x"`:                           {1, 0, "this is a JSON string and no object", false},
		good + "\nhello\n" + good:       {2, 30, "invalid character 'h' looking for beginning of value", false},
		"[" + good + "," + "null" + "]": {1, 31, "the object is null", false},
	} {
		_, err := File([]byte(raw))
		if got, ok := err.(*Error); !ok || *got != want {
			t.Errorf("%q: %v, want %v", raw, err, &want)
		}
	}
}

// whole are turns with all that a file can hold.
func whole() []wire.Turn {
	image := wire.Part{Kind: wire.PartImage, MediaType: "image/png", Data: []byte("png")}
	pdf := wire.Part{Kind: wire.PartDocument, MediaType: "application/pdf", Data: []byte("pdf"), Name: "a.pdf"}
	failed := result("1", "f", "no")
	failed.Failed = true
	own := &wire.Own{Origin: wire.Origin{Wire: "gemini", Server: "http://h", Model: "m"}, Parts: []json.RawMessage{[]byte(`{"text":"<b>","thoughtSignature":"s=="}`)}}
	return []wire.Turn{
		user(image, pdf, text("a <b> & \u2028 \"c\"\n"), text("more")),
		{Role: wire.Assistant, Parts: []wire.Part{text("b"), call("1", "f", `{"a":12345678901234567890}`), call("2", "g", `"broken"`)}, Own: own},
		user(failed, result("2", "g", "")),
		model(text("end")),
	}
}

// TestLines: what is written is read as it was.
func TestLines(t *testing.T) {
	t.Parallel()
	raw, err := Lines(append(whole(), model()))
	if err != nil || bytes.Count(raw, []byte("\n")) != 4 {
		t.Fatalf("%s, %v", raw, err)
	}
	got, err := File(raw)
	if err != nil || !reflect.DeepEqual(got.Turns, whole()) {
		t.Errorf("%s: %+v, %v", raw, got.Turns, err)
	}
	raw, _ = Lines([]wire.Turn{model(text("a\x00b"))})
	if got, err := File(raw); err != nil || string(got.Turns[0].Parts[0].Text[0]) != "a\ufffdb" {
		t.Errorf("a NUL: %s, %v", raw, err)
	}
}

// FuzzFile: no file does any harm, what is read can be written and read again, and a thread that is cut anywhere is its first
// turns or an error about its last line.
func FuzzFile(f *testing.F) {
	lines, err := Lines(whole())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(lines), `[{"role":"user","content":"a"}]`, `{"role":"tool","tool_call_id":"1","content":"x"}`, "\ufeff[]", "7"} {
		f.Add([]byte(seed), 7)
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		c, err := File(raw)
		if err != nil {
			return
		}
		lines, err := Lines(c.Turns)
		if err != nil {
			t.Fatal(err)
		}
		again, err := File(lines)
		if err != nil || len(again.Turns) != len(c.Turns) {
			t.Fatalf("%q is written as %q, which is %d turns, not %d: %v", raw, lines, len(again.Turns), len(c.Turns), err)
		}
		if cut < 0 || cut >= len(lines) {
			return
		}
		part, err := File(lines[:cut])
		ends := bytes.Count(lines[:cut], []byte("\n"))
		if bad, ok := err.(*Error); ok && bad.Line != ends+1 || !ok && len(part.Turns) > len(c.Turns) {
			t.Errorf("%q: %d turns, %v", lines[:cut], len(part.Turns), err)
		}
	})
}
