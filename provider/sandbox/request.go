package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// request is the body of a messages request, as far as the sandbox looks.
type request struct {
	Model       string    `json:"model"`
	MaxTokens   *int      `json:"max_tokens"`
	Messages    []message `json:"messages"`
	System      content   `json:"system"`
	Stream      bool      `json:"stream"`
	Temperature *float64  `json:"temperature"`
	TopP        *float64  `json:"top_p"`
	Thinking    *struct {
		Type   string `json:"type"`
		Budget int    `json:"budget_tokens"`
	} `json:"thinking"`
	Tools []struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		InputSchema json.RawMessage `json:"input_schema"`
	} `json:"tools"`

	wide bool // of any size
}

type message struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

// content is a string or a list of blocks; a string is one text block.
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

// UnmarshalJSON takes both spellings of content.
func (c *content) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		*c = content{{Type: "text", Text: s}}
		return err
	}
	var blocks []block
	if err := json.Unmarshal(b, &blocks); err != nil {
		return errors.New("content is neither a string nor a list of blocks")
	}
	*c = blocks
	return nil
}

// parseRequest decodes a body. The error is the text for the client.
func parseRequest(body []byte) (*request, error) {
	var q request
	err := json.Unmarshal(body, &q)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return nil, fmt.Errorf("field %s has the wrong type: %s", kind.Field, kind.Value)
	case err != nil:
		return nil, fmt.Errorf("the body is not the JSON it should be: %v", err)
	}
	return &q, nil
}

// last is the content of the last message from the user.
func (q *request) last() content {
	for i := len(q.Messages) - 1; i >= 0; i-- {
		if q.Messages[i].Role == "user" {
			return q.Messages[i].Content
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
	size, files := q.System.size()
	for _, m := range q.Messages {
		s, f := m.Content.size()
		size, files = size+s, files+f
	}
	for _, t := range q.Tools {
		size += len(t.Name) + len(t.InputSchema)
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
