package oneshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"hermes/oneshot/class"
)

// What the Messages API takes. Source: provider-apis §3.7: 5 MB an image counted on its base64, 100 images a request,
// 32 MB a request.
const (
	maxImage    = 3_750_000
	maxImages   = 100
	maxDocument = 24_000_000
)

// attach reads the files of -f. What a file is, its first bytes say, never its name.
func (in Input) attach(ctx context.Context, g *gathered) error {
	for _, name := range in.Files {
		a, err := in.readAttachment(ctx, name)
		if err != nil {
			return err
		}
		source := a.text
		if source == nil {
			source = bytesOf(a.raw)
		}
		g.note("file", name, source, a.mime)
		g.data = append(g.data, a)
	}
	return g.checkImages()
}

func (in Input) readAttachment(ctx context.Context, name string) (*attachment, error) {
	if name == "-" {
		a, err := fromStdin(ctx, in, false, func(first func()) (*attachment, error) { return readAny("stdin", in.Stdin, first) })
		if err != nil {
			return nil, err
		}
		if a == nil {
			return nil, in.missing("-f -", false, 0)
		}
		a.name = "-"
		return a, in.missing("-f -", true, a.size())
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, Unopened(err)
	}
	defer f.Close()
	a, err := readAny(name, f, nil)
	if err != nil {
		return nil, err
	}
	a.name = filepath.Base(name)
	return a, nil
}

// readAny reads text, an image or a document, which its first bytes tell apart.
func readAny(name string, r io.Reader, first func()) (*attachment, error) {
	head := make([]byte, 512)
	n, err := readPart(r, head, first)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	}
	a := &attachment{tag: "file", mime: sniff(head[:n])}
	rest := io.MultiReader(bytes.NewReader(head[:n]), r)
	if a.mime == "text/plain" {
		a.text, err = readText(name, rest, nil)
	} else {
		a.raw, err = readMedia(name, a.mime, rest)
	}
	return a, err
}

func (a *attachment) size() int64 {
	if a.text != nil {
		return a.text.Size()
	}
	return int64(len(a.raw))
}

// sniff knows the media the wire takes; all else must be text, and is checked as such.
func sniff(head []byte) string {
	switch mime := http.DetectContentType(head); mime {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf":
		return mime
	}
	return "text/plain"
}

func readMedia(name, mime string, r io.Reader) ([]byte, error) {
	limit := int64(maxImage)
	if mime == "application/pdf" {
		limit = maxDocument
	}
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, unreadable(name, err)
	}
	if int64(len(raw)) > limit {
		return nil, &InputError{ErrClass: class.InvalidInput, Msg: fmt.Sprintf("%s: %s is larger than the %d bytes a request can carry", name, mime, limit)}
	}
	return raw, nil
}

func (g *gathered) checkImages() error {
	images := 0
	for _, a := range g.data {
		if strings.HasPrefix(a.mime, "image/") {
			images++
		}
	}
	if images > maxImages {
		return &InputError{ErrClass: class.InvalidInput, Msg: fmt.Sprintf("%d images; a request can carry %d", images, maxImages)}
	}
	return nil
}

// media returns the first attachment of the kind, "image/" or "application/pdf".
func (g *gathered) media(kind string) *attachment {
	for _, a := range g.data {
		if strings.HasPrefix(a.mime, kind) {
			return a
		}
	}
	return nil
}
