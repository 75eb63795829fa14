// Package yamledit reads a YAML file with the line of every value, and changes single values in its bytes.
//
// An edit replaces the bytes of one value and nothing else: comments, blank lines, order, quoting, line endings and
// indentation around it stay, which writing the tree again would not keep. The new text is parsed and compared with the
// intended tree before it is given out. A layout whose bytes cannot be told apart safely (an anchor that is used elsewhere,
// a comment between brackets, a list over several lines) is refused with its line, for a person to edit by hand.
//
// Caveats. The file must be UTF-8 and hold one document whose root is a mapping. Dates, merges (<<) and yes/no/on/off follow
// YAML 1.1. The package reads and writes no file. It alone knows gopkg.in/yaml.v3, which is frozen upstream;
// go.yaml.in/yaml/v3 has the same API.
package yamledit

import (
	"errors"
	"strconv"

	"gopkg.in/yaml.v3"
)

// Node is a value with its place in the file.
type Node = yaml.Node

// The kinds of a Node.
const (
	Mapping  = yaml.MappingNode
	Sequence = yaml.SequenceNode
	Scalar   = yaml.ScalarNode
	Alias    = yaml.AliasNode
)

// Error is a file that cannot be read, or an edit that is refused. It never holds a value of the file.
type Error struct {
	Line int    // 1-based; 0 when no line is to blame
	Key  string // dotted; "" when none is to blame
	Msg  string
}

// Error gives "line N: msg".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return "line " + strconv.Itoa(e.Line) + ": " + e.Msg
}

// ErrNotThere is Unset's answer for names that lead nowhere.
var ErrNotThere = errors.New("is not set")

// byHand refuses an edit at a node.
func byHand(n *Node, why string) error {
	return &Error{Line: n.Line, Msg: why + "; edit the file by hand"}
}

// oddLayout refuses an edit at a node whose bytes cannot be told apart.
func oddLayout(n *Node) error {
	return byHand(n, "the layout around this value cannot be edited safely")
}

// Edit is what Set and Unset make.
type Edit struct {
	Text []byte // the new file; nil when it says the same already
	Old  *Node  // the value before; nil when there was none
}

// Set gives the names a value, in a file where they may have one or not; missing parents are made. A mapping or a list of
// several lines is not replaced, and nothing is written below an anchor that other places repeat. Errors are *Error.
func (f *File) Set(names []string, value *Node) (Edit, error) {
	p, err := f.planSet(names, value)
	if err != nil {
		return Edit{}, err
	}
	if p.old != nil && p.old.Kind != Alias && sameTree(value, p.old) && sameTree(p.want, f.Root) {
		return Edit{Old: p.old}, nil
	}
	return f.prove(p)
}

// Unset removes the names, and the parents that it leaves empty. Errors are ErrNotThere and *Error.
func (f *File) Unset(names []string) (Edit, error) {
	if f.Root == nil {
		return Edit{}, ErrNotThere
	}
	p, err := f.planUnset(names)
	if err != nil {
		return Edit{}, err
	}
	return f.prove(p)
}

// Nest turns the text at the root under name into a mapping that holds it as key; its bytes stay. Errors are *Error.
func (f *File) Nest(name, key string) (*File, error) {
	p, err := f.planNest(name, key)
	if err != nil {
		return nil, err
	}
	e, err := f.prove(p)
	if err != nil {
		return nil, err
	}
	return Parse(e.Text)
}

// prove does the edit: the new text must parse to the intended tree.
func (f *File) prove(p *plan) (Edit, error) {
	out := apply(f.src, p.patches)
	after, err := Parse(out)
	if err != nil || !sameTree(p.want, after.Root) {
		at := p.at
		if at == nil {
			at = &Node{}
		}
		return Edit{}, oddLayout(at)
	}
	return Edit{Text: out, Old: p.old}, nil
}

// Mask gives the file with other texts in the place of scalars and comments. scalar gets the names that lead to a value,
// comment all from # to the end of a line; each gives back what it got, or what is to be shown. A value whose bytes cannot
// be found hides the rest of the file.
func (f *File) Mask(scalar func(names []string, value string) string, comment func(string) string) []byte {
	var patches []patch
	f.mask(f.Root, nil, scalar, &patches)
	for at := 0; at < len(f.src); {
		end, size := f.lineEnd(at)
		for i := at; i < end; i++ {
			if f.src[i] == '#' {
				if was := string(f.src[i:end]); comment(was) != was {
					patches = append(patches, patch{span{i, end}, comment(was)})
				}
				break
			}
		}
		if at = end + size; size == 0 {
			break
		}
	}
	return apply(f.src, disjoint(patches))
}

func (f *File) mask(n *Node, names []string, scalar func([]string, string) string, out *[]patch) {
	switch {
	case n == nil:
		return
	case n.Kind == Alias:
		if n.Alias.Kind == Scalar {
			f.mask(n.Alias, names, scalar, out)
		}
		return
	case n.Kind != Scalar:
		for i, c := range n.Content {
			switch {
			case n.Kind == Sequence:
				f.mask(c, names, scalar, out)
			case i%2 == 1:
				f.mask(c, append(names[:len(names):len(names)], n.Content[i-1].Value), scalar, out)
			}
		}
		return
	}
	shown := scalar(names, n.Value)
	if shown == n.Value {
		return
	}
	ext, err := f.extent(n)
	if err != nil {
		at, _ := f.offset(n)
		ext = span{at, len(f.src)}
	}
	shown = quote(shown, yaml.DoubleQuotedStyle, true)
	if n.Anchor != "" {
		shown = "&" + n.Anchor + " " + shown
	}
	*out = append(*out, patch{ext, shown})
}
