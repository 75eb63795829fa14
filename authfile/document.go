package authfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// document is a store being edited: the first edit that fails leaves its error in
// err, and what comes after it does nothing. Each object on the way to a change is taken
// apart into its members, of which the others keep their bytes, and put together
// again.
//
// Paths are lists of decoded keys, with decimal indexes into arrays, and never
// a path expression: in those many characters of a key have a meaning of their
// own, and a miss is silent.
type document struct {
	path  string // for messages
	text  string
	style style
	err   error
}

func newDocument(path string, data []byte) *document {
	return &document{path: path, text: string(data), style: styleOf(string(data))}
}

// style is how a file lays its JSON out.
type style struct {
	newline string // "" when all is on one line
	unit    string // one level of indentation
	colon   string
}

// styleOf reads the layout off the first member of the document; one without
// members is laid out as Hermes Agent does it.
func styleOf(text string) style {
	s := style{"\n", "  ", ": "}
	l, err := parseList(strings.TrimSpace(text))
	if err != nil || len(l.members) == 0 {
		return s
	}
	first := l.members[0]
	s.newline, s.unit = "", ""
	if before, unit, found := strings.Cut(first.lead, "\n"); found {
		s.newline, s.unit = "\n", unit[strings.LastIndex(unit, "\n")+1:]
		if strings.HasSuffix(before, "\r") {
			s.newline = "\r\n"
		}
	}
	if !strings.HasSuffix(first.key, ": ") {
		s.colon = ":"
	}
	return s
}

func (s style) line(depth int) string {
	if s.newline == "" {
		return ""
	}
	return s.newline + strings.Repeat(s.unit, depth)
}

// list is an object or an array, taken apart without losing a byte.
type list struct {
	open    string // "{" or "["
	members []member
	tail    string // white space before the end
}

type member struct {
	lead string // what stands before: white space, and the comma behind the first
	key  string // as it is spelled, with the colon; "" in an array
	name string // the decoded key, or the index in an array
	raw  string // the value
}

var errNoContainer = errors.New("is neither object nor array")

func parseList(raw string) (*list, error) {
	value := gjson.Parse(raw)
	if !value.IsObject() && !value.IsArray() {
		return nil, errNoContainer
	}
	l, at := &list{open: raw[:1]}, 1
	value.ForEach(func(key, v gjson.Result) bool {
		m := member{name: key.Str, raw: v.Raw}
		start := v.Index
		if value.IsArray() {
			m.name = strconv.Itoa(len(l.members))
		} else {
			start = key.Index
		}
		m.lead, m.key = raw[at:start], raw[start:v.Index]
		at = v.Index + len(v.Raw)
		l.members = append(l.members, m)
		return true
	})
	l.tail = raw[at : len(raw)-1]
	return l, nil
}

func (l *list) String() string {
	var b strings.Builder
	b.WriteString(l.open)
	for _, m := range l.members {
		b.WriteString(m.lead + m.key + m.raw)
	}
	return b.String() + l.tail + string(l.open[0]+2) // in ASCII "}" and "]" stand two behind "{" and "["
}

// add puts a member behind the others, in their style. depth is that of the list.
func (l *list) add(key, raw string, s style, depth int) {
	m := member{lead: s.line(depth + 1), raw: raw}
	if l.open == "{" {
		m.key = key + s.colon
	}
	switch n := len(l.members); {
	case n == 0:
		l.tail = s.line(depth)
	case n == 1 && l.members[0].lead == "" && s.newline == "":
		m.lead = "," + s.colon[1:]
	case n == 1:
		m.lead = "," + l.members[0].lead
	default:
		m.lead = l.members[n-1].lead
	}
	l.members = append(l.members, m)
}

// remove takes a member out, with the comma that belonged to it.
func (l *list) remove(i int) {
	if i == 0 && len(l.members) > 1 {
		l.members[1].lead = l.members[0].lead
	}
	if l.members = slices.Delete(l.members, i, i+1); len(l.members) == 0 {
		l.tail = ""
	}
}

// edit replaces the value at a path by what change makes of it: "" stands for no
// value, before and after. Missing objects on the way are made where there is
// something to put into them. Two equal keys on the way are an error.
func (d *document) edit(change func(old string, depth int) (string, error), path ...string) {
	if d.err != nil {
		return
	}
	from := max(strings.IndexByte(d.text, '{'), 0)
	to := len(strings.TrimRight(d.text, " \t\r\n"))
	root, err := d.editIn(d.text[from:to], 0, path, change)
	if errors.Is(err, errNoContainer) {
		err = errorf(classConfig, d.path, nil, "%s has an unexpected shape near %q; it was left as it is", d.path, path[0])
	}
	if d.err = err; err == nil {
		d.text = d.text[:from] + root + d.text[to:]
	}
}

func (d *document) editIn(raw string, depth int, path []string, change func(string, int) (string, error)) (string, error) {
	if len(path) == 0 {
		return change(raw, depth)
	}
	from := raw
	if raw == "" || raw == "null" {
		from = "{}"
	}
	l, err := parseList(from)
	if err != nil {
		return raw, err
	}
	i, old := -1, ""
	for n, m := range l.members {
		if m.name != path[0] {
			continue
		}
		if i >= 0 {
			return raw, duplicate(d.path, m.name)
		}
		i, old = n, m.raw
	}
	fresh, err := d.editIn(old, depth+1, path[1:], change)
	switch {
	case err != nil || fresh == old:
		return raw, err
	case fresh == "":
		l.remove(i)
	case i >= 0:
		l.members[i].raw = fresh
	default:
		key, err := quote(path[0])
		if err != nil {
			return raw, err
		}
		l.add(key, fresh, d.style, depth)
	}
	return l.String(), nil
}

// find returns the value at a path, "" when it or its parent is absent.
func (d *document) find(path ...string) (raw string) {
	d.edit(func(old string, _ int) (string, error) {
		raw = old
		return old, nil
	}, path...)
	return raw
}

// set puts a value at a path.
func (d *document) set(value any, path ...string) {
	d.edit(func(_ string, depth int) (string, error) {
		raw, err := d.encode(value, depth)
		if err != nil {
			return "", fmt.Errorf("%s of %s: %w", path[len(path)-1], d.path, err)
		}
		return raw, nil
	}, path...)
}

// remove takes what is at a path out, if there is something.
func (d *document) remove(path ...string) {
	d.edit(func(string, int) (string, error) { return "", nil }, path...)
}

// push puts a value behind the last element of the array at a path.
func (d *document) push(value any, path ...string) {
	d.edit(func(old string, depth int) (string, error) {
		if old == "" || old == "null" {
			old = "[]"
		}
		l, err := parseList(old)
		if err != nil || l.open != "[" {
			return old, errNoContainer
		}
		raw, err := d.encode(value, depth+1)
		l.add("", raw, d.style, depth)
		return l.String(), err
	}, path...)
}

// object is a JSON object whose keys keep their order.
type object []pair

type pair struct {
	key   string
	value any
}

// encode writes a value that will stand at the given depth. Strings keep every
// character: only what JSON forbids is escaped.
func (d *document) encode(value any, depth int) (string, error) {
	switch v := value.(type) {
	case object:
		l := &list{open: "{"}
		for _, p := range v {
			raw, err := d.encode(p.value, depth+1)
			if err != nil {
				return "", fmt.Errorf("%s: %w", p.key, err)
			}
			key, err := quote(p.key)
			if err != nil {
				return "", err
			}
			l.add(key, raw, d.style, depth)
		}
		return l.String(), nil
	case string:
		return quote(v)
	}
	raw, err := json.Marshal(value)
	return string(raw), err
}

func quote(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("not UTF-8: JSON cannot hold it")
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(text)
	return strings.TrimRight(out.String(), "\n"), err
}
