package batch

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// checkText refuses what a JSON decoder would replace in silence by U+FFFD: bytes that are not UTF-8, and half of a
// surrogate pair.
func checkText(line []byte) error {
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size == 1 {
			return fmt.Errorf("the row is not UTF-8 text: bad byte at offset %d", i)
		}
		if r != '\\' {
			i += size
			continue
		}
		n, ok := escapeLen(line[i:])
		if !ok {
			return fmt.Errorf("the row holds half of a surrogate pair at offset %d, which is no character", i)
		}
		i += n
	}
	return nil
}

// escapeLen is the length of the escape with which p begins, and false for half of a surrogate pair. What is no escape at
// all is the decoder's to refuse.
func escapeLen(p []byte) (int, bool) {
	high, ok := unit(p)
	switch {
	case !ok:
		return min(2, len(p)), true
	case high < 0xD800 || high > 0xDFFF:
		return 6, true
	}
	low, ok := unit(p[6:])
	return 12, ok && high < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF
}

// unit reads \uXXXX.
func unit(p []byte) (uint64, bool) {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p[2:6]), 16, 16)
	return n, err == nil
}
