package config

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
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

// names decides which dots separate and which belong to a name: a key that is in the file wins, then the shape of the
// known keys (prices.MiniMax-M2.7.input), then what part of it is in the file; else every dot separates.
func (d *document) names(parts []string) []string {
	if found := literalNames(d.root, parts, 0); found != nil {
		return found
	}
	keys := Keys()
	for _, k := range keys {
		pattern := strings.Split(k.Path, ".")
		last := len(pattern) - 1
		if pattern[last] == "<name>" && last < 3 {
			continue // a whole row: its name could swallow a field that is merely misspelt
		}
		for _, name := range append([]string{pattern[last]}, k.also...) {
			pattern[last] = name
			if found := shape(pattern, parts); found != nil {
				return found
			}
		}
	}
	if found := partialNames(d.root, parts); len(found) > 1 {
		return found
	}
	if parts[0] == "prices" && len(parts) > 2 {
		return []string{"prices", strings.Join(parts[1:], ".")}
	}
	return parts
}

// partialNames follows the parts as far as the file has them, the longest name first; the rest stays as it is.
func partialNames(n *yaml.Node, parts []string) []string {
	for size := len(parts) - 1; size > 0; size-- {
		if found := literalNames(n, parts[:size], 0); found != nil {
			return append(found, parts[size:]...)
		}
	}
	return nil
}

// literalNames looks for the parts as keys that exist, the longest name first.
func literalNames(n *yaml.Node, parts []string, depth int) []string {
	n = target(n)
	switch {
	case len(parts) == 0:
		return []string{}
	case n == nil || depth > 64:
		return nil
	case n.Kind == yaml.SequenceNode:
		if i, ok := index(parts[0], len(n.Content)); ok && i < len(n.Content) {
			if rest := literalNames(n.Content[i], parts[1:], depth+1); rest != nil {
				return append([]string{parts[0]}, rest...)
			}
		}
		return nil
	case n.Kind != yaml.MappingNode:
		return nil
	}
	for size := len(parts); size > 0; size-- {
		name := strings.Join(parts[:size], ".")
		value := ownChild(n, name)
		if value == nil {
			value = child(n, name)
		}
		if value == nil {
			continue
		}
		if rest := literalNames(value, parts[size:], depth+1); rest != nil {
			return append([]string{name}, rest...)
		}
	}
	return nil
}

// shape fits the parts to a known key, letting <name> take several parts.
func shape(pattern, parts []string) []string {
	switch {
	case len(pattern) == 0 && len(parts) == 0:
		return []string{}
	case len(pattern) == 0 || len(parts) == 0:
		return nil
	case pattern[0] != "<name>":
		if !matches(pattern[:1], parts[:1]) {
			return nil
		}
		if rest := shape(pattern[1:], parts[1:]); rest != nil {
			return append([]string{parts[0]}, rest...)
		}
		return nil
	}
	for size := 1; size <= len(parts); size++ {
		if rest := shape(pattern[1:], parts[size:]); rest != nil {
			return append([]string{strings.Join(parts[:size], ".")}, rest...)
		}
	}
	return nil
}

func isIndex(s string) bool { return s != "" && len(s) < 7 && strings.Trim(s, "0123456789") == "" }

// index reads a list index; length itself is allowed and means a new item.
func index(s string, length int) (int, bool) {
	if !isIndex(s) {
		return 0, false
	}
	i, err := strconv.Atoi(s)
	return i, err == nil && i <= length
}
