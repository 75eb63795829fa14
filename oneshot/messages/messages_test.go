package messages

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"hermes/oneshot/wire"
)

func text(s string) wire.Part { return wire.TextPart([]byte(s)) }

func call(id, name, arguments string) wire.Part {
	return wire.Part{Kind: wire.PartCall, Call: &wire.Call{ID: id, Name: name, Arguments: json.RawMessage(arguments)}}
}

func result(id, name, s string) wire.Part {
	return wire.Part{Kind: wire.PartCallResult, Text: [][]byte{[]byte(s)}, Call: &wire.Call{ID: id, Name: name}}
}

func user(parts ...wire.Part) wire.Turn { return wire.Turn{Role: wire.User, Parts: parts} }

func model(parts ...wire.Part) wire.Turn { return wire.Turn{Role: wire.Assistant, Parts: parts} }

// TestRead: what both APIs write, as one conversation.
func TestRead(t *testing.T) {
	t.Parallel()
	image := wire.Part{Kind: wire.PartImage, MediaType: "image/png", Data: []byte("png")}
	pdf := wire.Part{Kind: wire.PartDocument, MediaType: "application/pdf", Data: []byte("pdf"), Name: "a.pdf"}
	for name, c := range map[string]struct {
		in, system string
		turns      []wire.Turn
	}{
		"text":            {`[{"role":"user","content":"a"},{"role":"assistant","content":"b","refusal":null},{"role":"user","content":[{"type":"text","text":"c"}]}]`, "", []wire.Turn{user(text("a")), model(text("b")), user(text("c"))}},
		"system":          {`[{"role":"system","content":"a"},{"role":"developer","content":[{"type":"text","text":"b"}]},{"role":"user","content":"c"}]`, "a\n\nb", []wire.Turn{user(text("c"))}},
		"chat image":      {`[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,cG5n"}}]}]`, "", []wire.Turn{user(image)}},
		"responses image": {`[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,cG5n","detail":"auto"},{"type":"input_text","text":"x"}]}]`, "", []wire.Turn{user(image, text("x"))}},
		"image":           {`[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"cG5n"}}]}]`, "", []wire.Turn{user(image)}},
		"file":            {`[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,cGRm"}}]}]`, "", []wire.Turn{user(pdf)}},
		"document":        {`[{"role":"user","content":[{"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"cGRm"}}]}]`, "", []wire.Turn{user(pdf)}},
		"chat calls": {
			`[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"2","type":"function","function":{"name":"g","arguments":"broken"}}]},{"role":"tool","tool_call_id":"1","content":"one"},{"role":"tool","tool_call_id":"2","content":"two"}]`,
			"",
			[]wire.Turn{user(text("q")), model(call("1", "f", `{"a":1}`), call("2", "g", `"broken"`)), user(result("1", "f", "one"), result("2", "g", "two"))},
		},
		"calls": {
			`[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"one"}]}]}]`,
			"",
			[]wire.Turn{model(call("1", "f", `{"a":1}`)), user(result("1", "f", "one"))},
		},
	} {
		got, err := Read("messages", []byte(c.in))
		if err != nil || got.System != c.system || !reflect.DeepEqual(got.Turns, c.turns) {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
	}
}

// TestRefused: what cannot be sent is named, with its place.
func TestRefused(t *testing.T) {
	t.Parallel()
	in := func(part string) string { return `[{"role":"user","content":[` + part + `]}]` }
	for raw, want := range map[string]string{
		`{}`:                                `the key "messages" holds a JSON object`,
		`[]`:                                `holds no message`,
		`["x"]`:                             `the key "messages[0]" holds a JSON string`,
		`[null]`:                            `messages[0] is null`,
		`[{"role":"user"}]`:                 `the key "messages[0].content" is missing or empty`,
		`[{"role":"user","content":""}]`:    `the key "messages[0].content" is missing or empty`,
		`[{"role":"user","content":7}]`:     `the key "messages[0].content" holds a JSON number`,
		`[{"role":"robot","content":"x"}]`:  `the key "messages[0].role" is "robot"`,
		`[{"role":"system","content":"x"}]`: `system messages only`,
		`[{"role":"user","content":"x","name":"n"}]`:                                       `unknown key "messages[0].name"`,
		`[{"role":"user","content":"x"},{"role":"system","content":"y"}]`:                  `messages[1]: a system message stands after others`,
		`[{"role":"user","content":"a\u0000"}]`:                                            `"messages[0].content" holds a NUL`,
		`[{"role":"assistant","content":"x","tool_calls":[{"id":"1","type":"custom"}]}]`:   `"messages[0].tool_calls[0].type" can only be "function"`,
		in(`{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}`):              `unknown key "messages[0].content[0].cache_control"`,
		in(`{"type":"thinking","thinking":"x"}`):                                           `"messages[0].content[0].type" is "thinking", which cannot be sent`,
		in(`{"type":"image_url","image_url":{"url":"https://h/x.png"}}`):                   `"messages[0].content[0].image_url" must be a data URL`,
		in(`{"type":"image","source":{"type":"url","url":"https://h/x.png"}}`):             `"messages[0].content[0].source.type" can only be "base64"`,
		in(`{"type":"tool_result","tool_use_id":"1","content":[{"type":"image"}]}`):        `content[0].content[0].source" is missing`,
		in(`{"type":"image_url","image_url":{"url":"data:image/png;base64,cG5n","x":1}}`):  `unknown key "messages[0].content[0].image_url.x"`,
		`[{"role":"system","content":[{"type":"image_url","image_url":{"url":"data:"}}]}]`: `must be a data URL`,
	} {
		if _, err := Read("messages", []byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}
