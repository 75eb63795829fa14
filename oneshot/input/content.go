package input

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// Content is the input of a run, read and checked.
type Content struct {
	Turns  []wire.Turn // before the prompt, or in its place
	Prompt *Text       // nil where there is data or a conversation alone
	Data   []*Data

	sources []output.Source
	noted   []*Text // the bytes of the sources
}

// Data is text, an image or a document beside the prompt.
type Data struct {
	tag  string // stdin or file
	Name string
	Text *Text // nil for an image or document
	MIME string
	raw  []byte
}

// NewData is text that the model sees as a file of that name.
func NewData(name string, text *Text) *Data { return &Data{tag: "file", Name: name, Text: text} }

// note adds a source to what run.start tells of the input.
func (c *Content) note(kind, name string, t *Text, mime string) {
	c.sources = append(c.sources, output.Source{Kind: kind, Name: name, Bytes: t.Size(), SHA256: t.SHA256(), MIME: mime})
	c.noted = append(c.noted, t)
}

// Told is what run.start tells of the input: one hash over the bytes of all sources, in order, and each source.
func (c *Content) Told() output.Input {
	told := output.Input{Sources: c.sources}
	h := sha256.New()
	for _, t := range c.noted {
		told.Bytes += t.Size()
		if len(c.noted) == 1 {
			told.SHA256 = t.SHA256()
			return told
		}
		for _, p := range t.parts {
			h.Write(p)
		}
	}
	told.SHA256 = fmt.Sprintf("%x", h.Sum(nil))
	return told
}

// Parts lays the input out: the prompt, then each piece of data in its fence; images and documents come before the prompt,
// where models read them best.
func (c *Content) Parts() []wire.Part {
	var media, texts []wire.Part
	if c.Prompt != nil {
		texts = append(texts, c.Prompt.Part())
	}
	for _, d := range c.Data {
		if d.Text != nil {
			texts = append(texts, d.Part())
			continue
		}
		media = append(media, d.Part())
	}
	return append(media, texts...)
}

// Part fences a text, or wraps an image or document.
func (d *Data) Part() wire.Part {
	if d.Text == nil {
		kind := wire.PartImage
		if d.MIME == pdf {
			kind = wire.PartDocument
		}
		return wire.Part{Kind: kind, MediaType: d.MIME, Data: d.raw, Name: d.Name}
	}
	id := d.Text.fence()
	open := fmt.Sprintf("<%s id=%q>\n", d.tag, id)
	if d.tag == "file" {
		open = fmt.Sprintf("<file name=%q id=%q>\n", d.Name, id)
	}
	parts := append([][]byte{[]byte(open)}, d.Text.parts...)
	return wire.TextPart(append(parts, fmt.Appendf(nil, "\n</%s id=%q>", d.tag, id))...)
}

// Image reports whether the data is an image.
func (d *Data) Image() bool { return strings.HasPrefix(d.MIME, "image/") }

// Images are the images beside the prompt, without the rest of the input.
func (c *Content) Images() *Content {
	alone := &Content{}
	for _, d := range c.Data {
		if d.Image() {
			alone.Data = append(alone.Data, d)
		}
	}
	return alone
}

// Image is the first image, nil where there is none.
func (c *Content) Image() *Data { return c.media("image/") }

// PDF is the first document, nil where there is none.
func (c *Content) PDF() *Data { return c.media(pdf) }

func (c *Content) media(kind string) *Data {
	for _, d := range c.Data {
		if strings.HasPrefix(d.MIME, kind) {
			return d
		}
	}
	return nil
}

// Size counts the bytes of text, which take room in a model's window.
func (c *Content) Size() int64 {
	var n int64
	for _, t := range c.texts() {
		n += t.Size()
	}
	for _, t := range c.Turns {
		for _, p := range t.Parts {
			for _, text := range p.Text {
				n += int64(len(text))
			}
		}
	}
	return n
}

func (c *Content) texts() []*Text {
	var all []*Text
	if c.Prompt != nil {
		all = append(all, c.Prompt)
	}
	for _, d := range c.Data {
		if d.Text != nil {
			all = append(all, d.Text)
		}
	}
	return all
}

// Longest is the longest text, nil where there is none.
func (c *Content) Longest() *Text {
	var long *Text
	for _, t := range c.texts() {
		if long == nil || t.Size() > long.Size() {
			long = t
		}
	}
	return long
}

// Task is the prompt, when it is not the longest text itself; else nil.
func (c *Content) Task() *Text {
	if c.Prompt != c.Longest() {
		return c.Prompt
	}
	return nil
}

// Replace is the input with another text in the place of old.
func (c *Content) Replace(old, text *Text) *Content {
	own := *c
	if own.Prompt == old {
		own.Prompt = text
	}
	own.Data = make([]*Data, len(c.Data))
	for i, d := range c.Data {
		copied := *d
		if copied.Text == old {
			copied.Text = text
		}
		own.Data[i] = &copied
	}
	return &own
}
