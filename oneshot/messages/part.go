package messages

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"hermes/oneshot/strict"
	"hermes/oneshot/wire"
)

// readPart reads one part of a content, by its type.
func readPart(o *strict.Object) (wire.Part, error) {
	var kind string
	o.Take("type", &kind)
	var p wire.Part
	switch kind {
	case "text", "input_text", "output_text":
		p = textPart(o)
	case "image", "document":
		p = source(o, kind)
	case "image_url", "input_image":
		p = imageURL(o)
	case "file", "input_file":
		p = file(o, kind)
	case "tool_use":
		p = wire.Part{Kind: wire.PartCall, Call: &wire.Call{}}
		o.Take("id", &p.Call.ID)
		o.Take("name", &p.Call.Name)
		p.Call.Arguments = o.Raw("input")
	case "tool_result":
		p = toolResult(o)
	default:
		o.Fail(fmt.Errorf("the key %q is %q, which cannot be sent", o.Path("type"), kind))
	}
	return p, o.End()
}

func textPart(o *strict.Object) wire.Part {
	var text string
	o.Take("text", &text)
	o.Fail(noNUL(o.Path("text"), text))
	return wire.TextPart([]byte(text))
}

// source is an image or a document of the Messages API.
func source(o *strict.Object, kind string) wire.Part {
	p := wire.Part{Kind: wire.PartImage}
	if kind == "document" {
		p.Kind = wire.PartDocument
		o.Take("title", &p.Name)
	}
	s := o.Object("source")
	if s == nil {
		o.Fail(fmt.Errorf("the key %q is missing", o.Path("source")))
		return p
	}
	s.Want("type", `"base64"`)
	s.Take("media_type", &p.MediaType)
	s.Take("data", &p.Data)
	o.Fail(s.End())
	return p
}

// imageURL is an image of the Chat Completions API, where the URL is an object, or of the Responses API.
func imageURL(o *strict.Object) wire.Part {
	path, raw := o.Path("image_url"), o.Raw("image_url")
	var url string
	if json.Unmarshal(raw, &url) != nil {
		inner := strict.Open(path, raw)
		inner.Take("url", &url)
		inner.Want("detail", `"auto"`)
		o.Fail(inner.End())
	}
	o.Want("detail", `"auto"`)
	return dataURL(o, wire.PartImage, path, url)
}

// file is a document of the Chat Completions API, where it is an object of its own, or of the Responses API.
func file(o *strict.Object, kind string) wire.Part {
	inner := o
	if kind == "file" {
		if inner = o.Object("file"); inner == nil {
			o.Fail(fmt.Errorf("the key %q is missing", o.Path("file")))
			return wire.Part{}
		}
	}
	var name, url string
	inner.Take("filename", &name)
	inner.Take("file_data", &url)
	p := dataURL(inner, wire.PartDocument, inner.Path("file_data"), url)
	p.Name = name
	if inner != o {
		o.Fail(inner.End())
	}
	return p
}

// dataURL reads data:TYPE;base64,DATA. Any other URL names what only the server could fetch.
func dataURL(o *strict.Object, kind wire.PartKind, path, url string) wire.Part {
	head, data, _ := strings.Cut(url, ",")
	media, ok := strings.CutSuffix(strings.TrimPrefix(head, "data:"), ";base64")
	raw, err := base64.StdEncoding.DecodeString(data)
	if !strings.HasPrefix(head, "data:") || !ok || err != nil {
		o.Fail(fmt.Errorf("the key %q must be a data URL in base64; to send what stands at another URL, download it and name it in files", path))
	}
	return wire.Part{Kind: kind, MediaType: media, Data: raw}
}

func toolResult(o *strict.Object) wire.Part {
	p := wire.Part{Kind: wire.PartCallResult, Call: &wire.Call{}}
	o.Take("tool_use_id", &p.Call.ID)
	o.Take("name", &p.Call.Name)
	o.Take("is_error", &p.Failed)
	if path, raw := o.Path("content"), o.Raw("content"); raw != nil {
		text, err := Text(path, raw)
		o.Fail(err)
		p.Text = [][]byte{[]byte(text)}
	}
	return p
}
