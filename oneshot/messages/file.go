package messages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"

	"hermes/oneshot/strict"
)

// Error is a file that holds no conversation: where, and why.
type Error struct {
	Line int   // of the file, from 1: where the bad message begins
	Byte int64 // of the file, from 0
	Msg  string
	Cut  bool // the file ends within the message
}

func (e *Error) Error() string { return fmt.Sprintf("line %d (byte %d): %s", e.Line, e.Byte, e.Msg) }

// File reads a conversation from a file: a JSON array, or JSON lines, of which one may be pretty over several. An empty file is an
// empty conversation. The error is an *Error.
func File(raw []byte) (Conversation, error) {
	var c Conversation
	f := &reader{raw: raw, at: int64(len(raw) - len(bytes.TrimPrefix(raw, []byte("\ufeff"))))}
	f.dec = json.NewDecoder(bytes.NewReader(raw[f.at:]))
	f.start = f.at
	list := false
	if first := bytes.TrimLeftFunc(raw[f.at:], unicode.IsSpace); len(first) > 0 && first[0] == '[' {
		list = true
		_, _ = f.dec.Token()
	}
	for !list || f.dec.More() {
		var message json.RawMessage
		f.next()
		err := f.dec.Decode(&message)
		if !list && errors.Is(err, io.EOF) {
			return c, nil
		}
		if err == nil {
			err = c.add("", "", message)
		}
		if err != nil {
			return c, f.failed(err)
		}
	}
	f.next()
	if _, err := f.dec.Token(); err != nil {
		return c, f.failed(err)
	}
	f.next()
	if rest := bytes.TrimSpace(raw[f.at:]); len(rest) > 0 {
		return c, f.failed(errors.New("something follows the end of the array"))
	}
	return c, nil
}

// reader knows where it is in a file.
type reader struct {
	raw   []byte
	dec   *json.Decoder
	start int64 // of the decoder's input, behind a byte order mark
	at    int64 // where the next message begins
}

// next moves to the next message: behind white space, and the comma of an array.
func (f *reader) next() {
	f.at = f.start + f.dec.InputOffset()
	for f.at < int64(len(f.raw)) && bytes.IndexByte([]byte(" \t\r\n,"), f.raw[f.at]) >= 0 {
		f.at++
	}
}

func (f *reader) failed(err error) error {
	e := &Error{Line: 1 + bytes.Count(f.raw[:f.at], []byte("\n")), Byte: f.at, Msg: strict.Said("", err).Error()}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		e.Cut, e.Msg = true, "the file ends within this message"
	}
	return e
}
