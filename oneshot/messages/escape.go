package messages

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// escapeOf gives the letter of a two-byte escape, 'u' for a six-byte one, 0 for
// a byte that stands for itself. UTF-8 passes as it is.
func escapeOf(b byte) byte {
	switch {
	case b == '"' || b == '\\':
		return b
	case b >= 0x20:
		return 0
	case b == '\n':
		return 'n'
	case b == '\r':
		return 'r'
	case b == '\t':
		return 't'
	}
	return 'u'
}

// escapedSize is the length of p inside a JSON string.
func escapedSize(p []byte) int64 {
	n := int64(len(p))
	for _, b := range p {
		if b >= 0x20 && b != '"' && b != '\\' {
			continue
		}
		n++
		if escapeOf(b) == 'u' {
			n += 4
		}
	}
	return n
}

// escape writes src into p for a JSON string until either is used up. held is
// the rest of an escape that did not fit.
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
		if b < 0x20 || b == '"' || b == '\\' {
			return i
		}
	}
	return len(p)
}

// unescape appends the content of a JSON string to dst. A lone surrogate
// becomes U+FFFD. ok is false when src is no JSON string's content.
func unescape(dst, src []byte) (out []byte, ok bool) {
	for i := 0; i < len(src); {
		if n := backslash(src[i:]); n > 0 {
			dst, i = append(dst, src[i:i+n]...), i+n
			continue
		}
		if i+1 >= len(src) {
			return dst, false
		}
		c := src[i+1]
		i += 2
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r, n := codePoint(src[i:])
			if n == 0 {
				return dst, false
			}
			dst, i = utf8.AppendRune(dst, r), i+n
		default:
			return dst, false
		}
	}
	return dst, true
}

// backslash is the distance to the next backslash, or the rest.
func backslash(p []byte) int {
	for i, b := range p {
		if b == '\\' {
			return i
		}
	}
	return len(p)
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
