package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// document is a parsed file. root is its mapping, nil when the file holds no value at all.
type document struct {
	path   string
	src    []byte
	root   *yaml.Node
	starts []int // byte offset of each line, filled by line()
}

// parse checks what yaml.v3 lets through in a node tree (NUL, which ends its input silently; a second document; duplicate
// keys; a root that is no mapping) and gives every error a line.
func parse(path string, src []byte) (*document, error) {
	if line, msg := foreignByte(src); line > 0 {
		return nil, &Error{Path: path, Line: line, Msg: msg}
	}
	doc, err := decodeOne(src)
	var second *secondDocument
	switch {
	case errors.As(err, &second):
		return nil, &Error{Path: path, Line: second.line, Msg: second.Error()}
	case err != nil:
		reported, msg := cutLine(err)
		return nil, &Error{Path: path, Line: failingLine(src, reported), Msg: msg}
	}
	d := &document{path: path, src: src}
	if doc == nil || doc.ShortTag() == "!!null" {
		return d, nil
	}
	if doc.Kind != yaml.MappingNode {
		return nil, &Error{Path: path, Line: doc.Line, Msg: "the file must hold settings as key: value, not " + kindName(doc)}
	}
	if dup, key := duplicate(doc, ""); dup != nil {
		return nil, &Error{Path: path, Line: dup.Line, Key: key, Msg: "the key is there twice"}
	}
	d.root = doc
	return d, nil
}

type secondDocument struct{ line int }

func (*secondDocument) Error() string {
	return "a second document starts here; the file may hold only one"
}

// decodeOne returns the value of the only document, nil for an empty stream. yaml.v3 panics on a few broken inputs, which
// counts as broken YAML here.
func decodeOne(src []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, errors.New("not valid YAML")
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, &secondDocument{max(more.Line, 1)}
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		return doc.Content[0], nil
	}
	return nil, nil
}

// foreignByte finds what no text editor means to put into the file.
func foreignByte(src []byte) (line int, msg string) {
	at := -1
	switch {
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		return 1, "the file is UTF-16; save it as UTF-8"
	case bytes.IndexByte(src, 0) >= 0:
		at, msg = bytes.IndexByte(src, 0), "a NUL byte"
	case !utf8.Valid(src):
		for at = 0; ; {
			r, size := utf8.DecodeRune(src[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		msg = "a byte that is not UTF-8"
	default:
		return 0, ""
	}
	return 1 + bytes.Count(src[:at], []byte("\n")), msg
}

// cutLine splits yaml.v3's "yaml: line 3: what" and drops what could quote a value: an alias name is user text.
func cutLine(err error) (line int, msg string) {
	msg = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if number, what, ok := strings.Cut(rest, ": "); ok {
			line, _ = strconv.Atoi(number)
			msg = what
		}
	}
	if strings.HasPrefix(msg, "unknown anchor") {
		msg = "a value starts with * but no anchor has that name; put it in quotes"
	}
	if strings.Contains(msg, "tab character") || strings.Contains(msg, "cannot start any token") {
		msg += " (YAML is indented with spaces; a value that starts with %, @ or ` needs quotes)"
	}
	return line, "broken YAML: " + msg
}

// failingLine finds the line to blame: the one after the longest run of whole lines that parses. yaml.v3's own number is
// the start of the enclosing block for many errors, and none at all on the first line, so it is only where the search begins.
func failingLine(src []byte, reported int) int {
	starts := lineStarts(src)
	good, budget := max(min(reported, len(starts))-64, 0), 1<<20
	for i, bad := good+1, 0; i < len(starts) && bad < 128; i++ {
		if budget -= starts[i]; budget < 0 {
			break
		}
		bad++
		if _, err := decodeOne(src[:starts[i]]); err == nil {
			good, bad = i, 0
		}
	}
	return min(good+1, len(starts))
}

// duplicate returns the second of two equal keys of one mapping, anywhere in the tree, with its dotted path.
func duplicate(n *yaml.Node, prefix string) (*yaml.Node, string) {
	mapping := n.Kind == yaml.MappingNode
	var seen map[string]bool
	if mapping && len(n.Content) > 32 {
		seen = make(map[string]bool, len(n.Content)/2)
	}
	for i, c := range n.Content {
		path := prefix
		if mapping {
			key := n.Content[i&^1]
			path = joinKey(prefix, key.Value)
			if i%2 == 0 && repeats(n, i, seen) {
				return c, path
			}
		}
		if len(c.Content) > 0 {
			if dup, at := duplicate(c, path); dup != nil {
				return dup, at
			}
		}
	}
	return nil, ""
}

// repeats reports whether key i of mapping n was there before; seen is nil for the small mappings that are compared directly.
func repeats(n *yaml.Node, i int, seen map[string]bool) bool {
	key := n.Content[i]
	if key.Kind != yaml.ScalarNode {
		return false
	}
	if seen != nil {
		id := key.Tag + " " + key.Value
		was := seen[id]
		seen[id] = true
		return was
	}
	for j := 0; j < i; j += 2 {
		other := n.Content[j]
		if other.Value == key.Value && other.Kind == yaml.ScalarNode && other.Tag == key.Tag {
			return true
		}
	}
	return false
}

func joinKey(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// kindName names a node's type for an error message, never its value.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
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

// DecodeYAML decodes one YAML document into the struct at into and refuses fields that it does not have. Errors are
// *Error, class config; name stands for the file in them. An empty document leaves into as it is.
func DecodeYAML(name string, data []byte, into any) error {
	if line, msg := foreignByte(data); line > 0 {
		return &Error{Path: name, Line: line, Msg: msg}
	}
	root, err := decodeOne(data)
	var second *secondDocument
	switch {
	case errors.As(err, &second):
		return &Error{Path: name, Line: second.line, Msg: second.Error()}
	case err != nil:
		reported, msg := cutLine(err)
		return &Error{Path: name, Line: failingLine(data, reported), Msg: msg}
	case root == nil:
		return nil
	}
	if dup, key := duplicate(root, ""); dup != nil {
		return &Error{Path: name, Line: dup.Line, Key: key, Msg: "the key is there twice"}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	return decodeError(name, dec.Decode(into))
}

// decodeError turns yaml.v3's list of mismatches into the first of them; "in type pkg.T" is of no use to a reader.
func decodeError(name string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	var mismatch *yaml.TypeError
	if errors.As(err, &mismatch) && len(mismatch.Errors) > 0 {
		text = mismatch.Errors[0]
	}
	line, msg := cutLine(fmt.Errorf("%s", text))
	msg = strings.TrimPrefix(msg, "broken YAML: ")
	msg, _, _ = strings.Cut(msg, " in type ")
	msg, _, _ = strings.Cut(msg, " into ")
	if field, ok := strings.CutPrefix(msg, "field "); ok {
		field, _, _ = strings.Cut(field, " not found")
		return &Error{Path: name, Line: line, Key: field, Msg: "no such key here"}
	}
	return &Error{Path: name, Line: line, Msg: msg}
}
