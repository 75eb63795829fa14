package mcp

import (
	"encoding/json"
	"fmt"
	"strings"

	"hermes/oneshot/tool"
	"hermes/oneshot/wire"
)

// block is a part of a result, of any kind.
type block struct {
	Type        string    `json:"type"`
	Text        *string   `json:"text"`
	Data        []byte    `json:"data"`
	MediaType   string    `json:"mimeType"`
	URI         string    `json:"uri"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Resource    *resource `json:"resource"`
}

type resource struct {
	URI       string  `json:"uri"`
	MediaType string  `json:"mimeType"`
	Text      *string `json:"text"`
	Blob      []byte  `json:"blob"`
}

// result is what the model gets.
func (r *callResult) result() tool.Result {
	out := tool.Result{Failed: r.Failed, Structured: r.Structured}
	if string(r.Structured) == "null" {
		out.Structured = nil
	}
	for _, raw := range r.Content {
		var b block
		if err := json.Unmarshal(raw, &b); err != nil {
			out.Parts = append(out.Parts, note("a part of the result cannot be read"))
			continue
		}
		out.Parts = append(out.Parts, b.part())
	}
	return out
}

func (b block) part() wire.Part {
	switch {
	case b.Type == "text" && b.Text != nil:
		return text(*b.Text)
	case b.Type == "image":
		return media(b.MediaType, b.Data, "an image")
	case b.Type == "audio":
		return note("audio of type %s, %d bytes, is not passed on", b.MediaType, len(b.Data))
	case b.Type == "resource_link":
		return text(strings.TrimSpace(fmt.Sprintf("%s %s %s", b.URI, b.Name, b.Description)))
	case b.Type == "resource" && b.Resource != nil && b.Resource.Text != nil:
		return text(*b.Resource.Text)
	case b.Type == "resource" && b.Resource != nil:
		return media(b.Resource.MediaType, b.Resource.Blob, "the resource "+b.Resource.URI)
	}
	return note("a part of type %q is not passed on", b.Type)
}

// media is an image or a document; what is neither is named.
func media(kind string, data []byte, what string) wire.Part {
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return wire.Part{Kind: wire.PartImage, MediaType: kind, Data: data}
	case "application/pdf":
		return wire.Part{Kind: wire.PartDocument, MediaType: kind, Data: data}
	}
	return note("%s of type %s, %d bytes, is not passed on", what, kind, len(data))
}

func text(s string) wire.Part {
	return wire.TextPart([]byte(withoutTags(strings.ToValidUTF8(s, "\ufffd"))))
}

func note(format string, args ...any) wire.Part {
	return text("[" + fmt.Sprintf(format, args...) + "]")
}

// withoutTags takes out the tag characters of Unicode: nobody sees them, and models read them.
func withoutTags(s string) string {
	if !strings.ContainsFunc(s, isTag) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isTag(r) {
			return -1
		}
		return r
	}, s)
}

func isTag(r rune) bool { return r >= 0xE0000 && r <= 0xE007F }
