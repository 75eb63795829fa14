package config

import (
	"strconv"
	"strings"

	"hermes/provider/config/yamledit"
)

// coerce turns the text of an edit into a value. A known key decides the type, so that a model named 3 stays a name; for
// any other key the text decides, by the rules of Hermes Agent's config set.
func coerce(k Key, known bool, text string) (*yamledit.Node, string) {
	if !known {
		return guess(text)
	}
	n := yamledit.Value("!!str", text)
	switch {
	case k.Type == "string" || k.Type == "text":
		return n, ""
	case text == "null" || text == "~":
		return yamledit.Value("!!null", "null"), ""
	}
	switch k.Type {
	case "list", "map":
		return collection(k, text)
	case "bool":
		if v, ok := yamledit.Bool(text); ok {
			n = yamledit.Value("!!bool", strconv.FormatBool(v))
		}
	case "float":
		if whole := strings.TrimLeft(text, "0"); yamledit.Digits(whole) && isDecimal(text) {
			n.Value = whole // 007, which a reader would take for octal
		}
		if isDecimal(n.Value) {
			n.Tag = "!!float"
		}
	}
	if k.Type != "enum" && k.Type != "decimal" && yamledit.Digits(n.Value) {
		n.Tag = "!!int"
	}
	r := &reader{}
	r.value(n, k)
	if len(r.errs) > 0 {
		return n, r.errs[0].Msg
	}
	return n, ""
}

// guess is yamledit.Guess with the error as a message.
func guess(text string) (*yamledit.Node, string) {
	n, err := yamledit.Guess(text)
	if err != nil {
		return n, err.Error()
	}
	return n, ""
}

// collection reads a list or mapping; models and fallback_model may be either.
func collection(k Key, text string) (*yamledit.Node, string) {
	n, msg := guess(text)
	either := strings.HasSuffix(k.Path, ".models") || k.Legacy
	switch {
	case msg != "":
		return n, msg
	case n.Kind == yamledit.Scalar || n.Kind == yamledit.Mapping && k.Type == "list" && !either:
		return n, map[string]string{"list": "must be a list such as [a, b]", "map": "must be a mapping such as {name: value}"}[k.Type]
	case n.Kind == yamledit.Sequence && k.Type == "map" && !either:
		return n, "must be a mapping such as {name: value}"
	}
	return n, ""
}
