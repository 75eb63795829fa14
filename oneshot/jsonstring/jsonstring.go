// Package jsonstring writes and reads the content of JSON strings, without their quotes, into buffers of the caller.
package jsonstring

import (
	"bytes"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// more is how many bytes a byte needs in a JSON string beside its own: 0 as itself, 1 for an escape such as \n, 5 for one such as
// \u0001. Bytes of UTF-8 stand for themselves.
const more = "" +
	"\x05\x05\x05\x05\x05\x05\x05\x05\x05\x01\x01\x05\x05\x01\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05" +
	"\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// Longest is how many bytes one byte of text needs at most.
const Longest = 6

// Size is the length of p inside a JSON string.
func Size(p []byte) int64 {
	n := len(p)
	for _, b := range p {
		n += int(more[b])
	}
	return int64(n)
}

// Append appends p as the content of a JSON string. p must be UTF-8 to make valid JSON, but may begin and end within a character.
func Append(dst, p []byte) []byte {
	start := 0
	for i, b := range p {
		if more[b] == 0 {
			continue
		}
		dst = append(dst, p[start:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
		start = i + 1
	}
	return append(dst, p[start:]...)
}

// Unquote appends what src, the content of a JSON string, stands for. A lone surrogate becomes U+FFFD. ok is false when src is not
// the content of one JSON string.
func Unquote(dst, src []byte) (out []byte, ok bool) {
	for {
		n := bytes.IndexByte(src, '\\')
		if n < 0 {
			n = len(src)
		}
		if bytes.IndexByte(src[:n], '"') >= 0 {
			return dst, false
		}
		dst = append(dst, src[:n]...)
		if n == len(src) {
			return dst, true
		}
		src = src[n+1:]
		if dst, n = unescapeOne(dst, src); n == 0 {
			return dst, false
		}
		src = src[n:]
	}
}

// unescapeOne appends what the escape at the start of p stands for; its backslash is before p. n is how many bytes it took, 0 for
// none.
func unescapeOne(dst, p []byte) (out []byte, n int) {
	if len(p) == 0 {
		return dst, 0
	}
	switch c := p[0]; c {
	case '"', '\\', '/':
		return append(dst, c), 1
	case 'n':
		return append(dst, '\n'), 1
	case 't':
		return append(dst, '\t'), 1
	case 'r':
		return append(dst, '\r'), 1
	case 'b':
		return append(dst, '\b'), 1
	case 'f':
		return append(dst, '\f'), 1
	case 'u':
		if r, n := codePoint(p[1:]); n > 0 {
			return utf8.AppendRune(dst, r), n + 1
		}
	}
	return dst, 0
}

// codePoint reads the digits after \u and, for a pair of surrogates, the second escape too. n is how many bytes it took, 0 for none.
func codePoint(p []byte) (r rune, n int) {
	high, ok := hex4(p)
	if !ok {
		return 0, 0
	}
	if high < 0xD800 || high > 0xDFFF {
		return high, 4
	}
	if high < 0xDC00 && len(p) >= 10 && p[4] == '\\' && p[5] == 'u' {
		if low, ok := hex4(p[6:]); ok && low >= 0xDC00 && low <= 0xDFFF {
			return (high-0xD800)<<10 + (low - 0xDC00) + 0x10000, 10
		}
	}
	return utf8.RuneError, 4
}

func hex4(p []byte) (rune, bool) {
	if len(p) < 4 {
		return 0, false
	}
	var r rune
	for _, b := range p[:4] {
		switch {
		case b >= '0' && b <= '9':
			r = r<<4 | rune(b-'0')
		case b >= 'a' && b <= 'f':
			r = r<<4 | rune(b-'a'+10)
		case b >= 'A' && b <= 'F':
			r = r<<4 | rune(b-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
