package config

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

func scalarNode(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

// coerce turns the text of an edit into a value. A known key decides the type, so that a model named 3 stays a name; for
// any other key the text decides, by the rules of Hermes Agent's config set.
func coerce(k Key, known bool, text string) (*yaml.Node, string) {
	if !known {
		return guess(text)
	}
	if text == "null" || text == "~" {
		switch k.Type {
		case "string", "text":
		default:
			return scalarNode("!!null", "null"), ""
		}
	}
	r := &reader{}
	switch k.Type {
	case "int":
		if digits(text) {
			r.integer(scalarNode("!!int", text), "", k.min)
			return scalarNode("!!int", text), firstMsg(r)
		}
		return scalarNode("!!str", text), "must be a whole number"
	case "float":
		if whole := strings.TrimLeft(text, "0"); digits(whole) && isDecimal(text) {
			text = whole // 007, which a reader would take for octal
		}
		n := scalarNode("!!str", text)
		switch {
		case digits(text):
			n.Tag = "!!int"
		case isDecimal(text):
			n.Tag = "!!float"
		}
		r.number(n, "")
		return n, firstMsg(r)
	case "bool":
		v, ok := boolWord(text)
		if !ok {
			return scalarNode("!!str", text), "must be true or false"
		}
		return scalarNode("!!bool", strconv.FormatBool(v)), ""
	case "duration":
		n := scalarNode("!!str", text)
		if digits(text) {
			n.Tag = "!!int"
		}
		r.duration(n, "")
		return n, firstMsg(r)
	case "list", "map":
		return collection(k, text)
	}
	n := scalarNode("!!str", text)
	r.text(n, "", k)
	return n, firstMsg(r)
}

func firstMsg(r *reader) string {
	if len(r.errs) == 0 {
		return ""
	}
	return r.errs[0].Msg
}

// collection reads a list or mapping; models and fallback_model may be either.
func collection(k Key, text string) (*yaml.Node, string) {
	n, msg := guess(text)
	either := strings.HasSuffix(k.Path, ".models") || k.Legacy
	switch {
	case msg != "":
		return n, msg
	case n.Kind == yaml.ScalarNode || n.Kind == yaml.MappingNode && k.Type == "list" && !either:
		return n, map[string]string{"list": "must be a list such as [a, b]", "map": "must be a mapping such as {name: value}"}[k.Type]
	case n.Kind == yaml.SequenceNode && k.Type == "map" && !either:
		return n, "must be a mapping such as {name: value}"
	}
	return n, ""
}

// guess gives true/yes/on, null/none/~, whole and exact decimal numbers, […], {…} and multi-line YAML their type; the
// rest is text. The second result is why […] or {…} cannot be read.
func guess(text string) (*yaml.Node, string) {
	if v, ok := boolWord(text); ok {
		return scalarNode("!!bool", strconv.FormatBool(v)), ""
	}
	switch strings.ToLower(text) {
	case "null", "none", "~":
		return scalarNode("!!null", "null"), ""
	}
	if digits(text) {
		return scalarNode("!!int", text), ""
	}
	if exactFloat(text) {
		return scalarNode("!!float", text), ""
	}
	opens := strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")
	if !opens && !strings.Contains(text, "\n") {
		return scalarNode("!!str", text), ""
	}
	n, err := decodeOne([]byte(text))
	if err == nil && n != nil && n.Kind != yaml.ScalarNode {
		if dup, _ := duplicate(n, ""); dup == nil && own(n) {
			return n, ""
		}
		err = errLayout
	}
	if opens && err != nil {
		return scalarNode("!!str", text), "is not readable YAML (text that starts with [ or { needs quotes of its own; anchors, tags and double keys are not taken)"
	}
	return scalarNode("!!str", text), ""
}

// own strips a parsed value of everything that ties it to its text, and reports whether it can be written as flow YAML.
func own(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!merge" {
		return false
	}
	if v, ok := boolWord(n.Value); ok && n.Kind == yaml.ScalarNode && n.Style == 0 {
		n.Tag, n.Value = "!!bool", strconv.FormatBool(v)
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
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

// digits reports whether s is a signed whole number that fits and that no reader takes for octal.
func digits(s string) bool {
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
func render(n *yaml.Node, style yaml.Style, flow bool) string {
	var b bytes.Buffer
	switch n.Kind {
	case yaml.ScalarNode:
		if n.ShortTag() == "!!str" {
			return quote(n.Value, style, flow)
		}
		return n.Value
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(render(c, 0, true))
		}
		b.WriteByte(']')
	case yaml.MappingNode:
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
