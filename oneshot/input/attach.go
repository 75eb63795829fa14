package input

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

const pdf = "application/pdf"

// maxMedia bounds what is read of an image or document, in bytes. The limits of the server that is asked are lower;
// [Content.Fits] checks them.
const maxMedia = 64 << 20

// attach reads the files of -f.
func (in Sources) attach(ctx context.Context, c *Content) error {
	for _, name := range in.Files {
		d, err := in.readAttachment(ctx, name)
		if err != nil {
			return err
		}
		source := d.Text
		if source == nil {
			source = TextOf(d.raw)
		}
		c.note("file", name, source, d.MIME)
		c.Data = append(c.Data, d)
	}
	return nil
}

func (in Sources) readAttachment(ctx context.Context, name string) (*Data, error) {
	if name == "-" {
		d, err := fromStdin(ctx, in, false, func(first func()) (*Data, error) { return readAny("stdin", in.Stdin, first) })
		if err != nil {
			return nil, err
		}
		if d == nil {
			return nil, in.missing("-f -", false, 0)
		}
		d.Name = "-"
		return d, in.missing("-f -", true, d.size())
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, Unopened(err)
	}
	defer f.Close()
	d, err := readAny(name, f, nil)
	if err != nil {
		return nil, err
	}
	d.Name = filepath.Base(name)
	return d, nil
}

// readAny reads text, an image or a document, which its first bytes tell apart.
func readAny(name string, r io.Reader, first func()) (*Data, error) {
	head := make([]byte, 512)
	n, err := readPart(r, head, first)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	}
	d := &Data{tag: "file", MIME: sniff(head[:n])}
	rest := io.MultiReader(bytes.NewReader(head[:n]), r)
	if d.MIME == "text/plain" {
		d.Text, err = readText(name, rest, nil)
	} else {
		d.raw, err = readMedia(name, d.MIME, rest)
	}
	return d, err
}

func (d *Data) size() int64 {
	if d.Text != nil {
		return d.Text.Size()
	}
	return int64(len(d.raw))
}

// sniff knows the media that models take; all else must be text, and is checked as such.
func sniff(head []byte) string {
	switch mime := http.DetectContentType(head); mime {
	case "image/png", "image/jpeg", "image/gif", "image/webp", pdf:
		return mime
	}
	return "text/plain"
}

func readMedia(name, mime string, r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxMedia+1))
	if err != nil {
		return nil, unreadable(name, err)
	}
	if len(raw) > maxMedia {
		return nil, tooLarge(name, mime, maxMedia)
	}
	return raw, nil
}

// Fits refuses images and documents of which a server does not take so many, or none so large.
func (c *Content) Fits(m wire.Media) error {
	images := 0
	for _, p := range c.allParts() {
		limit := m.Document
		if p.Kind == wire.PartImage {
			limit = m.Image
			images++
		}
		if limit > 0 && int64(len(p.Data)) > limit {
			return tooLarge(cmp.Or(p.Name, "the conversation"), p.MediaType, limit)
		}
	}
	if m.Images > 0 && images > m.Images {
		return &Error{ErrClass: class.InvalidInput, Msg: fmt.Sprintf("%d images; a request can carry %d", images, m.Images)}
	}
	return nil
}

// allParts are those of the conversation and of the prompt.
func (c *Content) allParts() []wire.Part {
	all := c.Parts()
	for _, turn := range c.Turns {
		all = append(all, turn.Parts...)
	}
	return all
}

func tooLarge(name, mime string, limit int64) error {
	return &Error{ErrClass: class.InvalidInput, Msg: fmt.Sprintf("%s: %s is larger than the %d bytes a request can carry", name, mime, limit)}
}
