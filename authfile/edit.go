package authfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
)

// document is a store being edited. Only the bytes of what changes are
// touched: order, spelling and white space of the rest stay. The data is valid
// JSON at any time.
//
// Paths are lists of decoded keys, with decimal indexes into arrays, and never
// a path expression: in those many characters of a key have a meaning of their
// own, and a miss is silent.
type document struct {
	path  string // for messages
	data  []byte
	style style
	want  []expectation
}

// expectation is a change that the finished document must show.
type expectation struct {
	path  []string
	value any // gone for a removal
}

type gone struct{}

func newDocument(path string, data []byte) *document {
	return &document{path: path, data: slices.Clone(data), style: styleOf(data)}
}

// node is a value's place in the data.
type node struct{ from, to int }

// member is an element of an object or array and where it begins: with the
// key, or with the value.
type member struct {
	key   string
	at    int
	value node
}

var errNoContainer = errors.New("is neither object nor array")

func (d *document) root() node {
	from := bytes.IndexByte(d.data, '{')
	return node{from, len(bytes.TrimRight(d.data, " \t\r\n"))}
}

// members lists an object or array.
func (d *document) members(n node) []member {
	value := gjson.Parse(string(d.data[n.from:n.to]))
	var all []member
	value.ForEach(func(key, v gjson.Result) bool {
		m := member{value: node{n.from + v.Index, n.from + v.Index + len(v.Raw)}}
		m.key, m.at = key.Str, n.from+key.Index
		if value.IsArray() {
			m.key, m.at = strconv.Itoa(len(all)), m.value.from
		}
		all = append(all, m)
		return true
	})
	return all
}

func (d *document) container(n node) bool {
	return d.data[n.from] == '{' || d.data[n.from] == '['
}

func (d *document) null(n node) bool { return string(d.data[n.from:n.to]) == "null" }

// child finds a member. Two of the same name are refused.
func (d *document) child(parent node, key string) (m member, index int, err error) {
	index = -1
	if !d.container(parent) {
		return m, index, errNoContainer
	}
	for i, candidate := range d.members(parent) {
		if candidate.key != key {
			continue
		}
		if index >= 0 {
			return m, index, duplicate(d.path, key)
		}
		m, index = candidate, i
	}
	return m, index, nil
}

// find returns the value at a path, and false when it or its parent is absent.
func (d *document) find(path ...string) (node, bool, error) {
	n := d.root()
	for _, key := range path {
		if d.null(n) {
			return node{}, false, nil
		}
		m, i, err := d.child(n, key)
		if err != nil || i < 0 {
			return node{}, false, err
		}
		n = m.value
	}
	return n, true, nil
}

// set puts a value at a path. A key that is there keeps its place, a new one
// goes behind its siblings in their style; missing objects on the way are made.
func (d *document) set(value any, path ...string) error {
	parent, key := path[:len(path)-1], path[len(path)-1]
	n, found, err := d.find(parent...)
	if err != nil {
		return d.misfit(err, path)
	}
	if !found || d.null(n) {
		if err := d.set(object{}, parent...); err != nil {
			return err
		}
		if n, _, err = d.find(parent...); err != nil {
			return d.misfit(err, path)
		}
	}
	raw, err := d.style.encode(value, len(path))
	if err != nil {
		return fmt.Errorf("%s of %s: %w", key, d.path, err)
	}
	m, i, err := d.child(n, key)
	if err != nil {
		return d.misfit(err, path)
	}
	if i >= 0 {
		d.splice(m.value, raw)
	} else {
		d.insert(n, d.style.member(key, raw), len(path))
	}
	d.expect(value, path)
	return nil
}

// push puts a value behind the last element of the array at a path.
func (d *document) push(value any, path ...string) error {
	n, found, err := d.find(path...)
	if err == nil && (!found || d.null(n)) {
		if err = d.set([]any{}, path...); err == nil {
			n, _, err = d.find(path...)
		}
	}
	if err == nil && d.data[n.from] != '[' {
		err = errNoContainer
	}
	if err != nil {
		return d.misfit(err, path)
	}
	raw, err := d.style.encode(value, len(path)+1)
	if err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	at := append(slices.Clone(path), strconv.Itoa(len(d.members(n))))
	d.insert(n, raw, len(path)+1)
	d.unexpect(path)
	d.expect(value, at)
	return nil
}

// remove takes a member out with the comma that belonged to it; false when it
// is not there.
func (d *document) remove(path ...string) (bool, error) {
	n, found, err := d.find(path[:len(path)-1]...)
	if err != nil {
		return false, d.misfit(err, path)
	}
	if !found || d.null(n) {
		return false, nil
	}
	_, i, err := d.child(n, path[len(path)-1])
	if err != nil {
		return false, d.misfit(err, path)
	}
	if i < 0 {
		return false, nil
	}
	all := d.members(n)
	cut := node{n.from + 1, n.to - 1} // the only one
	switch {
	case i+1 < len(all):
		cut = node{all[i].at, all[i+1].at}
	case i > 0:
		cut = node{all[i-1].value.to, all[i].value.to}
	}
	d.splice(cut, nil)
	d.expect(gone{}, path)
	return true, nil
}

// insert adds an encoded member or element to a container at the given depth,
// with the white space that stands before the last of its siblings.
func (d *document) insert(n node, encoded []byte, depth int) {
	all := d.members(n)
	if len(all) == 0 {
		d.splice(node{n.from + 1, n.to - 1}, d.style.only(encoded, depth))
		return
	}
	lastOne, before := all[len(all)-1], n.from+1
	if len(all) > 1 {
		before = all[len(all)-2].value.to
	}
	gap := bytes.ReplaceAll(d.data[before:lastOne.at], []byte(","), nil)
	if len(all) == 1 && len(gap) == 0 && !d.style.multiline {
		gap = []byte(d.style.space)
	}
	d.splice(node{lastOne.value.to, lastOne.value.to}, slices.Concat([]byte(","), gap, encoded))
}

func (d *document) splice(n node, raw []byte) {
	d.data = slices.Concat(d.data[:n.from], raw, d.data[n.to:])
}

func (d *document) misfit(err error, path []string) error {
	if !errors.Is(err, errNoContainer) {
		return err
	}
	return errorf(classConfig, d.path, nil, "%s has an unexpected shape near %q; it was left as it is", d.path, path[0])
}
