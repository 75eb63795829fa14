// Package messages reads a conversation as the Chat Completions and the Messages API write it.
//
// A conversation is a JSON array of {role, content}. Both APIs may be mixed in one conversation. What the neutral request of
// package wire cannot hold is refused by the name of its key and never dropped; among it are pictures by URL, cache_control
// and thinking, whose signature holds for one server alone.
package messages

import (
	"bytes"
	"encoding/json"
	"fmt"

	"hermes/oneshot/strict"
	"hermes/oneshot/wire"
)

// Read reads the array. System texts, which come before all else, are joined by an empty line. An error names the place:
// path is that of the array.
func Read(path string, raw []byte) (system string, turns []wire.Turn, err error) {
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return "", nil, strict.Said(path, err)
	}
	if len(all) == 0 {
		return "", nil, fmt.Errorf("the key %q holds no message", path)
	}
	for i, raw := range all {
		m := message{Object: strict.Open(fmt.Sprintf("%s[%d]", path, i), raw)}
		role, parts := m.read()
		if err := m.End(); err != nil {
			return "", nil, err
		}
		switch {
		case role != "system":
			turns = appendTurn(turns, role, parts)
		case turns != nil:
			return "", nil, fmt.Errorf("%s[%d]: a system message stands after others", path, i)
		default:
			if system != "" {
				system += "\n\n"
			}
			system += plain(parts)
		}
	}
	if turns == nil {
		return "", nil, fmt.Errorf("the key %q holds system messages only", path)
	}
	return system, turns, nil
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

// appendTurn adds a message. The results of calls, each a message of the Chat Completions API, are one turn.
func appendTurn(turns []wire.Turn, role string, parts []wire.Part) []wire.Turn {
	if n := len(turns); role == "tool" && n > 0 {
		if last := turns[n-1].Parts; turns[n-1].Role == wire.User && last[len(last)-1].Kind == wire.PartCallResult {
			turns[n-1].Parts = append(last, parts...)
			return turns
		}
	}
	if role == "tool" {
		role = wire.User
	}
	return append(turns, wire.Turn{Role: role, Parts: parts})
}

// message is one of the array.
type message struct{ *strict.Object }

// read gives the role, system, user, assistant or tool, and what was said.
func (m message) read() (role string, parts []wire.Part) {
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
	return role, parts
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
