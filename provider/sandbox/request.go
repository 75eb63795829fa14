package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// request is a question, as far as the sandbox looks, whichever wire it came over.
type request struct {
	model       string
	maxTokens   *int // nil: as many as it takes
	messages    []message
	system      content
	stream      bool
	temperature *float64
	topP        *float64
	stop        []string
	thinks      bool // reasoning was asked for
	hides       bool // and is counted, but not shown
	sealed      bool // and may be sent back, encrypted
	tools       []tool
	choice      choice          // which of them has to be called
	schema      json.RawMessage // what the answer has to fit, nil for text
	usage       bool            // a stream says its usage too
	array       bool            // the stream is one JSON array
	wide        bool            // of any size
}

type message struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

type tool struct {
	name   string
	schema json.RawMessage
}

// choice is a tool that has to be called: the one of this name, or any.
type choice struct {
	any  bool
	name string
}

// openAIChoice reads tool_choice in the forms of OpenAI's two APIs: a word, or an object that names a function.
func openAIChoice(raw json.RawMessage) choice {
	var word string
	if json.Unmarshal(raw, &word) == nil {
		return choice{any: word == "required"}
	}
	var o struct {
		Name     string `json:"name"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return choice{}
	}
	return choice{name: o.Name + o.Function.Name}
}

// chosen is the tool that the choice leads to, nil when none has to be called.
func (q *request) chosen() *tool {
	for i, t := range q.tools {
		if q.choice.any || q.choice.name != "" && t.name == q.choice.name {
			return &q.tools[i]
		}
	}
	return nil
}

// content is what a message holds, in Anthropic's blocks.
type content []block

type block struct {
	Type    string          `json:"type"`
	Text    string          `json:"text"`
	Source  *source         `json:"source"`
	Name    string          `json:"name"`
	ID      string          `json:"id"`
	UseID   string          `json:"tool_use_id"`
	Content json.RawMessage `json:"content"`
}

type source struct {
	Type      string `json:"type"`
	MediaType string `json:"media_type"`
	Data      string `json:"data"`
	URL       string `json:"url"`
}

// decode reads a body into the struct of a wire.
func decode(body []byte, into any) *problem {
	err := json.Unmarshal(body, into)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return invalid(fmt.Sprintf("field %s has the wrong type: %s", kind.Field, kind.Value))
	case err != nil:
		return invalid(fmt.Sprintf("the body is not the JSON it should be: %v", err))
	}
	return nil
}

// add appends a message, or its content to the last one when both are results of tools: Anthropic has one message for all
// the results of a turn, other wires one for each.
func (q *request) add(role string, c content) {
	if n := len(q.messages); n > 0 && c.results() && q.messages[n-1].Role == role && q.messages[n-1].Content.results() {
		q.messages[n-1].Content = append(q.messages[n-1].Content, c...)
		return
	}
	q.messages = append(q.messages, message{role, c})
}

func (c content) results() bool { return len(c) > 0 && c[0].Type == "tool_result" }

// returned is what tools gave back, as it was written.
func (c content) returned() string {
	var all strings.Builder
	for _, b := range c {
		if b.Type == "tool_result" {
			all.Write(b.Content)
		}
	}
	return all.String()
}

// fileAt is an image or a document by its URL, which may be a data URL.
func fileAt(kind, url string) block {
	rest, ok := strings.CutPrefix(url, "data:")
	if !ok {
		return block{Type: kind, Source: &source{Type: "url", URL: url}}
	}
	media, data, _ := strings.Cut(rest, ";base64,")
	return block{Type: kind, Source: &source{Type: "base64", MediaType: media, Data: data}}
}

func textBlockOf(s string) block { return block{Type: "text", Text: s} }

// kindOfMedia is the kind of block that a file of this media type is.
func kindOfMedia(media string) string {
	if strings.HasPrefix(media, "image/") {
		return "image"
	}
	return "document"
}

// last is the content of the last message from the user.
func (q *request) last() content {
	for i := len(q.messages) - 1; i >= 0; i-- {
		if q.messages[i].Role == "user" {
			return q.messages[i].Content
		}
	}
	return nil
}

// text joins the text blocks, a line feed between two.
func (c content) text() string {
	var parts []string
	for _, b := range c {
		if b.Type == "text" {
			parts = append(parts, b.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// payload is what a block carries: its text, or the decoded file. A string, since text can be large and is not copied.
func (b block) payload() string {
	if b.Source == nil {
		return b.Text + string(b.Content)
	}
	switch b.Source.Type {
	case "base64":
		data, err := base64.StdEncoding.DecodeString(b.Source.Data)
		if err != nil {
			return ""
		}
		return string(data)
	case "text":
		return b.Source.Data
	}
	return b.Source.URL
}

// kind names a block for the default answer.
func (b block) kind() string {
	if b.Source != nil && b.Source.MediaType != "" {
		return b.Source.MediaType
	}
	return b.Type
}

// fileTokens is what an image or a document counts, whatever its size.
const fileTokens = 1600

// tokens is the sandbox's estimate for text: a quarter of its bytes, rounded up.
func tokens(size int) int { return (size + 3) / 4 }

// inputTokens estimates the whole request: system, tools, every message.
func (q *request) inputTokens() int {
	size, files := q.system.size()
	for _, m := range q.messages {
		s, f := m.Content.size()
		size, files = size+s, files+f
	}
	for _, t := range q.tools {
		size += len(t.name) + len(t.schema)
	}
	return tokens(size) + files*fileTokens
}

func (c content) size() (size, files int) {
	for _, b := range c {
		if b.Type == "image" || b.Type == "document" && b.Source != nil && b.Source.Type != "text" {
			files++
			continue
		}
		size += len(b.payload())
	}
	return size, files
}
