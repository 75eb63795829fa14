// Package body lays out a request's JSON body without holding its text twice.
//
// A [Builder] takes JSON as it stands, small values, text that is escaped while it is read, and bytes that go out as
// base64; [Builder.Body] gives the exact size and opens the body as often as needed.
package body

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"

	"hermes/oneshot/jsonstring"
)

// Body is a request's body: its exact size in bytes, and its parts.
type Body struct {
	size  int64
	parts []part
}

// Size is the length in bytes.
func (b Body) Size() int64 { return b.size }

// Open reads the body from its start. It may be called any number of times.
func (b Body) Open() io.ReadCloser { return io.NopCloser(&reader{parts: b.parts}) }

// part is a piece of the body: JSON as it stands, text to be escaped, or bytes to be written as base64.
type part struct {
	kind byte // 'j', 't' or 'b'
	data []byte
}

func (p part) size() int64 {
	switch p.kind {
	case 't':
		return jsonstring.Size(p.data)
	case 'b':
		return int64(base64.StdEncoding.EncodedLen(len(p.data)))
	}
	return int64(len(p.data))
}

// Builder collects the parts of a body in order. The zero Builder is empty.
type Builder struct {
	parts []part
	names []string // the members of the outer object
}

// Member begins a member of the outer object, and the object with the first one.
func (b *Builder) Member(name string) *Builder {
	if len(b.names) == 0 {
		b.JSON(`{`)
	} else {
		b.JSON(`,`)
	}
	b.names = append(b.names, name)
	return b.Value(name).JSON(`:`)
}

// Item begins an element of a list, or a member of an inner object: with a comma, unless it is the first.
func (b *Builder) Item() *Builder {
	if last := b.parts[len(b.parts)-1]; last.kind == 'j' && bytes.ContainsAny(last.data[len(last.data)-1:], "[{") {
		return b
	}
	return b.JSON(`,`)
}

// Extra adds a member whose value is raw, unless there is one of that name.
func (b *Builder) Extra(name string, raw []byte) {
	if !slices.Contains(b.names, name) {
		b.Member(name).Raw(raw)
	}
}

// Body is what was laid out.
func (b *Builder) Body() Body {
	body := Body{parts: b.parts}
	for _, p := range b.parts {
		body.size += p.size()
	}
	return body
}

// JSON adds JSON as it stands.
func (b *Builder) JSON(s string) *Builder {
	if n := len(b.parts); n > 0 && b.parts[n-1].kind == 'j' {
		b.parts[n-1].data = append(b.parts[n-1].data, s...)
		return b
	}
	b.parts = append(b.parts, part{'j', []byte(s)})
	return b
}

// Raw adds JSON that the caller keeps unchanged until the body was sent; it is not copied.
func (b *Builder) Raw(p []byte) *Builder {
	b.parts = append(b.parts, part{'r', p})
	return b
}

// Text adds the content of a JSON string, without its quotes. p is escaped while the body is read and never copied; it
// must be valid UTF-8.
func (b *Builder) Text(p []byte) *Builder {
	b.parts = append(b.parts, part{'t', p})
	return b
}

// String adds a JSON string made of segments.
func (b *Builder) String(segments ...[]byte) *Builder {
	b.JSON(`"`)
	for _, s := range segments {
		b.Text(s)
	}
	return b.JSON(`"`)
}

// Base64 adds bytes as base64, without quotes.
func (b *Builder) Base64(p []byte) *Builder {
	b.parts = append(b.parts, part{'b', p})
	return b
}

// Value adds a small value: a string, a number, a bool, or a list or map of them, which always have a JSON form.
func (b *Builder) Value(v any) *Builder {
	raw, err := json.Marshal(v)
	if err != nil {
		raw = []byte("null")
	}
	return b.JSON(string(raw))
}

// reader reads the parts one after another.
type reader struct {
	parts []part
	pos   int
	held  []byte // an escape that did not fit
}

func (r *reader) Read(p []byte) (int, error) {
	n := copy(p, r.held)
	r.held = r.held[n:]
	for n < len(p) && len(r.parts) > 0 {
		part := r.parts[0]
		if r.pos >= len(part.data) {
			r.parts, r.pos = r.parts[1:], 0
			continue
		}
		written, read, held := part.copy(p[n:], r.pos)
		n, r.pos, r.held = n+written, r.pos+read, held // what is held found p full
	}
	if n == 0 && len(p) > 0 && len(r.parts) == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// copy writes as much of the part, from pos on, as fits into p. held is what belongs behind p and found no room.
func (part part) copy(p []byte, pos int) (written, read int, held []byte) {
	src := part.data[pos:]
	switch part.kind {
	case 't':
		return escape(p, src)
	case 'b':
		if len(p) < 4 {
			four := make([]byte, 4)
			read = min(3, len(src))
			base64.StdEncoding.Encode(four, src[:read])
			written = copy(p, four)
			return written, read, four[written:]
		}
		read = min(len(p)/4*3, len(src))
		base64.StdEncoding.Encode(p, src[:read])
		return base64.StdEncoding.EncodedLen(read), read, nil
	}
	n := copy(p, src)
	return n, n, nil
}

// escape writes as much of src as fits into p. held is what belongs behind p and found no room.
func escape(p, src []byte) (written, read int, held []byte) {
	for read < len(src) && len(p)-written >= jsonstring.Longest {
		n := min(len(src)-read, (len(p)-written)/jsonstring.Longest)
		written += len(jsonstring.Append(p[written:written], src[read:read+n])) // there is room: it does not allocate
		read += n
	}
	if written == 0 && read < len(src) {
		one := jsonstring.Append(nil, src[:1])
		written = copy(p, one)
		return written, 1, one[written:]
	}
	return written, read, nil
}
