package config

import (
	"errors"
	"strconv"

	"gopkg.in/yaml.v3"
)

// plan is an edit that has been worked out but not done: what to replace in the source, and the tree that must come out.
type plan struct {
	patches []patch
	want    *yaml.Node
	old     *yaml.Node // value before, nil when there was none
}

// slot is a place for a value: under a key of a mapping, or an item of a list (key is nil).
type slot struct {
	key    *yaml.Node
	value  *yaml.Node
	parent *yaml.Node
	index  int  // of value in parent.Content
	flow   bool // parent stands between brackets
}

// setting is the value that an edit writes and the names that lead to it.
type setting struct {
	names []string
	value *yaml.Node
	force bool
}

// planSet works out how to make the names say value.
func (d *document) planSet(s setting) (*plan, error) {
	if s.names[0] == "model" && len(s.names) > 1 && d.root != nil {
		if old := ownChild(d.root, "model"); old != nil && old.Kind == yaml.ScalarNode && old.Value != "" && old.ShortTag() != "!!null" {
			return d.convertModel(old, s)
		}
	}
	p := &plan{want: withValue(d.root, s.names, s.value)}
	if d.root == nil {
		p.patches = []patch{d.appendRoot(d.blockLines(s.names, s.value, 0))}
		return p, nil
	}
	at := slot{value: d.root}
	for i, name := range s.names {
		if err := d.shared(at.value); err != nil {
			return nil, err
		}
		next, found, err := at.enter(name)
		switch {
		case err != nil && s.force && i > 0:
			p.patches, err = d.overwrite(at, chain(s.names[i:], s.value))
			return p, err
		case err != nil:
			return nil, err
		case !found:
			p.patches, err = d.insert(at, s.names[i:], s.value)
			return p, err
		}
		at = next
	}
	p.old = at.value
	if at.value.Kind != yaml.AliasNode {
		if err := d.shared(at.value); err != nil {
			return nil, err
		}
	}
	if len(at.value.Content) > 0 && s.value.Kind == yaml.ScalarNode && !s.force {
		return nil, errors.New("holds " + kindName(at.value) + "; one value would replace all of it (--force does that)")
	}
	var err error
	p.patches, err = d.overwrite(at, s.value)
	return p, err
}

// shared refuses to edit below or at an anchor that other places repeat, since they would change too.
func (d *document) shared(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return errors.New("is written elsewhere in the file under an anchor (*" + n.Value + "); edit it there by hand")
	case n.Anchor != "" && refers(d.root, n.Anchor):
		return errors.New("is shared with other places of the file under the anchor &" + n.Anchor + "; edit the file by hand")
	}
	return nil
}

func refers(n *yaml.Node, anchor string) bool {
	if n.Kind == yaml.AliasNode && n.Value == anchor {
		return true
	}
	for _, c := range n.Content {
		if refers(c, anchor) {
			return true
		}
	}
	return false
}

// enter goes one name down. found is false where the name can be added; err says why it cannot.
func (at slot) enter(name string) (next slot, found bool, err error) {
	n := at.value
	next = slot{parent: n, flow: at.flow || n.Style&yaml.FlowStyle != 0}
	switch {
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Value == name {
				next.key, next.value, next.index = k, n.Content[i+1], i+1
				return next, true, nil
			}
		}
		return next, false, nil
	case n.Kind == yaml.SequenceNode:
		i, ok := index(name, len(n.Content))
		if !ok {
			return next, false, errors.New("is a list of " + strconv.Itoa(len(n.Content)) + "; the next part must be a number up to that")
		}
		if i == len(n.Content) {
			return next, false, nil
		}
		next.value, next.index = n.Content[i], i
		return next, true, nil
	case n.ShortTag() == "!!null" || n.Value == "": // what Load takes for absent; model: '' is Hermes Agent's default
		return next, false, nil
	}
	return next, false, errors.New("is " + kindName(n) + ", not a mapping (--force replaces it)")
}

// convertModel turns `model: NAME` into a mapping; the name keeps its own bytes as the default.
func (d *document) convertModel(old *yaml.Node, s setting) (*plan, error) {
	if err := d.shared(old); err != nil {
		return nil, err
	}
	at := slot{value: d.root}
	at, _, _ = at.enter("model")
	ext, err := d.extent(old)
	if err != nil {
		return nil, err
	}
	mapping := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{scalarNode("!!str", "default"), old}}
	p := &plan{want: withValue(withValue(d.root, s.names[:1], mapping), s.names, s.value)}
	if s.names[1] == "default" && len(s.names) == 2 {
		p.old = old
	}
	entries := withValue(mapping, s.names[1:], s.value)
	if at.flow || old.Line != at.key.Line || old.Anchor != "" || old.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		p.patches = []patch{{ext, render(entries, 0, true)}}
		if old.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || old.Anchor != "" {
			return nil, errLayout
		}
		return p, nil
	}
	indent := at.key.Column - 1 + d.step()
	raw := string(d.src[ext.from:ext.to])
	if end, _ := d.lineEnd(ext.from); ext.to > end {
		raw = render(old, old.Style, false)
	}
	var lines []string
	if p.old != nil {
		raw = render(s.value, old.Style, false)
	}
	lines = append(lines, pad(indent)+"default: "+raw)
	if p.old == nil {
		lines = append(lines, d.blockLines(s.names[1:], s.value, indent)...)
	}
	p.patches = d.openBlock(ext, lines)
	return p, nil
}

// withValue gives the tree with value at the names, sharing every node that does not change. Missing parents are made.
func withValue(n *yaml.Node, names []string, value *yaml.Node) *yaml.Node {
	if len(names) == 0 {
		return value
	}
	if n == nil || n.Kind != yaml.MappingNode && n.Kind != yaml.SequenceNode {
		return chain(names, value)
	}
	out := *n
	out.Content = append([]*yaml.Node(nil), n.Content...)
	next, found, err := slot{value: n}.enter(names[0])
	switch {
	case err != nil:
		return chain(names, value)
	case found:
		out.Content[next.index] = withValue(next.value, names[1:], value)
		return &out
	case n.Kind == yaml.MappingNode:
		out.Content = append(out.Content, scalarNode("!!str", names[0]))
	}
	out.Content = append(out.Content, chain(names[1:], value))
	return &out
}

// chain wraps value into one mapping, or for index 0 one list, per name.
func chain(names []string, value *yaml.Node) *yaml.Node {
	if len(names) == 0 {
		return value
	}
	inner := chain(names[1:], value)
	if names[0] == "0" {
		return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{inner}}
	}
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{scalarNode("!!str", names[0]), inner}}
}

// planUnset works out how to remove the names, with the parents that it would leave empty.
func (d *document) planUnset(names []string) (*plan, error) {
	at := slot{value: d.root}
	var trail []slot
	for _, name := range names {
		if err := d.shared(at.value); err != nil {
			return nil, err
		}
		next, found, err := at.enter(name)
		if err != nil || !found {
			return nil, errNotThere
		}
		at = next
		trail = append(trail, at)
	}
	p := &plan{old: at.value}
	depth := len(trail)
	for depth > 1 && single(trail[depth-1].parent) {
		depth--
		if err := d.shared(trail[depth-1].value); err != nil {
			return nil, err
		}
	}
	p.want = without(d.root, trail[:depth])
	cut, err := d.cut(trail[depth-1])
	p.patches = []patch{{cut, ""}}
	return p, err
}

var errNotThere = errors.New("is not set")

func single(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && len(n.Content) == 2 || n.Kind == yaml.SequenceNode && len(n.Content) == 1
}

// without gives the tree without the last slot of the trail.
func without(n *yaml.Node, trail []slot) *yaml.Node {
	out := *n
	out.Content = append([]*yaml.Node(nil), n.Content...)
	at := trail[0]
	if len(trail) > 1 {
		out.Content[at.index] = without(at.value, trail[1:])
		return &out
	}
	from := at.index
	if at.key != nil {
		from--
	}
	out.Content = append(out.Content[:from], out.Content[at.index+1:]...)
	return &out
}

// sameTree compares what two trees mean: types, values, order, anchors, and the quoting of scalars that were in the file.
func sameTree(want, got *yaml.Node) bool {
	if want == nil || got == nil {
		rest := want
		if rest == nil {
			rest = got
		}
		return rest == nil || rest.Kind == yaml.MappingNode && len(rest.Content) == 0
	}
	if want.Kind != got.Kind || want.Value != got.Value || want.Anchor != got.Anchor || len(want.Content) != len(got.Content) || want.ShortTag() != got.ShortTag() {
		return false
	}
	if want.Kind == yaml.ScalarNode && want.Line > 0 && want.Style != got.Style {
		return false
	}
	for i := range want.Content {
		if !sameTree(want.Content[i], got.Content[i]) {
			return false
		}
	}
	return true
}
