package output

import (
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable returns a writer for tables, messages and JSON. A text that a server, a file or another program chose must not control
// the terminal that shows it. So control characters (but newline and tab) and Unicode's format characters (bidi controls, zero
// width) are written as \uXXXX. JSON keeps its meaning, because there such a character can only be inside a string. A byte that
// is not UTF-8 becomes U+FFFD. Each Write must end with a complete character.
func Printable(w io.Writer) io.Writer { return printable{w} }

type printable struct{ w io.Writer }

func (p printable) Write(text []byte) (int, error) {
	if _, err := p.w.Write(appendPrintable(nil, text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

func appendPrintable(dst, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n' || r == '\t':
			dst = append(dst, byte(r))
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			dst = appendUnits(dst, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		text = text[size:]
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendUnits writes a character as JSON does: one escape for each of its UTF-16 units.
func appendUnits(dst []byte, r rune) []byte {
	for _, unit := range utf16.AppendRune(nil, r) {
		dst = append(dst, '\\', 'u', hexDigits[unit>>12], hexDigits[unit>>8&15], hexDigits[unit>>4&15], hexDigits[unit&15])
	}
	return dst
}
