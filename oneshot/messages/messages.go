// Package messages reads a conversation as the Chat Completions and the Messages API write it, and writes one.
//
// A conversation is a JSON array of {role, content}, or in a file JSON lines of them. Both APIs may be mixed in one conversation.
// What the neutral request of package wire cannot hold is refused by the name of its key and never dropped; among it are pictures
// by URL, cache_control and thinking, whose signature holds for one server alone. Such a turn of ours has the key server beside
// its neutral content: who sent it, and in which form (see [wire.Own]).
package messages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"hermes/oneshot/strict"
	"hermes/oneshot/wire"
)

// Conversation is what was said so far.
type Conversation struct {
	System string // the system texts, which come before all else, joined by an empty line
	Turns  []wire.Turn
}

// Read reads the array that stands at a path, which the errors name.
func Read(path string, raw []byte) (Conversation, error) {
	var c Conversation
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return c, strict.Said(path, err)
	}
	if len(all) == 0 {
		return c, fmt.Errorf("the key %q holds no message", path)
	}
	for i, raw := range all {
		place := fmt.Sprintf("%s[%d]", path, i)
		if err := c.add(place, place, raw); err != nil {
			return c, err
		}
	}
	if c.Turns == nil {
		return c, fmt.Errorf("the key %q holds system messages only", path)
	}
	return c, nil
}

// add reads one more message. path stands before the names of its keys, place before the other errors.
func (c *Conversation) add(path, place string, raw json.RawMessage) error {
	m := message{Object: strict.Open(path, raw)}
	role, parts, own := m.read()
	if err := m.End(); err != nil {
		return err
	}
	switch {
	case role != "system":
		c.Turns = appendTurn(c.Turns, wire.Turn{Role: role, Parts: parts, Own: own})
		return nil
	case c.Turns != nil:
		return fmt.Errorf("%s: a system message stands after others", place)
	case c.System != "":
		c.System += "\n\n"
	}
	c.System += plain(parts)
	return nil
}

// Text reads content that can only be text: a string, or parts of text.
func Text(path string, raw json.RawMessage) (string, error) {
	parts, err := content(path, raw)
	for _, p := range parts {
		if p.Kind != wire.PartText {
			return "", fmt.Errorf("the key %q can hold text only", path)
		}
	}
	return plain(parts), err
}

// appendTurn adds a message. The results of calls, each a message of the Chat Completions API, are one turn. A result has the
// name of its call, which the Gemini API wants.
func appendTurn(turns []wire.Turn, t wire.Turn) []wire.Turn {
	for _, p := range t.Parts {
		if p.Kind == wire.PartCallResult && p.Call.Name == "" {
			p.Call.Name = nameOf(turns, p.Call.ID)
		}
	}
	if n := len(turns); t.Role == "tool" && n > 0 {
		if last := turns[n-1].Parts; turns[n-1].Role == wire.User && last[len(last)-1].Kind == wire.PartCallResult {
			turns[n-1].Parts = append(last, t.Parts...)
			return turns
		}
	}
	if t.Role == "tool" {
		t.Role = wire.User
	}
	return append(turns, t)
}

// nameOf is the name of the last call with that id, "" where there is none.
func nameOf(turns []wire.Turn, id string) string {
	for _, t := range slices.Backward(turns) {
		for _, p := range t.Parts {
			if p.Kind == wire.PartCall && p.Call.ID == id {
				return p.Call.Name
			}
		}
	}
	return ""
}

// message is one of the array.
type message struct{ *strict.Object }

// read gives the role, system, user, assistant or tool, what was said, and that in a server's own form.
func (m message) read() (role string, parts []wire.Part, own *wire.Own) {
	m.Take("role", &role)
	if raw := m.Raw("content"); raw != nil {
		var err error
		parts, err = content(m.Path("content"), raw)
		m.Fail(err)
	}
	switch role {
	case "developer":
		role = "system"
	case "system", wire.User:
	case wire.Assistant:
		parts = append(parts, m.calls()...)
		if o := m.Object.Object("server"); o != nil {
			own = &wire.Own{}
			o.Take("wire", &own.Wire)
			o.Take("url", &own.Server)
			o.Take("model", &own.Model)
			o.Take("parts", &own.Parts)
			m.Fail(o.End())
		}
	case "tool":
		var id string
		m.Take("tool_call_id", &id)
		parts = []wire.Part{{Kind: wire.PartCallResult, Text: [][]byte{[]byte(plain(parts))}, Call: &wire.Call{ID: id}}}
	default:
		m.Fail(fmt.Errorf("the key %q is %q; the roles are system, developer, user, assistant, tool", m.Path("role"), role))
	}
	for _, p := range parts {
		if role == "system" && p.Kind != wire.PartText {
			m.Fail(fmt.Errorf("the key %q can hold text only", m.Path("content")))
		}
	}
	if len(parts) == 0 {
		m.Fail(fmt.Errorf("the key %q is missing or empty", m.Path("content")))
	}
	return role, parts, own
}

// calls are the tool calls of the Chat Completions API.
func (m message) calls() []wire.Part {
	var all []json.RawMessage
	m.Take("tool_calls", &all)
	var parts []wire.Part
	for i, raw := range all {
		o := strict.Open(fmt.Sprintf("%s[%d]", m.Path("tool_calls"), i), raw)
		call := &wire.Call{}
		o.Take("id", &call.ID)
		o.Want("type", `"function"`)
		if f := o.Object("function"); f != nil {
			var arguments string
			f.Take("name", &call.Name)
			f.Take("arguments", &arguments)
			if call.Arguments = json.RawMessage(arguments); !json.Valid(call.Arguments) {
				call.Arguments, _ = json.Marshal(arguments)
			}
			o.Fail(f.End())
		} else {
			o.Fail(fmt.Errorf("the key %q is missing", o.Path("function")))
		}
		m.Fail(o.End())
		parts = append(parts, wire.Part{Kind: wire.PartCall, Call: call})
	}
	return parts
}

// content is a text, or parts.
func content(path string, raw json.RawMessage) ([]wire.Part, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text == "" {
			return nil, nil
		}
		return []wire.Part{wire.TextPart([]byte(text))}, noNUL(path, text)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, strict.Said(path, err)
	}
	var parts []wire.Part
	for i, raw := range all {
		p, err := readPart(strict.Open(fmt.Sprintf("%s[%d]", path, i), raw))
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// plain joins the texts of parts.
func plain(parts []wire.Part) string {
	var b bytes.Buffer
	for i, p := range parts {
		if i > 0 {
			b.WriteString("\n\n")
		}
		for _, t := range p.Text {
			b.Write(t)
		}
	}
	return b.String()
}

func noNUL(path, text string) error {
	if bytes.IndexByte([]byte(text), 0) >= 0 {
		return fmt.Errorf("the key %q holds a NUL, which is no text", path)
	}
	return nil
}
