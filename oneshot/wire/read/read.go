// Package read takes fields out of a stream's events without decoding them: counts that can be believed, the content of
// strings, and the text of events that look like the one before.
package read

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/tidwall/gjson"

	"hermes/oneshot/jsonstring"
)

// maxCount is the largest count of tokens that is believed. Sums of such counts do not overflow.
const maxCount = 1e12

// Count is a whole number from 1 to 10¹², as counts of tokens are; what is no such number is 0.
func Count(v gjson.Result) int64 {
	if v.Type == gjson.Number && v.Num >= 1 && v.Num <= maxCount && v.Num == math.Trunc(v.Num) {
		return int64(v.Num)
	}
	return 0
}

// Raw is the content of a JSON string as it is written, escapes and all; nil for what is no string.
func Raw(v gjson.Result) []byte {
	if v.Type != gjson.String {
		return nil
	}
	return unsafe.Slice(unsafe.StringData(v.Raw), len(v.Raw))[1 : len(v.Raw)-1]
}

// Text appends the content of a JSON string to dst; what is no string adds nothing. gjson's own unescaping loses a
// character behind a lone surrogate.
func Text(dst []byte, v gjson.Result) []byte {
	text, _ := jsonstring.Unquote(dst, Raw(v))
	return text
}

// Replace gives JSON in which the string at a path is another; all other bytes stay. Without that member it is raw itself.
func Replace(raw []byte, path, with string) []byte {
	v := gjson.GetBytes(raw, path)
	if v.Index == 0 {
		return raw
	}
	text := append(jsonstring.Append([]byte{'"'}, []byte(with)), '"')
	return slices.Concat(raw[:v.Index], text, raw[v.Index+len(v.Raw):])
}

// Layout finds the text of an event that differs from an earlier one in its text and in numbers alone. Most events of a
// stream do, and need not be parsed: what stands before and behind the text is compared with what stood there when an
// event was read as JSON. The zero Layout knows none.
type Layout struct{ before, behind []byte }

// Learn keeps the layout of an event that was read as JSON. text is a string in data, as gjson found it.
func (l *Layout) Learn(data []byte, text gjson.Result) {
	from, to := text.Index+1, text.Index+len(text.Raw)-1
	if text.Type != gjson.String || text.Index <= 0 || to >= len(data) || string(data[from:to]) != text.Raw[1:len(text.Raw)-1] {
		l.Forget()
		return
	}
	l.before = append(l.before[:0], data[:from]...)
	l.behind = append(l.behind[:0], data[to:]...)
}

// Forget makes the layout know none.
func (l *Layout) Forget() { l.before = l.before[:0] }

// Cut gives the content of the text, still escaped, of an event in the layout. Content with a quote that is not escaped
// is not ok: the event only looked alike.
func (l *Layout) Cut(data []byte) (raw []byte, ok bool) {
	if len(l.before) == 0 {
		return nil, false
	}
	from, ok := head(data, l.before)
	if !ok {
		return nil, false
	}
	to, ok := tail(data[from:], l.behind)
	return data[from : from+to], ok
}

// head is how long the beginning of data is that equals want, numbers aside. want does not end with a digit.
func head(data, want []byte) (int, bool) {
	i, j := 0, 0
	for {
		n := same(data[i:], want[j:])
		i, j = i+n, j+n
		if j == len(want) {
			return i, true
		}
		for ; n > 0 && isDigit(want[j-1]); n-- { // to the beginning of the number that differs
			i, j = i-1, j-1
		}
		if i == len(data) || !isDigit(data[i]) || !isDigit(want[j]) {
			return 0, false
		}
		for i < len(data) && isDigit(data[i]) {
			i++
		}
		for isDigit(want[j]) {
			j++
		}
	}
}

// tail is where the end of data begins that equals want, numbers aside. want does not begin with a digit.
func tail(data, want []byte) (int, bool) {
	i, j := len(data), len(want)
	for {
		n := sameEnd(data[:i], want[:j])
		i, j = i-n, j-n
		if j == 0 {
			return i, true
		}
		for ; n > 0 && isDigit(want[j]); n-- {
			i, j = i+1, j+1
		}
		if i == 0 || !isDigit(data[i-1]) || !isDigit(want[j-1]) {
			return 0, false
		}
		for i > 0 && isDigit(data[i-1]) {
			i--
		}
		for isDigit(want[j-1]) {
			j--
		}
	}
}

// same is how many bytes at the start of a and b are equal.
func same(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for ; n+8 <= most; n += 8 {
		if differ := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); differ != 0 {
			return n + bits.TrailingZeros64(differ)/8
		}
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// sameEnd is how many bytes at the end of a and b are equal.
func sameEnd(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for ; n+8 <= most; n += 8 {
		if differ := binary.LittleEndian.Uint64(a[len(a)-n-8:]) ^ binary.LittleEndian.Uint64(b[len(b)-n-8:]); differ != 0 {
			return n + bits.LeadingZeros64(differ)/8
		}
	}
	for n < most && a[len(a)-n-1] == b[len(b)-n-1] {
		n++
	}
	return n
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
