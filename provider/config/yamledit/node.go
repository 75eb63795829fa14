package yamledit

import (
	"strconv"
	"strings"
)

// Child gives the value of name in mapping m with aliases followed and merges (<<) seen, or nil when it is absent or null.
func Child(m *Node, name string) *Node { return childAt(m, name, 0) }

func childAt(m *Node, name string, depth int) *Node {
	m = Target(m)
	if m == nil || m.Kind != Mapping || depth > 8 {
		return nil
	}
	if v := OwnChild(m, name); v != nil {
		return Target(v)
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		from := Target(m.Content[i+1])
		if m.Content[i].Tag != "!!merge" || from == nil {
			continue
		}
		sources := []*Node{from}
		if from.Kind == Sequence {
			sources = from.Content
		}
		for _, s := range sources {
			if v := childAt(s, name, depth+1); v != nil {
				return v
			}
		}
	}
	return nil
}

// OwnChild gives the value of name written in mapping m itself, aliases and null as they are; nil where m is nil.
func OwnChild(m *Node, name string) *Node {
	if m == nil {
		return nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if k := m.Content[i]; k.Value == name && k.Kind == Scalar {
			return m.Content[i+1]
		}
	}
	return nil
}

// Find follows the names through mappings, lists, aliases and merges; nil when they lead nowhere or to null or "".
func Find(n *Node, names []string) *Node {
	for _, name := range names {
		switch n = Target(n); {
		case n == nil:
			return nil
		case n.Kind == Sequence:
			i, ok := index(name, len(n.Content)-1)
			if !ok {
				return nil
			}
			n = n.Content[i]
		default:
			n = Child(n, name)
		}
	}
	if n = Target(n); Empty(n) {
		return nil
	}
	return n
}

// Target follows an alias; null becomes nil.
func Target(n *Node) *Node {
	for depth := 0; n != nil && n.Kind == Alias && depth < 8; depth++ {
		n = n.Alias
	}
	if n == nil || n.Kind == Scalar && n.ShortTag() == "!!null" {
		return nil
	}
	return n
}

// Empty reports whether a value counts as absent: missing, null or "".
func Empty(n *Node) bool { return n == nil || n.Kind == Scalar && n.Value == "" }

// KindName names a node's type for an error message, never its value.
func KindName(n *Node) string {
	switch n.Kind {
	case Mapping:
		return "a mapping"
	case Sequence:
		return "a list"
	case Alias:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "a date"
	}
	return "text"
}

// JoinKey puts a name behind a dotted key, in double quotes where it holds a dot itself.
func JoinKey(prefix, name string) string {
	if strings.Contains(name, ".") {
		name = `"` + name + `"`
	}
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// IsIndex reports whether s can be the index of a list.
func IsIndex(s string) bool { return s != "" && len(s) < 7 && strings.Trim(s, "0123456789") == "" }

// index reads a list index; length itself is allowed and means a new item.
func index(s string, length int) (int, bool) {
	if !IsIndex(s) {
		return 0, false
	}
	i, err := strconv.Atoi(s)
	return i, err == nil && i <= length
}
