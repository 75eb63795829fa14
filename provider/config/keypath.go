package config

import (
	"slices"
	"strconv"
	"strings"

	"hermes/provider/config/yamledit"
)

// splitKey takes a dotted key apart. A part in double quotes is taken as it is, dots included.
func splitKey(key string) ([]string, error) {
	bad := func(msg string) error { return &Error{Key: strconv.Quote(key), Msg: msg, class: "usage"} }
	if key == "" || strings.TrimSpace(key) != key {
		return nil, bad("a key is a dotted name such as model.default")
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }) {
		return nil, bad("a key holds no control characters")
	}
	var parts []string
	for rest, more := key, true; more; {
		var part string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			if part, rest, ok = strings.Cut(quoted, `"`); !ok {
				return nil, bad("a quote is not closed")
			}
			if rest != "" && rest[0] != '.' {
				return nil, bad("a dot must follow the quote")
			}
			rest, more = strings.CutPrefix(rest, ".")
		} else {
			part, rest, more = strings.Cut(rest, ".")
		}
		if part == "" || strings.TrimSpace(part) != part {
			return nil, bad("a part of the key is empty or padded")
		}
		if part == "<<" {
			return nil, bad("<< repeats another mapping; edit the file by hand")
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// canonical gives the parts of a key with the two shorthands written out.
func canonical(parts []string) []string {
	if len(parts) == 1 && (parts[0] == "model" || parts[0] == "provider") {
		return []string{"model", map[string]string{"model": "default", "provider": "provider"}[parts[0]]}
	}
	return parts
}

// unquotedDots gives the known key that the names spell when the dots in their middle belong to a name:
// prices."MiniMax-M2.7".input for prices.MiniMax-M2.7.input.
func unquotedDots(keys []Key, names []string) string {
	for _, k := range keys {
		head, last, ok := strings.Cut(k.Path, ".<name>.")
		size := len(names) - 2
		if ok && size > 1 && names[0] == head && slices.Contains(append([]string{last}, k.also...), names[size+1]) {
			return yamledit.JoinKey(head, strings.Join(names[1:size+1], ".")) + "." + names[size+1]
		}
	}
	return ""
}

// written is the names as one dotted key.
func written(names []string) string {
	key := ""
	for _, name := range names {
		key = yamledit.JoinKey(key, name)
	}
	return key
}
