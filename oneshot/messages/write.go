package messages

import (
	"bytes"
	"encoding/json"
	"strings"

	"hermes/oneshot/wire"
)

// line is a message as it is written. Its keys are those that message and readPart read.
type line struct {
	Role    string    `json:"role"`
	Content any       `json:"content"`
	Server  *wire.Own `json:"server,omitempty"`
}

type part struct {
	Type      string          `json:"type"`
	Text      *string         `json:"text,omitempty"`
	Title     string          `json:"title,omitempty"`
	Source    *source64       `json:"source,omitempty"`
	ID        *string         `json:"id,omitempty"`
	ToolUseID *string         `json:"tool_use_id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
	IsError   bool            `json:"is_error,omitempty"`
	Content   *string         `json:"content,omitempty"`
}

type source64 struct {
	Type      string `json:"type"`
	MediaType string `json:"media_type"`
	Data      []byte `json:"data"`
}

// Lines writes turns as JSON lines that File reads, each turn a line. A turn that says nothing is left out.
func Lines(turns []wire.Turn) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, t := range turns {
		l := line{Role: t.Role, Server: t.Own}
		if len(t.Parts) == 0 {
			continue
		}
		if len(t.Parts) == 1 && t.Parts[0].Kind == wire.PartText {
			l.Content = clean(plain(t.Parts))
		} else {
			all := make([]part, len(t.Parts))
			for i, p := range t.Parts {
				all[i] = partOf(p)
			}
			l.Content = all
		}
		if err := enc.Encode(l); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// partOf is a part in the words of the Messages API.
func partOf(p wire.Part) part {
	text := clean(string(bytes.Join(p.Text, nil)))
	switch p.Kind {
	case wire.PartCall:
		return part{Type: "tool_use", ID: &p.Call.ID, Name: p.Call.Name, Input: p.Call.Arguments}
	case wire.PartCallResult:
		return part{Type: "tool_result", ToolUseID: &p.Call.ID, Name: p.Call.Name, IsError: p.Failed, Content: &text}
	case wire.PartImage, wire.PartDocument:
		kind, title := "image", ""
		if p.Kind == wire.PartDocument {
			kind, title = "document", p.Name
		}
		return part{Type: kind, Title: title, Source: &source64{"base64", p.MediaType, p.Data}}
	}
	return part{Type: "text", Text: &text}
}

// clean replaces NUL, which no reader takes for text: what a model or a tool wrote must not make the file unreadable.
func clean(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }
