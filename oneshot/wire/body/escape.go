package body

import (
	"bytes"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// more is how many bytes each byte takes beside its own in a JSON string: none where it stands for itself, one for an
// escape of two, five for one of six. UTF-8 passes as it is.
const more = "" +
	"\x05\x05\x05\x05\x05\x05\x05\x05\x05\x01\x01\x05\x05\x01\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05" +
	"\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// escapeOf gives the letter of a two-byte escape, or 'u' for a six-byte one, of a byte that does not stand for itself.
func escapeOf(b byte) byte {
	switch b {
	case '"', '\\':
		return b
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 'u'
}

// escapedSize is the length of p inside a JSON string.
func escapedSize(p []byte) int64 {
	n := len(p)
	for _, b := range p {
		n += int(more[b])
	}
	return int64(n)
}

// escape writes src into p for a JSON string until either is used up. held is the rest of an escape that did not fit.
func escape(p, src []byte) (written, read int, held []byte) {
	for read < len(src) && written < len(p) {
		run := plain(src[read:])
		if run > 0 {
			n := copy(p[written:], src[read:read+run])
			written, read = written+n, read+n
			continue
		}
		b := src[read]
		read++
		e := [6]byte{'\\', escapeOf(b), '0', '0', hexDigits[b>>4], hexDigits[b&15]}
		seq := e[:2]
		if e[1] == 'u' {
			seq = e[:]
		}
		n := copy(p[written:], seq)
		written += n
		if n < len(seq) {
			return written, read, append([]byte(nil), seq[n:]...)
		}
	}
	return written, read, nil
}

// plain counts the bytes at the start of p that need no escape.
func plain(p []byte) int {
	for i, b := range p {
		if more[b] != 0 {
			return i
		}
	}
	return len(p)
}

// Unquote appends the content of a JSON string to dst. A lone surrogate becomes U+FFFD. ok is false when src is no JSON
// string's content, so also when the string ends before src does.
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

// unescapeOne appends what the escape at the start of p, behind its backslash,
// stands for. n is how many bytes it took, 0 for none.
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

// codePoint reads the digits behind \u and, for a pair of surrogates, the
// second escape too. n is how many bytes it took, 0 for none.
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
