package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// run is one document held against a schema.
type run struct {
	steps, depth int
	over         bool // out of steps or too deep: what is found from here on means nothing
	tracks       bool // the schema has a keyword unevaluated…
	scope        *scope
	problems     []problem
}

// scope is the way through resources that led here, for $dynamicRef.
type scope struct {
	res *resource
	up  *scope
}

// place is where in the document a value stands; nil is the whole.
type place struct {
	up   *place
	name string
}

func (p *place) in(name string) *place { return &place{p, name} }
func (p *place) at(i int) *place       { return &place{p, strconv.Itoa(i)} }

// String is a JSON Pointer.
func (p *place) String() string {
	var names []string
	for ; p != nil; p = p.up {
		names = append(names, "/"+escape(p.name))
	}
	slices.Reverse(names)
	return strings.Join(names, "")
}

// seen is what of an object or array was held against a schema already: for the keywords unevaluated…. It is nil where
// the schema has none of them.
type seen struct {
	names map[string]bool
	items map[int]bool
}

func (s *seen) name(name string) {
	if s == nil {
		return
	}
	if s.names == nil {
		s.names = map[string]bool{}
	}
	s.names[name] = true
}

func (s *seen) item(i int) {
	if s == nil {
		return
	}
	if s.items == nil {
		s.items = map[int]bool{}
	}
	s.items[i] = true
}

// spend says whether there are n steps more.
func (r *run) spend(n int) bool {
	r.steps += n
	if r.steps > MaxSteps {
		r.over = true
	}
	return !r.over
}

// maxProblems is how many problems are told of one document, maxListed how many names or values one of them lists.
const (
	maxProblems = 1000
	maxListed   = 20
)

// problem is a Problem whose place is not written out yet: most are of alternatives, and never told.
type problem struct {
	at  *place
	msg string
}

// fail notes a problem. Its words cost about as much as ten steps.
func (r *run) fail(at *place, format string, args ...any) {
	if len(r.problems) < maxProblems && r.spend(10) {
		r.problems = append(r.problems, problem{at, brief(fmt.Sprintf(format, args...))})
	}
}

// eval holds a value against a schema, up to the first keyword that it does not fit. What the schema looked at is added
// to got, where the caller wants to know.
func (r *run) eval(n *node, v any, at *place, got *seen) {
	r.depth++
	defer func() { r.depth-- }()
	r.over = r.over || r.depth > maxDepth
	if !r.spend(1) {
		return
	}
	if n.never {
		r.fail(at, "nothing is allowed here")
		return
	}
	if outer := r.scope; outer == nil || outer.res != n.res {
		r.scope = &scope{n.res, outer}
		defer func() { r.scope = outer }()
	}
	var mine *seen
	if r.tracks {
		mine = &seen{}
	}
	for _, check := range n.checks {
		before := len(r.problems)
		if check(r, v, at, mine); len(r.problems) > before || r.over {
			return
		}
	}
	if got != nil && mine != nil && r.spend(len(mine.names)+len(mine.items)) {
		for name := range mine.names {
			got.name(name)
		}
		for i := range mine.items {
			got.item(i)
		}
	}
}

// try is eval for a schema that the value need not fit.
func (r *run) try(n *node, v any, at *place, got *seen) []problem {
	before := r.problems
	r.problems = nil
	r.eval(n, v, at, got)
	found := r.problems
	r.problems = before
	return found
}

// kind is the type of a value; a number without a fraction is an integer.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if numberOf(v).whole() {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// canon is the same text for equal values.
func (r *run) canon(b *strings.Builder, v any) {
	if !r.spend(1) {
		return
	}
	switch v := v.(type) {
	case string:
		r.spend(len(v) / 64)
		b.WriteString(strconv.Itoa(len(v)) + ":" + v)
	case json.Number:
		b.WriteString(numberOf(v).String())
	case []any:
		b.WriteByte('[')
		for _, item := range v {
			r.canon(b, item)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for _, name := range slices.Sorted(maps.Keys(v)) {
			r.canon(b, name)
			r.canon(b, v[name])
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default:
		fmt.Fprint(b, v)
	}
}

func (r *run) canonical(v any) string {
	var b strings.Builder
	r.canon(&b, v)
	return b.String()
}

// show is a value for people, cut where it is long.
func show(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(brief(v))
	case json.Number:
		return brief(string(v))
	case []any:
		if len(v) > 0 {
			return "[…]"
		}
		return "[]"
	case map[string]any:
		if len(v) > 0 {
			return "{…}"
		}
		return "{}"
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}

// maxMessage is the length of a message in bytes.
const maxMessage = 300

// brief leaves out the middle of a long text, and cuts no character.
func brief(text string) string {
	const half = maxMessage / 2
	if len(text) <= maxMessage {
		return text
	}
	head, tail := text[:half], text[len(text)-half:]
	for len(head) > 0 && !utf8.ValidString(head) {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	return head + "…" + tail
}

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// escape and unescape are RFC 6901's.
func escape(s string) string   { return escaper.Replace(s) }
func unescape(s string) string { return unescaper.Replace(s) }
