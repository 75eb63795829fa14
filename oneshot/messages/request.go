package messages

import "encoding/json"

// Request is one question. A field with its zero value is not sent, except
// Model, MaxTokens and Turns, which the wire requires.
type Request struct {
	Model, System     string
	MaxTokens         int
	Temperature, TopP *float64
	Stop              []string
	Thinking          *Thinking
	// Effort goes to output_config.effort: low, medium, high, xhigh or max.
	Effort string
	Turns  []Turn
	// Extra are further fields of the body. One whose name is set above, or came earlier, is not sent.
	Extra []Field
	// Tools says that the caller wants tool calls as KindToolUse. Without it a
	// model that calls one all the same is not listened to.
	Tools bool
}

// Field is a field of the body: its name and its JSON.
type Field struct {
	Name  string
	Value json.RawMessage
}

// Thinking asks for reasoning, or for none.
type Thinking struct {
	// Type is enabled, adaptive or disabled.
	Type string
	// Budget is the budget_tokens of "enabled", in tokens.
	Budget int
}

// Turn is one message of the conversation.
type Turn struct {
	// Role is user or assistant; the API has no system role here.
	Role    string
	Content []Block
}

// Block is one content block of a turn.
type Block struct {
	// Type is text, image or document.
	Type string
	// Text is sent joined and is never copied. It must be valid UTF-8.
	Text [][]byte
	// MediaType and Data are an image's or document's; Data is sent as base64.
	MediaType string
	// Name is a document's title, optional.
	Name string
	Data []byte
}
