package read

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/tidwall/gjson"
)

const (
	// maxDepth is how deep arrays and objects may nest, as in encoding/json.
	maxDepth = 10_000
	// usualDepth needs no allocation.
	usualDepth = 32
)

// Valid reports whether data is one JSON value: what [encoding/json.Valid] says of it, but it passes over a string eight bytes at a
// time. The events that end an answer repeat it, so they are as long as all of it.
func Valid(data []byte) bool {
	c := cursor{p: data, open: make([]byte, 0, usualDepth)}
	return c.value() && c.next() == 0 && c.at == len(data)
}

// Members gives the members of a JSON object to yield, in order, until that is false; value is not read yet. What is no object has
// none, and one that is not valid has those before the place where it is not.
func Members(v gjson.Result, yield func(name, value string) bool) {
	c := cursor{p: unsafe.Slice(unsafe.StringData(v.Raw), len(v.Raw)), open: make([]byte, 0, usualDepth)}
	if c.next() != '{' {
		return
	}
	for c.at++; c.next() == '"'; c.at++ { // over the comma
		from := c.at
		c.at++
		if !c.rest() {
			return
		}
		name := gjson.Parse(v.Raw[from:c.at]).Str
		c.next()
		c.at++ // over the colon
		c.next()
		if from = c.at; !c.value() || !yield(name, v.Raw[from:c.at]) {
			return
		}
		c.next()
	}
}

// Member is the first member of a JSON object that has the name.
func Member(v gjson.Result, name string) (found gjson.Result) {
	Members(v, func(n, value string) bool {
		if n == name {
			found = gjson.Parse(value)
		}
		return n != name
	})
	return found
}

// cursor reads JSON from its beginning.
type cursor struct {
	p    []byte
	at   int
	open []byte // the brackets that are open: '{' or '['
}

// next skips white space and is the byte behind it, 0 at the end.
func (c *cursor) next() byte {
	for ; c.at < len(c.p); c.at++ {
		switch b := c.p[c.at]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// value passes over one value, with the white space before it.
func (c *cursor) value() bool {
	for {
		switch b := c.next(); b {
		case '{', '[':
			if c.open = append(c.open, b); len(c.open) > maxDepth {
				return false
			}
			if c.at++; c.next() == b+2 { // the closing brackets are two behind the opening ones
				break
			}
			if b == '{' && !c.name() {
				return false
			}
			continue
		default:
			if !c.scalar(b) {
				return false
			}
		}
		if more, ok := c.behind(); !more {
			return ok
		}
	}
}

// behind passes over what stands between a value and the next one. more is false at the end of the outermost value, and where ok is.
func (c *cursor) behind() (more, ok bool) {
	for len(c.open) > 0 {
		in := c.open[len(c.open)-1]
		switch c.next() {
		case in + 2:
			c.at++
			c.open = c.open[:len(c.open)-1]
			continue
		case ',':
			c.at++
			ok = in == '[' || c.name()
			return ok, ok
		}
		return false, false
	}
	return false, true
}

// name passes over the name of a member and its colon.
func (c *cursor) name() bool {
	if c.next() != '"' {
		return false
	}
	c.at++
	if !c.rest() || c.next() != ':' {
		return false
	}
	c.at++
	return true
}

// scalar passes over a string, a number or a word that begins with b.
func (c *cursor) scalar(b byte) bool {
	switch {
	case b == '"':
		c.at++
		return c.rest()
	case b == 't':
		return c.word("true")
	case b == 'f':
		return c.word("false")
	case b == 'n':
		return c.word("null")
	}
	return c.number()
}

func (c *cursor) word(w string) bool {
	if len(c.p)-c.at < len(w) || string(c.p[c.at:c.at+len(w)]) != w {
		return false
	}
	c.at += len(w)
	return true
}

func (c *cursor) number() bool {
	c.word("-")
	if !c.word("0") && !c.digits() {
		return false
	}
	if c.word(".") && !c.digits() {
		return false
	}
	if c.word("e") || c.word("E") {
		if !c.word("+") {
			c.word("-")
		}
		return c.digits()
	}
	return true
}

// digits passes over one digit at least.
func (c *cursor) digits() bool {
	from := c.at
	for c.at < len(c.p) && isDigit(c.p[c.at]) {
		c.at++
	}
	return c.at > from
}

// rest passes over the rest of a string and its closing quote.
func (c *cursor) rest() bool {
	for {
		if c.at += plain(c.p[c.at:]); c.at == len(c.p) {
			return false
		}
		b := c.p[c.at]
		c.at++
		if b == '"' {
			return true
		}
		if b != '\\' || !c.escape() {
			return false
		}
	}
}

// escape passes over what stands behind a backslash.
func (c *cursor) escape() bool {
	if c.at == len(c.p) {
		return false
	}
	b := c.p[c.at]
	c.at++
	switch b {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for n := 0; n < 4; n, c.at = n+1, c.at+1 {
			if c.at == len(c.p) || !isHex(c.p[c.at]) {
				return false
			}
		}
		return true
	}
	return false
}

func isHex(b byte) bool { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }

// plain is the number of bytes at the start of p that stand for themselves in a string: none is a quote, a backslash or a control
// character.
func plain(p []byte) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(p); i += 8 {
		x := binary.LittleEndian.Uint64(p[i:])
		quote, slash := x^(each*'"'), x^(each*'\\')
		// The lowest high bit that is set marks the first byte below 0x20, or that is 0 after the xor. Above it borrows may set more.
		if m := ((x-each*0x20)&^x | (quote-each)&^quote | (slash-each)&^slash) & high; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(p) && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\'; i++ {
	}
	return i
}
