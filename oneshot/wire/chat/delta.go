package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/read"
)

// delta reads what a chunk adds to the answer.
func (d *decoder) delta(data []byte, delta gjson.Result) error {
	if err := d.reasoning(delta); err != nil {
		return err
	}
	content := delta.Get("content")
	if err := d.content(content); err != nil {
		return err
	}
	plain := content.Type == gjson.String && len(content.Raw) > 2
	delta.ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "content", "role":
		case "refusal":
			d.refusal = read.Text(d.refusal, value)
			plain = plain && value.Type == gjson.Null
		case "tool_calls":
			plain = false
			value.ForEach(func(_, call gjson.Result) bool { d.call(call); return true })
		case "function_call":
			plain = false
			d.call(gjson.Parse(`{"index":0,"function":` + value.Raw + `}`))
		default:
			plain = plain && value.Type == gjson.Null
		}
		return true
	})
	if plain {
		d.layout.Learn(data, content)
	}
	return nil
}

// content hands out text: a string, or at Mistral a list of parts (wires §1.2).
func (d *decoder) content(v gjson.Result) error {
	switch {
	case v.Type == gjson.String:
		_, err := d.piece(read.Raw(v))
		return err
	case v.IsArray():
		for _, part := range v.Array() {
			if err := d.part(part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) part(part gjson.Result) error {
	switch part.Get("type").Str {
	case "text":
		return d.content(part.Get("text"))
	case "thinking":
		for _, inner := range part.Get("thinking").Array() {
			if err := d.reason(inner.Get("text"), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// reasoning hands out the first of the plain names that holds something, and the details only where none does: OpenRouter
// and Vercel send the same words in both.
func (d *decoder) reasoning(delta gjson.Result) error {
	details := delta.Get("reasoning_details")
	d.turn.addDetails(d.to, details)
	for _, name := range [...]string{"reasoning_content", "reasoning", "reasoning_text"} {
		if v := delta.Get(name); v.Type == gjson.String && len(v.Raw) > 2 {
			return d.reason(v, name)
		}
	}
	for _, detail := range details.Array() {
		for _, name := range [...]string{"text", "summary"} {
			if err := d.reason(detail.Get(name), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) reason(v gjson.Result, name string) error {
	text, _ := d.thoughts.Next(read.Raw(v))
	d.turn.addReasoning(d.to, name, text)
	return d.to.Reasoning(text)
}

// call takes a piece of a tool call. Its index tells which, a new id under an old index begins another; without an index
// every piece is a whole call (wires §1.2).
func (d *decoder) call(v gjson.Result) {
	d.called = true
	if d.to.Keeps() {
		d.turn.addCall(v)
	}
}

// turn is what the model sent, kept where tools were offered.
type turn struct {
	text, reasoning []byte
	reasoningName   string
	details         []json.RawMessage
	calls           []*call
}

// call is a tool call whose arguments are still coming.
type call struct {
	index     string // as it was written; "" is none
	id, name  string
	arguments []byte
}

func (t *turn) addText(to *wire.Sink, p []byte) {
	if to.Keeps() {
		t.text = append(t.text, p...)
	}
}

func (t *turn) addReasoning(to *wire.Sink, name string, p []byte) {
	if to.Keeps() {
		t.reasoningName, t.reasoning = strings.Clone(name), append(t.reasoning, p...)
	}
}

func (t *turn) addDetails(to *wire.Sink, list gjson.Result) {
	if to.Keeps() {
		for _, v := range list.Array() {
			t.details = append(t.details, json.RawMessage(strings.Clone(v.Raw)))
		}
	}
}

func (t *turn) addCall(v gjson.Result) {
	index, id := strings.Clone(v.Get("index").Raw), strings.Clone(v.Get("id").Str)
	c := t.find(index, id)
	if c == nil {
		c = &call{index: index, id: id}
		t.calls = append(t.calls, c)
	}
	if name := v.Get("function.name").Str; c.name == "" {
		c.name = strings.Clone(name)
	}
	switch arguments := v.Get("function.arguments"); {
	case arguments.Type == gjson.String:
		c.arguments = read.Text(c.arguments, arguments)
	case arguments.IsObject():
		c.arguments = []byte(arguments.Raw)
	}
}

// find is the call that a piece belongs to, the last one begun first; nil begins a new one.
func (t *turn) find(index, id string) *call {
	for i := len(t.calls) - 1; i >= 0; i-- {
		switch c := t.calls[i]; {
		case index != "" && c.index == index:
			if id != "" && c.id != "" && c.id != id {
				return nil
			}
			return c
		case index == "" && id != "" && c.id == id:
			return c
		}
	}
	return nil
}

// finish hands out the calls and keeps the turn as the one message that it is sent back as.
func (t *turn) finish(to *wire.Sink) error {
	if !to.Keeps() {
		return nil
	}
	for i, c := range t.calls {
		c.name = wire.FitName(c.name)
		if c.id == "" { // each result has to name one
			c.id = fmt.Sprintf("call_%d_%d", to.Turns(), i)
		}
	}
	message := map[string]any{"role": "assistant", "content": string(t.text)}
	if len(t.text) == 0 && len(t.calls) > 0 {
		message["content"] = nil
	}
	if t.reasoningName != "" {
		message[t.reasoningName] = string(t.reasoning)
	}
	if t.details != nil {
		message["reasoning_details"] = t.details
	}
	var calls []map[string]any
	for _, c := range t.calls {
		function := map[string]any{"name": c.name, "arguments": string(wire.Arguments(c.arguments))}
		calls = append(calls, map[string]any{"id": c.id, "type": "function", "function": function})
	}
	if calls != nil {
		message["tool_calls"] = calls
	}
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(message); err != nil {
		return wire.Broken("the answer cannot be kept: %v", err)
	}
	to.Keep(wire.Part{Kind: wire.PartOther, Raw: bytes.TrimSpace(raw.Bytes())})
	if len(t.text) > 0 { // the same once more, for another server: see assistant
		to.Keep(wire.TextPart(t.text))
	}
	for _, c := range t.calls {
		to.Keep(wire.Part{Kind: wire.PartCall, Call: &wire.Call{ID: c.id, Name: c.name, Arguments: wire.Arguments(c.arguments)}})
		if err := to.Call(wire.Call{ID: c.id, Name: c.name, Arguments: wire.Arguments(c.arguments)}); err != nil {
			return err
		}
	}
	return nil
}
