package yamledit

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Value makes a scalar with one of YAML's tags, such as !!str.
func Value(tag, text string) *Node { return &Node{Kind: Scalar, Tag: tag, Value: text} }

// Quoted reports whether a scalar stands in quotes.
func Quoted(n *Node) bool { return n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 }

// Guess gives true/yes/on, null/none/~, whole and exact decimal numbers, […], {…} and multi-line YAML their type; the
// rest is text. The error says why […] or {…} cannot be read; the value is then text.
func Guess(text string) (*Node, error) {
	if v, ok := Bool(text); ok {
		return Value("!!bool", strconv.FormatBool(v)), nil
	}
	switch strings.ToLower(text) {
	case "null", "none", "~":
		return Value("!!null", "null"), nil
	}
	if Digits(text) {
		return Value("!!int", text), nil
	}
	if exactFloat(text) {
		return Value("!!float", text), nil
	}
	opens := strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")
	if !opens && !strings.Contains(text, "\n") {
		return Value("!!str", text), nil
	}
	n, err := decodeOne([]byte(text))
	if err == nil && n != nil && n.Kind != Scalar {
		if dup, _ := duplicate(n, ""); dup == nil && own(n) {
			return n, nil
		}
		err = errors.New("an anchor, a tag or a double key")
	}
	if opens && err != nil {
		return Value("!!str", text), errors.New("is not readable YAML (text that starts with [ or { needs quotes of its own; anchors, tags and double keys are not taken)")
	}
	return Value("!!str", text), nil
}

// Bool knows the words that YAML 1.1 and Hermes Agent take for true and false.
func Bool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// own strips a parsed value of everything that ties it to its text, and reports whether it can be written as flow YAML.
func own(n *Node) bool {
	if n.Kind == Alias || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!merge" {
		return false
	}
	if v, ok := Bool(n.Value); ok && n.Kind == Scalar && n.Style == 0 {
		n.Tag, n.Value = "!!bool", strconv.FormatBool(v)
	}
	if n.Kind == Scalar && n.ShortTag() == "!!null" {
		n.Tag, n.Value = "!!null", "null" // an empty one between brackets is hard to see
	}
	n.Line, n.Column, n.Style = 0, 0, 0
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		if !own(c) {
			return false
		}
	}
	return true
}

// Digits reports whether s is a signed whole number that fits and that no reader takes for octal.
func Digits(s string) bool {
	v, err := strconv.Atoi(s)
	return err == nil && strconv.Itoa(v) == strings.TrimPrefix(s, "+")
}

// exactFloat reports whether s is a decimal that survives being read as a number: 0.7 does, 1.10 and 1e400 do not.
func exactFloat(s string) bool {
	v, err := strconv.ParseFloat(s, 64)
	return err == nil && !math.IsInf(v, 0) && strings.Contains(s, ".") && !strings.HasPrefix(s, ".") &&
		(strconv.FormatFloat(v, 'f', -1, 64) == s || strconv.FormatFloat(v, 'f', 1, 64) == s)
}

// render writes a value as one line of flow YAML. style is the quoting to keep where it can hold the text; flow says
// that the value stands between brackets.
func render(n *Node, style yaml.Style, flow bool) string {
	var b bytes.Buffer
	switch n.Kind {
	case Scalar:
		if n.ShortTag() == "!!str" {
			return quote(n.Value, style, flow)
		}
		return n.Value
	case Sequence:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(render(c, 0, true))
		}
		b.WriteByte(']')
	case Mapping:
		b.WriteByte('{')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteString([]string{", ", ": "}[i%2])
			}
			b.WriteString(render(c, 0, true))
		}
		b.WriteByte('}')
	}
	return b.String()
}

// quote writes a string: unquoted where every YAML reader agrees that it is one, else in the style it had, else in
// double quotes.
func quote(s string, style yaml.Style, flow bool) string {
	printable := !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r >= 0x7f && r <= 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0xe000 && r < 0x10000 && !strconv.IsPrint(r) || r == '\ufeff'
	})
	switch {
	case style&yaml.SingleQuotedStyle != 0 && printable:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	case style&yaml.DoubleQuotedStyle == 0 && plainSafe(s, flow):
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r >= ' ' && r < 0x7f || r > 0xa0 && strconv.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			b.WriteString(`\u` + hexRune(r, 4))
		default:
			b.WriteString(`\U` + hexRune(r, 8))
		}
	}
	return b.String() + `"`
}

func hexRune(r rune, width int) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", width-len(s)) + s
}

// plainSafe is narrow on purpose: YAML 1.1 and 1.2 disagree about much of the rest (yes, 1:30, 0o7, 2024-01-01).
func plainSafe(s string, flow bool) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	const figures = "0123456789"
	if s == "" || strings.Trim(s, letters+figures+"_-./@:+=% ") != "" || strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf":
		return false
	}
	if strings.HasSuffix(s, ":") || strings.Contains(s, ": ") || flow && strings.Contains(s, ":") {
		return false
	}
	if strings.Contains(figures, s[:1]) {
		return strings.ContainsAny(s, "ghijklmnpqrsuvwyGHIJKLMNPQRSUVWY")
	}
	return strings.Contains(letters+"/_", s[:1])
}
