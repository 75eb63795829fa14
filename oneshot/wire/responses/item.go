package responses

import (
	"strings"

	"github.com/tidwall/gjson"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/read"
)

// describe takes what the server says of the item.
func (it *item) describe(v gjson.Result) {
	it.commentary = v.Get("phase").Str == "commentary"
	switch v.Get("type").Str {
	case "function_call", "custom_tool_call":
		it.call, it.id, it.name = true, strings.Clone(v.Get("call_id").Str), wire.FitName(strings.Clone(v.Get("name").Str))
		it.finished(v.Get("arguments"))
		it.finished(v.Get("input"))
	}
}

// finished takes arguments that came whole.
func (it *item) finished(arguments gjson.Result) {
	if text := read.Text(nil, arguments); len(text) > 0 {
		it.arguments = text
	}
}

// part is the item as it goes back, and what it says in no server's form.
func (it *item) part() wire.Part {
	p := wire.Part{Kind: wire.PartOther, Raw: it.raw}
	doc := gjson.ParseBytes(it.raw)
	switch kind := doc.Get("type").Str; {
	case it.call:
		p.Kind, p.Call = wire.PartCall, &wire.Call{ID: it.id, Name: it.name, Arguments: wire.Arguments(it.arguments)}
	case kind == "reasoning":
		p.Kind = wire.PartReasoning
	case kind == "message":
		p.Kind = wire.PartText
		for _, part := range doc.Get("content").Array() {
			p.Text = append(p.Text, read.Text(nil, part.Get("text")))
		}
	}
	return p
}
