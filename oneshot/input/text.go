package input

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"unicode/utf8"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Text is input held in pieces, as it was read: a 50 MiB prompt is in memory once.
type Text struct {
	parts [][]byte
	size  int64
	sum   [sha256.Size]byte
}

// Size is the length in bytes.
func (t *Text) Size() int64 { return t.size }

// SHA256 is the hash of the bytes, in hex.
func (t *Text) SHA256() string { return hex.EncodeToString(t.sum[:]) }

// Bytes is the text in one piece.
func (t *Text) Bytes() []byte { return bytes.Join(t.parts, nil) }

// Part is the text for a request, without a fence.
func (t *Text) Part() wire.Part { return wire.TextPart(t.parts...) }

// fence is the id by which a block of data is opened and closed. Data cannot close its own fence: it would have to hold
// a prefix of its own hash.
func (t *Text) fence() string { return hex.EncodeToString(t.sum[:4]) }

// blank reports whether there is nothing but white space.
func (t *Text) blank() bool {
	for _, p := range t.parts {
		for _, b := range p {
			if b != ' ' && b != '\n' && b != '\t' && b != '\r' {
				return false
			}
		}
	}
	return true
}

// NewText checks that s is UTF-8 text.
func NewText(s string) (*Text, error) {
	c := collector{name: "the prompt", hash: sha256.New()}
	if err := c.add([]byte(s)); err != nil {
		return nil, err
	}
	return c.done()
}

// TextOf makes a text of bytes, which are not checked.
func TextOf(p []byte) *Text {
	return &Text{parts: [][]byte{p}, size: int64(len(p)), sum: sha256.Sum256(p)}
}

// readText reads r to its end. What is not UTF-8 text is refused with the offset of the first bad byte.
func readText(name string, r io.Reader, first func()) (*Text, error) {
	c := collector{name: name, hash: sha256.New()}
	for size := 32 << 10; ; size = min(2*size, 4<<20) {
		part := make([]byte, size)
		n, err := readPart(r, part, first)
		if n > 0 {
			first = nil
			if bad := c.add(part[:n:n]); bad != nil {
				return nil, bad
			}
		}
		if errors.Is(err, io.EOF) {
			return c.done()
		}
		if err != nil {
			return nil, unreadable(name, err)
		}
	}
}

// readPart fills part as far as the reader goes; first is called at the first byte.
func readPart(r io.Reader, part []byte, first func()) (int, error) {
	n := 0
	for n < len(part) {
		m, err := r.Read(part[n:])
		n += m
		if m > 0 && first != nil {
			first()
			first = nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// collector checks and hashes the pieces of a text as they come.
type collector struct {
	name string
	hash hash.Hash
	text Text
	tail []byte // an incomplete character at the end of the piece before
}

func (c *collector) add(part []byte) error {
	if err := c.check(part); err != nil {
		return err
	}
	c.hash.Write(part)
	c.text.parts = append(c.text.parts, part)
	c.text.size += int64(len(part))
	return nil
}

// check looks for the first byte that is no text. A character may lie across two pieces.
func (c *collector) check(part []byte) error {
	at := c.text.size
	if len(c.tail) > 0 {
		n := 0
		for n < len(part) && len(c.tail) < utf8.UTFMax && !utf8.FullRune(c.tail) {
			c.tail = append(c.tail, part[n])
			n++
		}
		if !utf8.FullRune(c.tail) {
			return nil
		}
		if r, size := utf8.DecodeRune(c.tail); r == utf8.RuneError && size <= 1 {
			return c.bad(at + int64(n-len(c.tail)))
		}
		part, at, c.tail = part[n:], at+int64(n), nil
	}
	if i := invalid(part); i >= 0 {
		if !utf8.FullRune(part[i:]) {
			c.tail = append([]byte(nil), part[i:]...)
			return nil
		}
		return c.bad(at + int64(i))
	}
	return nil
}

// invalid returns the index of the first NUL or broken character, or -1.
func invalid(p []byte) int {
	if bytes.IndexByte(p, 0) < 0 && utf8.Valid(p) {
		return -1
	}
	for i := 0; i < len(p); {
		if p[i] == 0 {
			return i
		}
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// CheckText refuses what is not UTF-8 text, with the offset of the first bad byte.
func CheckText(name string, p []byte) error {
	c := collector{name: name}
	if i := invalid(p); i >= 0 {
		return c.bad(int64(i))
	}
	return nil
}

func (c *collector) bad(at int64) error {
	return &Error{ErrClass: class.InvalidInput, Msg: fmt.Sprintf("%s is not UTF-8 text: bad byte at offset %d", c.name, at)}
}

func (c *collector) done() (*Text, error) {
	if len(c.tail) > 0 {
		return nil, c.bad(c.text.size - int64(len(c.tail)))
	}
	c.hash.Sum(c.text.sum[:0])
	return &c.text, nil
}
