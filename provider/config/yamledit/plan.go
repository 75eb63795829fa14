package yamledit

import (
	"slices"
	"strconv"
)

// plan is an edit that has been worked out but not done: what to replace in the source, and the tree that must come out.
type plan struct {
	patches []patch
	want    *Node
	old     *Node // value before, nil when there was none
	at      *Node // where the edit stands, for an error
}

// slot is a place for a value: under a key of a mapping, or an item of a list (key is nil).
type slot struct {
	key    *Node
	value  *Node
	parent *Node
	index  int  // of value in parent.Content
	flow   bool // parent stands between brackets
}

// planSet works out how to make the names say value.
func (f *File) planSet(names []string, value *Node) (*plan, error) {
	p := &plan{want: withValue(f.Root, names, value)}
	if f.Root == nil {
		if IsIndex(names[0]) {
			return nil, &Error{Msg: "the file holds no list"}
		}
		p.patches = []patch{f.appendRoot(f.blockLines(names, value, 0))}
		return p, nil
	}
	at := slot{value: f.Root}
	for i, name := range names {
		p.at = at.value
		if err := f.shared(at.value); err != nil {
			return nil, err
		}
		next, found, err := at.enter(name)
		if err != nil {
			return nil, err
		}
		if !found {
			p.patches, err = f.insert(at, names[i:], value)
			return p, located(err, at.value)
		}
		at = next
	}
	p.old, p.at = at.value, at.value
	if at.value.Kind != Alias {
		if err := f.shared(at.value); err != nil {
			return nil, err
		}
	}
	var err error
	p.patches, err = f.overwrite(at, value)
	return p, located(err, at.value)
}

// located gives errLayout the line of a node.
func located(err error, n *Node) error {
	if err == errLayout {
		return oddLayout(n)
	}
	return err
}

// shared refuses to edit below or at an anchor that other places repeat, since they would change too.
func (f *File) shared(n *Node) error {
	switch {
	case n.Kind == Alias:
		return byHand(n, "is written elsewhere in the file under an anchor (*"+n.Value+")")
	case n.Anchor != "" && refers(f.Root, n.Anchor):
		return byHand(n, "is shared with other places of the file under the anchor &"+n.Anchor)
	}
	return nil
}

func refers(n *Node, anchor string) bool {
	if n.Kind == Alias && n.Value == anchor {
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
	next = slot{parent: n, flow: at.flow || isFlow(n)}
	switch {
	case n.Kind == Mapping:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k := n.Content[i]; k.Kind == Scalar && k.Value == name {
				next.key, next.value, next.index = k, n.Content[i+1], i+1
				return next, true, nil
			}
		}
		return next, false, nil
	case n.Kind == Sequence:
		i, ok := index(name, len(n.Content))
		if !ok {
			return next, false, &Error{Line: n.Line, Msg: "is a list of " + strconv.Itoa(len(n.Content)) + "; the next part must be a number up to that"}
		}
		if i == len(n.Content) {
			return next, false, nil
		}
		next.value, next.index = n.Content[i], i
		return next, true, nil
	case n.ShortTag() == "!!null" || n.Value == "": // what a reader takes for absent; model: '' is Hermes Agent's default
		return next, false, nil
	}
	return next, false, byHand(n, "is "+KindName(n)+", not a mapping")
}

// planNest works out how to put the text at the root under name one level deeper.
func (f *File) planNest(name, key string) (*plan, error) {
	at, _, err := slot{value: f.Root}.enter(name)
	if err != nil {
		return nil, err
	}
	old := at.value
	if err := f.shared(old); err != nil {
		return nil, err
	}
	ext, err := f.extent(old)
	if err != nil {
		return nil, located(err, old)
	}
	p := &plan{want: withValue(f.Root, []string{name}, chain([]string{key}, old)), at: old}
	raw := string(f.src[ext.from:ext.to])
	switch end, _ := f.lineEnd(ext.from); {
	case ext.to > end || old.Line != at.key.Line || old.Anchor != "":
		return nil, oddLayout(old)
	case at.flow:
		p.patches = []patch{{ext, "{" + key + ": " + raw + "}"}}
	default:
		p.patches = f.openBlock(ext, []string{pad(at.key.Column-1+f.step()) + key + ": " + raw})
	}
	return p, nil
}

// withValue gives the tree with value at the names, sharing every node that does not change. Missing parents are made.
func withValue(n *Node, names []string, value *Node) *Node {
	if len(names) == 0 {
		return value
	}
	if n == nil || n.Kind != Mapping && n.Kind != Sequence {
		return chain(names, value)
	}
	out := *n
	out.Content = slices.Clone(n.Content)
	next, found, err := slot{value: n}.enter(names[0])
	switch {
	case err != nil:
		return chain(names, value)
	case found:
		out.Content[next.index] = withValue(next.value, names[1:], value)
		return &out
	case n.Kind == Mapping:
		out.Content = append(out.Content, Value("!!str", names[0]))
	}
	out.Content = append(out.Content, chain(names[1:], value))
	return &out
}

// chain wraps value into one mapping, or for index 0 one list, per name.
func chain(names []string, value *Node) *Node {
	if len(names) == 0 {
		return value
	}
	inner := chain(names[1:], value)
	if names[0] == "0" {
		return &Node{Kind: Sequence, Tag: "!!seq", Content: []*Node{inner}}
	}
	return &Node{Kind: Mapping, Tag: "!!map", Content: []*Node{Value("!!str", names[0]), inner}}
}

// planUnset works out how to remove the names, with the parents that it would leave empty.
func (f *File) planUnset(names []string) (*plan, error) {
	at := slot{value: f.Root}
	var trail []slot
	for _, name := range names {
		if err := f.shared(at.value); err != nil {
			return nil, err
		}
		next, found, err := at.enter(name)
		if err != nil || !found {
			return nil, ErrNotThere
		}
		at = next
		trail = append(trail, at)
	}
	p := &plan{old: at.value, at: at.value}
	depth := len(trail)
	for depth > 1 && single(trail[depth-1].parent) {
		depth--
		if err := f.shared(trail[depth-1].value); err != nil {
			return nil, err
		}
	}
	p.want = without(f.Root, trail[:depth])
	cut, err := f.cut(trail[depth-1])
	p.patches = []patch{{cut, ""}}
	return p, located(err, at.value)
}

func single(n *Node) bool {
	return n.Kind == Mapping && len(n.Content) == 2 || n.Kind == Sequence && len(n.Content) == 1
}

// without gives the tree without the last slot of the trail.
func without(n *Node, trail []slot) *Node {
	out := *n
	out.Content = slices.Clone(n.Content)
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
func sameTree(want, got *Node) bool {
	if want == nil || got == nil {
		rest := want
		if rest == nil {
			rest = got
		}
		return rest == nil || rest.Kind == Mapping && len(rest.Content) == 0
	}
	if want.Kind != got.Kind || want.Value != got.Value || want.Anchor != got.Anchor || len(want.Content) != len(got.Content) || want.ShortTag() != got.ShortTag() {
		return false
	}
	if want.Kind == Scalar && want.Line > 0 && want.Style != got.Style {
		return false
	}
	for i := range want.Content {
		if !sameTree(want.Content[i], got.Content[i]) {
			return false
		}
	}
	return true
}
