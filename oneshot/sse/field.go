package sse

import (
	"bytes"
	"unicode/utf8"
)

// field adds one line that is not blank to the event being collected.
func (r *Reader) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte{':'})
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(name) {
	case "data":
		r.addData(value)
	case "event":
		r.name = r.intern(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			r.id = append(r.id[:0], value...)
		}
	case "retry":
		r.retry = append(r.retry[:0], value...)
	}
}

// addData joins value to the data so far. Between two lines of one event there is at least the word "data" in the buffer, so
// joining only moves bytes to the left, inside this event.
func (r *Reader) addData(value []byte) {
	at := r.pos // an empty value may stand anywhere
	if len(value) > 0 {
		at = r.offset(value)
	}
	if !r.hasData {
		r.hasData, r.dataFrom, r.dataTo = true, at, at+len(value)
		return
	}
	r.buf[r.dataTo] = '\n'
	r.dataTo += 1 + copy(r.buf[r.dataTo+1:], value)
	if r.dataTo-r.dataFrom > MaxLine {
		r.giveUp()
	}
}

// offset is the index in the buffer at which s, a slice of it, begins.
func (r *Reader) offset(s []byte) int { return cap(r.buf) - cap(s) }

// data is the joined data of the event, as valid UTF-8.
func (r *Reader) data() []byte {
	return validUTF8(r.buf[r.dataFrom:r.dataTo:r.dataTo])
}

// intern returns the name as a string; a name seen before costs no allocation.
func (r *Reader) intern(name []byte) string {
	if string(name) == r.last {
		return r.last
	}
	s, ok := r.names[string(name)]
	if !ok {
		s = string(validUTF8(name))
		if r.names == nil {
			r.names = make(map[string]string)
		}
		if len(r.names) < maxNames {
			r.names[string(name)] = s
		}
	}
	r.last = s
	return s
}

// validUTF8 replaces what is not UTF-8 by U+FFFD, one for each maximal part of a sequence, as the decoder of the WHATWG Encoding
// standard does. Valid input is returned unchanged.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		if c, n := utf8.DecodeRune(b); c != utf8.RuneError || n > 1 {
			out, b = append(out, b[:n]...), b[n:]
			continue
		}
		out, b = utf8.AppendRune(out, utf8.RuneError), b[badPrefix(b):]
	}
	return out
}

// badPrefix is the length of the longest start of b that begins a valid sequence but does not finish it; at least 1.
func badPrefix(b []byte) int {
	low, high, more := byte(0x80), byte(0xbf), 0
	switch c := b[0]; {
	case c >= 0xc2 && c <= 0xdf:
		more = 1
	case c >= 0xe0 && c <= 0xef:
		more = 2
	case c >= 0xf0 && c <= 0xf4:
		more = 3
	}
	switch b[0] { // no overlong forms, no surrogates, nothing above U+10FFFF
	case 0xe0:
		low = 0xa0
	case 0xed:
		high = 0x9f
	case 0xf0:
		low = 0x90
	case 0xf4:
		high = 0x8f
	}
	n := 1
	for n < len(b) && n <= more && b[n] >= low && b[n] <= high {
		low, high = 0x80, 0xbf
		n++
	}
	return n
}
