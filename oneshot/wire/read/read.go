// Package read takes fields out of a stream's events without decoding them: counts that can be believed, the content of
// strings, and the text of events that look like the one before.
package read

import (
	"bytes"
	"math"
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
	if text.Type != gjson.String || text.Index <= 0 || to > len(data) || string(data[from:to]) != text.Raw[1:len(text.Raw)-1] {
		l.Forget()
		return
	}
	l.before = append(l.before[:0], data[:from]...)
	l.behind = append(l.behind[:0], data[to:]...)
}

// Forget makes the layout know none.
func (l *Layout) Forget() { l.before, l.behind = l.before[:0], l.behind[:0] }

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

// head is how long the beginning of data is that equals want, numbers aside.
func head(data, want []byte) (int, bool) {
	if bytes.HasPrefix(data, want) {
		return len(want), true
	}
	i, j := 0, 0
	for j < len(want) {
		switch {
		case i == len(data):
			return 0, false
		case isDigit(want[j]) && isDigit(data[i]):
			for j < len(want) && isDigit(want[j]) {
				j++
			}
			for i < len(data) && isDigit(data[i]) {
				i++
			}
		case want[j] != data[i]:
			return 0, false
		default:
			i, j = i+1, j+1
		}
	}
	return i, true
}

// tail is where the end of data begins that equals want, numbers aside.
func tail(data, want []byte) (int, bool) {
	if bytes.HasSuffix(data, want) {
		return len(data) - len(want), true
	}
	i, j := len(data)-1, len(want)-1
	for j >= 0 {
		switch {
		case i < 0:
			return 0, false
		case isDigit(want[j]) && isDigit(data[i]):
			for j >= 0 && isDigit(want[j]) {
				j--
			}
			for i >= 0 && isDigit(data[i]) {
				i--
			}
		case want[j] != data[i]:
			return 0, false
		default:
			i, j = i-1, j-1
		}
	}
	return i + 1, true
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
