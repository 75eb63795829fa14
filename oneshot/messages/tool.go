package messages

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"
)

// toolBlock is a tool call whose input is still coming.
type toolBlock struct {
	tool  Tool
	input []byte
}

func newToolBlock(block gjson.Result) *toolBlock {
	t := &toolBlock{tool: Tool{ID: strings.Clone(block.Get("id").Str), Name: strings.Clone(block.Get("name").Str)}}
	if input := block.Get("input"); input.IsObject() {
		t.tool.Input = json.RawMessage(strings.Clone(input.Raw))
	}
	return t
}

// tool hands out a whole call. Pieces of input win over the input that came
// with the block's start, which is {} when pieces follow.
func (a *attempt) tool(t *toolBlock) error {
	if len(bytes.TrimSpace(t.input)) > 0 || t.tool.Input == nil {
		t.tool.Input = toolInput(t.input)
	}
	a.s.begun = true
	if !a.s.emit(Event{Kind: KindToolUse, Tool: &t.tool}) {
		return errLeft
	}
	return nil
}

// toolInput makes JSON of what a model wrote: nothing is an empty object, an
// object inside a string is taken out of it, and what is no JSON becomes a string.
func toolInput(raw []byte) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	if !json.Valid(raw) {
		quoted, err := json.Marshal(string(raw))
		if err != nil {
			return json.RawMessage("{}")
		}
		return quoted
	}
	var inner string
	if raw[0] == '"' && json.Unmarshal(raw, &inner) == nil {
		if inner = strings.TrimSpace(inner); strings.HasPrefix(inner, "{") && json.Valid([]byte(inner)) {
			return json.RawMessage(inner)
		}
	}
	return raw
}
