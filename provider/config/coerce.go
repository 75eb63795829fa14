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
	if text == "null" || text == "~" {
		switch k.Type {
		case "string", "text":
		default:
			return yamledit.Value("!!null", "null"), ""
		}
	}
	r := &reader{}
	switch k.Type {
	case "int":
		if yamledit.Digits(text) {
			r.integer(yamledit.Value("!!int", text), "", k.Min)
			return yamledit.Value("!!int", text), firstMsg(r)
		}
		return yamledit.Value("!!str", text), "must be a whole number"
	case "float":
		if whole := strings.TrimLeft(text, "0"); yamledit.Digits(whole) && isDecimal(text) {
			text = whole // 007, which a reader would take for octal
		}
		n := yamledit.Value("!!str", text)
		switch {
		case yamledit.Digits(text):
			n.Tag = "!!int"
		case isDecimal(text):
			n.Tag = "!!float"
		}
		r.number(n, "")
		return n, firstMsg(r)
	case "bool":
		v, ok := yamledit.Bool(text)
		if !ok {
			return yamledit.Value("!!str", text), "must be true or false"
		}
		return yamledit.Value("!!bool", strconv.FormatBool(v)), ""
	case "duration":
		n := yamledit.Value("!!str", text)
		if yamledit.Digits(text) {
			n.Tag = "!!int"
		}
		r.duration(n, "")
		return n, firstMsg(r)
	case "list", "map":
		return collection(k, text)
	}
	n := yamledit.Value("!!str", text)
	r.text(n, "", k)
	return n, firstMsg(r)
}

func firstMsg(r *reader) string {
	if len(r.errs) == 0 {
		return ""
	}
	return r.errs[0].Msg
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
