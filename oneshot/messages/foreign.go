package messages

import (
	"strings"

	"github.com/tidwall/gjson"
)

// Wire is an API of another kind than this package's.
type Wire string

// The wires that are told apart by their answers (wires §1.2, §2.2, §3, §4).
const (
	ChatCompletions Wire = "Chat Completions"
	Responses       Wire = "Responses"
	Gemini          Wire = "Gemini"
	// Unknown is that of a server that knows no such path.
	Unknown Wire = "another API"
)

// wireOf names the wire of an answer; empty when it shows none.
func wireOf(doc gjson.Result) Wire {
	object := doc.Get("object").Str
	switch {
	case strings.HasPrefix(object, "chat.completion"), doc.Get("choices").IsArray():
		return ChatCompletions
	case object == "response", strings.HasPrefix(doc.Get("type").Str, "response."):
		return Responses
	case doc.Get("candidates").IsArray():
		return Gemini
	}
	return ""
}

// foreign names the wire of a refusal, where that is about the path and not
// about a model: a server of this wire knows the path.
func (f failure) foreign(doc gjson.Result) Wire {
	if f.status != 404 && f.status != 405 || doc.Get("type").Str == "error" || f.says("model") {
		return ""
	}
	if doc.IsArray() { // Gemini's, at times
		doc = doc.Get("0")
	}
	e := doc.Get("error")
	switch {
	case e.Get("status").Type == gjson.String:
		return Gemini
	case e.Get("param").Exists():
		return ChatCompletions
	}
	return Unknown
}
