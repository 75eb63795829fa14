package authfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// document is a store being edited: only the bytes of what changes are touched. It was valid JSON when it was made, so
// the walks below need not look for errors.
type document struct{ data []byte }

// span is a stretch of bytes.
type span struct{ from, to int }

// member is one key of an object and the place of its value.
type member struct {
	key   string
	at    int // of the key's first quote
	value span
}

// step is one component of a path: a key of an object, or with index >= 0 an element of an array.
type step struct {
	key   string
	index int
}

func keys(names ...string) []step {
	var path []step
	for _, n := range names {
		path = append(path, step{n, -1})
	}
	return path
}

// set replaces the value at the path, or adds it behind its siblings in their style. Missing objects on the way are made.
func (d *document) set(path []step, value any) error {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	enc.SetIndent(strings.Repeat("  ", len(path)), "  ")
	if err := enc.Encode(value); err != nil {
		return err
	}
	return d.put(d.rootSpan(), path, bytes.TrimSpace(raw.Bytes()), 1)
}

func (d *document) rootSpan() span {
	i := bytes.IndexByte(d.data, '{')
	return span{i, d.end(i)}
}

func (d *document) put(obj span, path []step, raw []byte, depth int) error {
	at, found, err := d.find(obj, path[0])
	if err != nil {
		return err
	}
	switch {
	case found && len(path) == 1:
		d.splice(at, raw)
	case found:
		if d.data[at.from] != '{' && d.data[at.from] != '[' {
			return fmt.Errorf("%s is no object", path[0].key)
		}
		return d.put(at, path[1:], raw, depth+1)
	case len(path) == 1:
		d.insert(obj, path[0].key, raw, depth)
	default:
		d.insert(obj, path[0].key, []byte("{}"), depth)
		return d.put(d.locate(obj, path[0]), path[1:], raw, depth+1)
	}
	return nil
}

// locate is find for a key that was just inserted into the object that begins at obj.
func (d *document) locate(obj span, s step) span {
	at, _, _ := d.find(span{obj.from, d.end(obj.from)}, s)
	return at
}

// remove takes a key and its value out, with the comma that belonged to it. It reports whether it was there.
func (d *document) remove(path []step) (bool, error) {
	obj := d.rootSpan()
	for _, s := range path[:len(path)-1] {
		at, found, err := d.find(obj, s)
		if err != nil || !found || d.data[at.from] != '{' && d.data[at.from] != '[' {
			return false, err
		}
		obj = at
	}
	last := path[len(path)-1]
	all := d.members(obj)
	for i, m := range all {
		if m.key != last.key {
			continue
		}
		cut := span{m.at, m.value.to}
		if i+1 < len(all) {
			cut.to = all[i+1].at
		} else if i > 0 {
			cut.from = all[i-1].value.to
		} else {
			cut = span{obj.from + 1, obj.to - 1}
		}
		d.splice(cut, nil)
		return true, nil
	}
	return false, nil
}

// find returns the place of a member or element. Two equal keys on our path are refused: parsers disagree on which counts.
func (d *document) find(in span, s step) (span, bool, error) {
	if s.index >= 0 {
		for i, at := range d.elements(in) {
			if i == s.index {
				return at, true, nil
			}
		}
		return span{}, false, nil
	}
	var at span
	n := 0
	for _, m := range d.members(in) {
		if m.key == s.key {
			at = m.value
			n++
		}
	}
	if n > 1 {
		return at, false, fmt.Errorf("the key %q stands there %d times", s.key, n)
	}
	return at, n == 1, nil
}

func (d *document) splice(at span, raw []byte) {
	d.data = append(append(append([]byte(nil), d.data[:at.from]...), raw...), d.data[at.to:]...)
}

// insert adds a member behind the last one, with the white space its siblings have.
func (d *document) insert(obj span, key string, raw []byte, depth int) {
	quoted, _ := json.Marshal(key)
	line := append(append(quoted, ": "...), raw...)
	all := d.members(obj)
	if len(all) == 0 {
		gap, back := "\n"+strings.Repeat("  ", depth), "\n"+strings.Repeat("  ", depth-1)
		d.splice(span{obj.from + 1, obj.to - 1}, []byte(gap+string(line)+back))
		return
	}
	last := all[len(all)-1]
	before := obj.from + 1
	if len(all) > 1 {
		before = all[len(all)-2].value.to
	}
	gap := strings.TrimLeft(string(d.data[before:last.at]), ",")
	d.splice(span{last.value.to, last.value.to}, []byte(","+gap+string(line)))
}

// members lists the keys of the object at a place; an array or scalar has none.
func (d *document) members(obj span) []member {
	if d.data[obj.from] != '{' {
		return nil
	}
	var all []member
	for i := d.skip(obj.from + 1); d.data[i] != '}'; {
		m := member{at: i}
		keyEnd := d.end(i)
		_ = json.Unmarshal(d.data[i:keyEnd], &m.key)
		from := d.skip(d.skip(keyEnd) + 1)
		m.value = span{from, d.end(from)}
		all = append(all, m)
		i = d.next(m.value.to)
	}
	return all
}

func (d *document) elements(arr span) []span {
	if d.data[arr.from] != '[' {
		return nil
	}
	var all []span
	for i := d.skip(arr.from + 1); d.data[i] != ']'; {
		at := span{i, d.end(i)}
		all = append(all, at)
		i = d.next(at.to)
	}
	return all
}

// next moves from the end of a value to the next key, or to the closing bracket.
func (d *document) next(i int) int {
	i = d.skip(i)
	if d.data[i] == ',' {
		i = d.skip(i + 1)
	}
	return i
}

func (d *document) skip(i int) int {
	for d.data[i] == ' ' || d.data[i] == '\n' || d.data[i] == '\t' || d.data[i] == '\r' {
		i++
	}
	return i
}

// end is the position behind the value that begins at i.
func (d *document) end(i int) int {
	switch d.data[i] {
	case '"':
		for i++; d.data[i] != '"'; i++ {
			if d.data[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '{', '[':
		for depth := 0; ; i++ {
			switch d.data[i] {
			case '"':
				i = d.end(i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i < len(d.data) && !strings.ContainsRune(",]} \n\t\r", rune(d.data[i])) {
		i++
	}
	return i
}

// verify reads the edited document back with two parsers and compares every string that was set.
func (d *document) verify(want map[string]string, id string) error {
	if err := check("the edited store", d.data); err != nil {
		return err
	}
	var doc struct {
		Providers map[string]map[string]any `json:"providers"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(d.data, byteOrderMark), &doc); err != nil {
		return fmt.Errorf("the edited store does not parse: %w", err)
	}
	block := child(child(gjson.ParseBytes(bytes.TrimPrefix(d.data, byteOrderMark)), "providers"), id)
	for key, value := range want {
		if doc.Providers[id][key] != value || child(block, key).Str != value {
			return fmt.Errorf("%s was not stored as it should be", key)
		}
	}
	return nil
}
