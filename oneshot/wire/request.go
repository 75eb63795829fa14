package wire

import (
	"cmp"
	"encoding/json"
	"strings"

	"hermes/oneshot/wire/body"
)

// Request is one question, in no protocol's terms. A field with its zero value is not sent where the protocol allows to
// leave it out.
type Request struct {
	Model, System string
	// MaxTokens is the user's own bound of the answer, in tokens, reasoning included; 0 is none. DefaultTokens is what is
	// sent without one; 0 leaves it to the server, where the protocol allows that.
	MaxTokens, DefaultTokens int
	Temperature, TopP        *float64
	Stop                     []string
	// Reasoning is the effort that was asked for: none, minimal, low, medium, high, xhigh or max; "" asks for nothing.
	Reasoning string
	// Schema is a JSON Schema that the answer must fit. A protocol sends it where its server holds an answer to one; the
	// caller checks the answer all the same.
	Schema json.RawMessage
	Turns  []Turn
	// Extra are further members of the body. One whose name the protocol itself sets, or that came earlier, is not sent.
	Extra []Field
	// Whole asks for the answer in one document and not as a stream.
	Whole bool
	// Tools are offered to the model. With any, an answer's turn is kept whole (see Result.Turn).
	Tools []Tool
	// Keep asks for the answer's turn in Result.Turn also where no tools are offered.
	Keep bool
}

// Limit is the bound to send, in tokens; 0 is none.
func (r *Request) Limit() int {
	if r.MaxTokens > 0 {
		return r.MaxTokens
	}
	return r.DefaultTokens
}

// Field is a member of the body: its name and its JSON.
type Field struct {
	Name  string
	Value json.RawMessage
}

// Tool is a function that the model may call.
type Tool struct {
	Name, Description string
	// Schema is the JSON Schema of the arguments.
	Schema json.RawMessage
}

// mostName is the length of a tool's name that every wire takes: Chat Completions and Gemini have 64 (tools.md §b).
const mostName = 64

// FitName is a name as every wire takes it for a tool: of letters, digits, - and _, any other character becoming _, not empty and
// not too long. A name that a model made up is sent back like that.
func FitName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
	return cmp.Or(name[:min(len(name), mostName)], "_")
}

// Declare writes the members of a tool's declaration; schema is the name of the one with the schema of the arguments.
func (t Tool) Declare(b *body.Builder, schema string) *body.Builder {
	b.JSON(`"name":`).Value(t.Name)
	if t.Description != "" {
		b.JSON(`,"description":`).Value(t.Description)
	}
	return b.JSON(`,"` + schema + `":`).Raw(t.Schema)
}

// The roles of a turn.
const (
	User      = "user"
	Assistant = "assistant"
)

// Turn is one message of the conversation.
type Turn struct {
	// Role is User or Assistant. System text is Request.System.
	Role  string
	Parts []Part
	// Own is the turn as the model's server sent it, where that says more than Parts. Protocols do not read it: see Turn.For.
	Own *Own
}

// Kind of a part.
type PartKind int

// The kinds of part. What a server sent in its own form has Part.Raw beside its kind, PartOther where no kind fits.
const (
	PartText PartKind = iota + 1
	PartImage
	PartDocument
	PartReasoning
	PartCall
	PartCallResult
	PartOther
)

// Part is a piece of a turn.
type Part struct {
	Kind PartKind
	// Text of a text part or a call's result is sent joined and is never copied. It must be valid UTF-8.
	Text [][]byte
	// MediaType and Data are an image's or document's, Name a document's title, optional.
	MediaType, Name string
	Data            []byte
	// Call is set for PartCall; for PartCallResult its ID and Name tell which call the result belongs to.
	Call *Call
	// Failed marks the result of a call that went wrong.
	Failed bool
	// Media are the images of a call's result, which stand behind its text. Protocol.Media says whether there may be any.
	Media []Part
	// Raw is the part as the server sent it, in its protocol's own form. It goes back to the same server byte for byte:
	// signatures of reasoning hold for those bytes alone.
	Raw json.RawMessage
}

// Outcome is the text of a call's result for a wire that has no mark for one that went wrong: there the text says it.
func (p Part) Outcome() [][]byte {
	if !p.Failed {
		return p.Text
	}
	return append([][]byte{[]byte("The call failed: ")}, p.Text...)
}

// Call is the model's wish to have a tool called.
type Call struct {
	ID, Name string
	// Arguments is valid JSON: what the model sent, or that text as a JSON string when it was not JSON.
	Arguments json.RawMessage
}

// TextPart is a part of text.
func TextPart(segments ...[]byte) Part { return Part{Kind: PartText, Text: segments} }
