package wire

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Arguments makes JSON of what a model wrote as a call's arguments: nothing is an empty object, an object inside a string
// is taken out of it, and what is no JSON becomes a string.
func Arguments(raw []byte) json.RawMessage {
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
