package config

import (
	"errors"
	"strconv"
	"strings"

	"hermes/provider/config/yamledit"
)

// coerce turns the text of an edit into a value. A known key decides the type, so that a model named 3 stays a name; for
// any other key the text decides, by the rules of Hermes Agent's config set.
func coerce(k Key, known bool, text string) (*yamledit.Node, error) {
	if !known {
		return yamledit.Guess(text)
	}
	n := yamledit.Value("!!str", text)
	switch {
	case k.Type == "string" || k.Type == "text":
		return n, nil
	case text == "null" || text == "~":
		return yamledit.Value("!!null", "null"), nil
	}
	switch k.Type {
	case "words":
		if k.Type = "list"; strings.HasPrefix(text, "[") {
			return collection(k, text)
		}
		return n, nil
	case "list", "map":
		return collection(k, text)
	case "bool", "flag", "verify":
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
		return n, errors.New(r.errs[0].Msg)
	}
	return n, nil
}

// collection reads a list or mapping; models and fallback_model may be either.
func collection(k Key, text string) (*yamledit.Node, error) {
	n, err := yamledit.Guess(text)
	either := strings.HasSuffix(k.Path, ".models") || k.Legacy
	switch {
	case err != nil:
		return n, err
	case n.Kind != yamledit.Scalar && (either || (n.Kind == yamledit.Sequence) == (k.Type == "list")):
		return n, nil
	case k.Type == "list":
		return n, errors.New("must be a list such as [a, b]")
	}
	return n, errors.New("must be a mapping such as {name: value}")
}
