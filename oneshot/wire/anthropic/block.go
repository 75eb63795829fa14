package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/read"
)

// block is a content block that is kept while its pieces come, so that it can be called or sent back.
type block struct {
	kind      string
	first     json.RawMessage // the block as it was opened
	text      []byte          // of text and thinking
	arguments []byte          // of tool_use
	signature string
}

func newBlock(kind string, v gjson.Result) *block {
	b := &block{kind: strings.Clone(kind), first: json.RawMessage(strings.Clone(v.Raw)), signature: strings.Clone(v.Get("signature").Str)}
	b.text = read.Text(b.text, v.Get(kind)) // the first text of "text" and "thinking" stands under that name
	return b
}

func (b *block) add(delta gjson.Result) {
	switch delta.Get("type").Str {
	case "text_delta":
		b.text = read.Text(b.text, delta.Get("text"))
	case "thinking_delta":
		b.text = read.Text(b.text, delta.Get("thinking"))
	case "signature_delta":
		b.signature += delta.Get("signature").Str
	case "input_json_delta":
		b.arguments = append(b.arguments, delta.Get("partial_json").Str...)
	}
}

// part is the whole block, in the API's own form.
func (b *block) part() wire.Part {
	switch b.kind {
	case "text":
		raw := object(field{"type", "text"}, field{"text", string(b.text)})
		return wire.Part{Kind: wire.PartText, Text: [][]byte{b.text}, Raw: raw}
	case "thinking":
		raw := object(field{"type", "thinking"}, field{"thinking", string(b.text)}, field{"signature", b.signature})
		return wire.Part{Kind: wire.PartReasoning, Text: [][]byte{b.text}, Raw: raw}
	case "tool_use":
		return b.call()
	}
	return wire.Part{Kind: wire.PartOther, Raw: b.whole()}
}

// whole is a block of another kind as it was opened, with the input that came in pieces: that of a tool of the server's own.
func (b *block) whole() json.RawMessage {
	input := gjson.GetBytes(b.first, "input")
	if !json.Valid(b.arguments) || input.Index == 0 {
		return b.first
	}
	return slices.Concat(b.first[:input.Index], b.arguments, b.first[input.Index+len(input.Raw):])
}

// call is a tool call. Pieces of its input win over the input that came with the block's start, which is {} when pieces
// follow.
func (b *block) call() wire.Part {
	doc := gjson.ParseBytes(b.first)
	c := &wire.Call{ID: doc.Get("id").Str, Name: wire.FitName(doc.Get("name").Str)}
	if input := doc.Get("input"); input.IsObject() {
		c.Arguments = json.RawMessage(input.Raw)
	}
	if len(bytes.TrimSpace(b.arguments)) > 0 || c.Arguments == nil {
		c.Arguments = wire.Arguments(b.arguments)
	}
	raw := object(field{"type", "tool_use"}, field{"id", c.ID}, field{"name", c.Name}, field{"input", asObject(c.Arguments)})
	return wire.Part{Kind: wire.PartCall, Call: c, Raw: raw}
}

// asObject is a call's arguments as the API takes them back: an object, whatever the model wrote.
func asObject(arguments json.RawMessage) json.RawMessage {
	if len(arguments) > 0 && arguments[0] == '{' {
		return arguments
	}
	return json.RawMessage(`{}`)
}

type field struct {
	name  string
	value any
}

// object writes the fields in their order, and <, > and & as they are.
func object(fields ...field) json.RawMessage {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	separator := byte('{')
	for _, f := range fields {
		out.WriteByte(separator)
		_ = enc.Encode(f.name)
		out.Truncate(out.Len() - 1) // the encoder's newline
		out.WriteByte(':')
		_ = enc.Encode(f.value)
		out.Truncate(out.Len() - 1)
		separator = ','
	}
	out.WriteByte('}')
	return out.Bytes()
}
