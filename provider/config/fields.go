package config

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"hermes/provider/config/yamledit"
)

// field ties one known key of a section to the place in T that holds it. It is the only declaration of the key: loading,
// validation of edits and the list of keys all come from it. Key.Path is the name inside the section.
type field[T any] struct {
	Key
	dest func(*T) any // pointer to the place, of one of the types that reader.store knows
}

// keyList gives the keys of a section under prefix.
func keyList[T any](prefix string, fields []field[T]) []Key {
	keys := make([]Key, len(fields))
	for i, f := range fields {
		keys[i] = f.Key
		keys[i].Path = yamledit.JoinKey(prefix, f.Path)
	}
	return keys
}

// modelNames is a list of names, or a mapping whose keys are the names.
type modelNames []string

// inverted is a bool stored as its opposite: enabled: false is Disabled.
type inverted bool

// reader collects what a load finds. Only the first error is reported, but an edit compares all of them.
type reader struct {
	path     string
	lookup   func(string) (string, bool)
	errs     []*Error
	warnings []string
}

func (r *reader) fail(n *yamledit.Node, key, msg string) {
	r.errs = append(r.errs, &Error{Path: r.path, Line: n.Line, Key: key, Msg: msg})
}

func (r *reader) warn(code, msg string) { r.warnings = append(r.warnings, code+": "+msg) }

// section returns the mapping under name, or nil when it is absent, null or (with an error) of another type.
func (r *reader) section(m *yamledit.Node, name, key string) *yamledit.Node {
	n := yamledit.Child(m, name)
	if n == nil || n.Kind == yamledit.Mapping {
		return n
	}
	if n.Kind != yamledit.Scalar || n.Value != "" {
		r.fail(n, key, "must be a mapping, not "+yamledit.KindName(n))
	}
	return nil
}

// readFields reads the known keys of mapping m. Of several spellings the first that is not empty wins.
func readFields[T any](r *reader, m *yamledit.Node, prefix string, fields []field[T], into *T) {
	for i := range fields {
		f := &fields[i]
		name, n := f.Path, yamledit.Child(m, f.Path)
		for _, other := range f.also {
			if !yamledit.Empty(n) {
				break
			}
			name, n = other, yamledit.Child(m, other)
		}
		if !yamledit.Empty(n) {
			r.store(n, yamledit.JoinKey(prefix, name), f.Key, f.dest(into))
		}
	}
}

// store reads n into dest, whose type says what is expected.
func (r *reader) store(n *yamledit.Node, key string, k Key, dest any) {
	switch dest := dest.(type) {
	case *string:
		*dest = r.text(n, key, k)
	case *Secret:
		*dest = Secret(r.text(n, key, k))
	case *int:
		*dest, _ = r.integer(n, key, k.Min)
	case *inverted:
		v, ok := r.boolean(n, key)
		*dest = inverted(ok && !v)
	case *modelNames:
		*dest = r.names(n, key)
	case *map[string]string:
		*dest = r.pairs(n, key)
	case *[]Member:
		*dest = r.members(n, key)
	case *words:
		*dest = r.words(n, key, k.Path == "args")
	case *seconds:
		*dest = seconds(r.seconds(n, key))
	case *flagWord:
		*dest = r.flag(n, key, k.Type == "verify")
	default:
		panic("config: no reader for " + key)
	}
}

// value reads n as the type of the key says.
func (r *reader) value(n *yamledit.Node, k Key) (value any, ok bool) {
	switch k.Type {
	case "int":
		return r.integer(n, k.Path, k.Min)
	case "float":
		return r.number(n, k.Path)
	case "bool":
		return r.boolean(n, k.Path)
	case "duration":
		return r.duration(n, k.Path)
	case "list":
		return r.list(n, k.Path), true
	case "words":
		return r.words(n, k.Path, false), true
	case "seconds":
		return r.seconds(n, k.Path), true
	case "flag", "verify":
		return r.flag(n, k.Path, k.Type == "verify"), true
	}
	return r.text(n, k.Path, k), true
}

// text reads a string, one of an enum's words, or a decimal.
func (r *reader) text(n *yamledit.Node, key string, k Key) string {
	if k.Type == "decimal" {
		return r.decimal(n, key)
	}
	v, ok := r.str(n, key)
	if ok && k.Type == "text" {
		return r.expand(n.Value)
	}
	if ok && k.Type == "enum" && v != "" && !slices.Contains(k.Values, v) {
		r.fail(n, key, "must be one of "+strings.Join(k.Values, ", "))
		return ""
	}
	return v
}

func (r *reader) str(n *yamledit.Node, key string) (string, bool) {
	switch {
	case n.Kind != yamledit.Scalar:
		r.fail(n, key, "must be text, not "+yamledit.KindName(n))
		return "", false
	case n.ShortTag() != "!!str":
		r.fail(n, key, "must be text, not "+yamledit.KindName(n)+" (put it in quotes)")
		return "", false
	}
	return strings.TrimSpace(r.expand(n.Value)), true
}

// plain gives the text of a scalar that has one of the tags, or that only an expanded ${VAR} can have made text.
func (r *reader) plain(n *yamledit.Node, tags ...string) (string, bool) {
	if n.Kind != yamledit.Scalar {
		return "", false
	}
	if v := r.expand(n.Value); v != n.Value {
		return strings.TrimSpace(v), true
	}
	return n.Value, slices.Contains(tags, n.ShortTag())
}

func (r *reader) integer(n *yamledit.Node, key string, least int) (int, bool) {
	text, ok := r.plain(n, "!!int")
	var v int
	if ok {
		var err error
		v, err = wholeNumber(text)
		ok = err == nil
	}
	switch {
	case !ok:
		r.fail(n, key, "must be a whole number")
	case v < least:
		r.fail(n, key, "must be at least "+strconv.Itoa(least))
	default:
		return v, true
	}
	return 0, false
}

// wholeNumber parses an integer as YAML writes it: 8_192, 0x2000, 0o17 and, by YAML 1.1, 017.
func wholeNumber(text string) (int, error) {
	v, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, 0)
	return int(v), err
}

func (r *reader) number(n *yamledit.Node, key string) (float64, bool) {
	text, ok := r.plain(n, "!!int", "!!float")
	v, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || math.IsInf(v, 0) || math.IsNaN(v) || v < 0 {
		r.fail(n, key, "must be a number, 0 or more")
		return 0, false
	}
	return v, true
}

func (r *reader) boolean(n *yamledit.Node, key string) (value, ok bool) {
	text, ok := r.plain(n, "!!bool", "!!str")
	if ok && (!yamledit.Quoted(n) || text != n.Value) { // "yes" is a text, "${X}" what the variable says
		if v, ok := yamledit.Bool(text); ok {
			return v, true
		}
	}
	r.fail(n, key, "must be true or false")
	return false, false
}

func (r *reader) duration(n *yamledit.Node, key string) (time.Duration, bool) {
	text, ok := r.plain(n, "!!int", "!!str")
	if ok {
		if d, ok := parseDuration(text); ok {
			return d, true
		}
	}
	r.fail(n, key, "must be a time such as 10s, 2m or whole seconds")
	return 0, false
}

// parseDuration reads Go's notation or whole seconds; negative times are refused.
func parseDuration(text string) (time.Duration, bool) {
	if n, err := strconv.Atoi(text); err == nil {
		d := time.Duration(n) * time.Second
		return d, n >= 0 && d/time.Second == time.Duration(n)
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}

// decimal keeps the digits as they are written, so that 0.30 stays 0.30.
func (r *reader) decimal(n *yamledit.Node, key string) string {
	text, ok := r.plain(n, "!!int", "!!float", "!!str")
	if ok && isDecimal(text) {
		return text
	}
	r.fail(n, key, "must be a decimal number such as 0.30")
	return ""
}

func isDecimal(s string) bool {
	whole, fraction, dotted := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return len(s) <= 32 && digits(whole) && (!dotted || digits(fraction))
}

func (r *reader) list(n *yamledit.Node, key string) []string {
	if n.Kind != yamledit.Sequence {
		r.fail(n, key, "must be a list, not "+yamledit.KindName(n))
		return nil
	}
	out := make([]string, 0, len(n.Content))
	for i, item := range n.Content {
		if item = yamledit.Target(item); item != nil {
			// A stop sequence may be white space: nothing is trimmed here.
			if _, ok := r.str(item, yamledit.JoinKey(key, strconv.Itoa(i))); ok {
				out = append(out, r.expand(item.Value))
			}
		}
	}
	return out
}

// names reads models: as a list of names, a list of mappings with an id, or a mapping from name to details.
func (r *reader) names(n *yamledit.Node, key string) modelNames {
	var out modelNames
	switch n.Kind {
	case yamledit.Mapping:
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, n.Content[i].Value)
		}
		return out
	case yamledit.Sequence:
	default:
		r.fail(n, key, "must be a list or a mapping of models, not "+yamledit.KindName(n))
		return nil
	}
	for i, item := range n.Content {
		item = yamledit.Target(item)
		for _, id := range []string{"id", "name", "model"} {
			if item != nil && item.Kind == yamledit.Mapping && !yamledit.Empty(yamledit.Child(item, id)) {
				item = yamledit.Child(item, id)
			}
		}
		if yamledit.Empty(item) {
			continue
		}
		if v, ok := r.str(item, yamledit.JoinKey(key, strconv.Itoa(i))); ok && v != "" {
			out = append(out, v)
		}
	}
	return out
}

// pairs reads a mapping of text to text; numbers and booleans count as the text they are written as.
func (r *reader) pairs(n *yamledit.Node, key string) map[string]string {
	if n.Kind != yamledit.Mapping {
		r.fail(n, key, "must be a mapping, not "+yamledit.KindName(n))
		return nil
	}
	out := make(map[string]string, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, v := n.Content[i].Value, yamledit.Target(n.Content[i+1])
		switch {
		case v == nil:
		case v.Kind != yamledit.Scalar:
			r.fail(v, yamledit.JoinKey(key, name), "must be text, not "+yamledit.KindName(v))
		default:
			out[name] = r.expand(v.Value)
		}
	}
	return out
}

// expand replaces ${NAME} by the variable's value; an unknown name stays as written, as in Hermes Agent.
func (r *reader) expand(s string) string {
	if r.lookup == nil || !strings.Contains(s, "${") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return b.String() + s
		}
		b.WriteString(before)
		if v, set := r.lookup(name); set && name != "" {
			b.WriteString(v)
		} else {
			b.WriteString("${" + name + "}")
		}
		s = after
	}
}
