package authfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// style is how a file lays its JSON out.
type style struct {
	multiline bool
	newline   string
	unit      string // one level of indentation
	space     string // behind colons, and behind commas on one line
}

// hermesStyle is the layout of a store that Hermes Agent wrote.
func hermesStyle() style { return style{multiline: true, newline: "\n", unit: "  ", space: " "} }

// styleOf reads the layout off the first member of the document.
func styleOf(data []byte) style {
	s := hermesStyle()
	from := bytes.IndexByte(data, '{')
	if from < 0 {
		return s
	}
	doc := gjson.ParseBytes(data[from:])
	doc.ForEach(func(key, value gjson.Result) bool {
		lead := doc.Raw[1:key.Index]
		s.multiline = strings.Contains(lead, "\n")
		if strings.Contains(lead, "\r\n") {
			s.newline = "\r\n"
		}
		if s.multiline {
			s.unit = lead[strings.LastIndex(lead, "\n")+1:]
		}
		if !strings.Contains(doc.Raw[key.Index+len(key.Raw):value.Index], ": ") {
			s.space = ""
		}
		return false
	})
	return s
}

// object is a JSON object whose keys keep their order.
type object []pair

type pair struct {
	key   string
	value any
}

// encode writes a value that will stand at the given depth. Strings keep every
// character: only what JSON forbids is escaped.
func (s style) encode(value any, depth int) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return []byte("null"), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case int:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case string:
		return quote(v)
	case *string:
		if v == nil {
			return []byte("null"), nil
		}
		return quote(*v)
	case object:
		parts := make([][]byte, len(v))
		for i, p := range v {
			raw, err := s.encode(p.value, depth+1)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.key, err)
			}
			parts[i] = s.member(p.key, raw)
		}
		return s.wrap("{", parts, "}", depth), nil
	case []any:
		parts := make([][]byte, len(v))
		for i, e := range v {
			raw, err := s.encode(e, depth+1)
			if err != nil {
				return nil, err
			}
			parts[i] = raw
		}
		return s.wrap("[", parts, "]", depth), nil
	}
	return nil, fmt.Errorf("a %T cannot be stored", value)
}

func (s style) member(key string, raw []byte) []byte {
	quoted, err := quote(key)
	if err != nil { // keys are ours, or were decoded from valid JSON
		quoted = strconv.AppendQuote(nil, key)
	}
	return slices.Concat(quoted, []byte(":"+s.space), raw)
}

func (s style) wrap(open string, parts [][]byte, end string, depth int) []byte {
	if len(parts) == 0 {
		return []byte(open + end)
	}
	separator := "," + s.space
	if s.multiline {
		separator = "," + s.line(depth+1)
	}
	body := bytes.Join(parts, []byte(separator))
	if s.multiline {
		return slices.Concat([]byte(open+s.line(depth+1)), body, []byte(s.line(depth)+end))
	}
	return slices.Concat([]byte(open), body, []byte(end))
}

// only is the inside of a container with one member at the given depth.
func (s style) only(encoded []byte, depth int) []byte {
	if !s.multiline {
		return encoded
	}
	return slices.Concat([]byte(s.line(depth)), encoded, []byte(s.line(depth-1)))
}

func (s style) line(depth int) string { return s.newline + strings.Repeat(s.unit, depth) }

func quote(text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("not UTF-8: JSON cannot hold it")
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
