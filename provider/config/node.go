package config

import "gopkg.in/yaml.v3"

// child returns the value of name in mapping m with aliases followed and merges (<<) seen, or nil when it is absent or null.
func child(m *yaml.Node, name string) *yaml.Node { return childAt(m, name, 0) }

func childAt(m *yaml.Node, name string, depth int) *yaml.Node {
	m = target(m)
	if m == nil || m.Kind != yaml.MappingNode || depth > 8 {
		return nil
	}
	if v := ownChild(m, name); v != nil {
		return target(v)
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Tag != "!!merge" {
			continue
		}
		from := target(m.Content[i+1])
		if from == nil {
			continue
		}
		sources := []*yaml.Node{from}
		if from.Kind == yaml.SequenceNode {
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

// ownChild returns the value of name written in mapping m itself, aliases and null as they are.
func ownChild(m *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if k := m.Content[i]; k.Value == name && k.Kind == yaml.ScalarNode {
			return m.Content[i+1]
		}
	}
	return nil
}

// target follows an alias; null becomes nil.
func target(n *yaml.Node) *yaml.Node {
	for depth := 0; n != nil && n.Kind == yaml.AliasNode && depth < 8; depth++ {
		n = n.Alias
	}
	if n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return nil
	}
	return n
}

// empty reports whether a value counts as absent: missing, null or "".
func empty(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.Value == ""
}
