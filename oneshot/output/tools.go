package output

import "encoding/json"

// ToolListing is what `hermes tool list --json` prints.
type ToolListing struct {
	V     int          `json:"v"`
	Tools []ToolListed `json:"tools" desc:"in the order of the servers"`
}

// ToolListed is a tool of ToolListing.
type ToolListed struct {
	Server      string          `json:"server"`
	Name        string          `json:"name" desc:"the server's own name of it"`
	As          string          `json:"as" desc:"the name that a model calls it by"`
	Description string          `json:"description"`
	InputSchema json.RawMessage `json:"input_schema" desc:"the JSON Schema of its arguments, as the server wrote it"`
	ReadOnly    bool            `json:"read_only" desc:"the server's word that it changes nothing"`
}

// ToolOutput is what `hermes tool call --json` prints.
type ToolOutput struct {
	V          int             `json:"v"`
	Failed     bool            `json:"failed" desc:"the tool itself calls its result an error"`
	Content    []ToolPart      `json:"content"`
	Structured json.RawMessage `json:"structured,omitempty" desc:"the result as JSON, where the tool gives one"`
}

// ToolPart is a part of a result.
type ToolPart struct {
	Type      string `json:"type" enum:"text,media"`
	Text      string `json:"text,omitempty"`
	MediaType string `json:"media_type,omitempty"`
	Data      string `json:"data,omitempty" desc:"base64"`
}
