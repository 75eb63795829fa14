package yamledit

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// File is a parsed file. Root is its mapping, nil when the file holds no value at all.
type File struct {
	Root *Node

	src    []byte
	starts []int // byte offset of each line
}

// Parse checks what yaml.v3 lets through in a node tree (NUL, which ends its input silently; a second document; duplicate
// keys; a root that is no mapping). Errors are *Error with a line.
func Parse(src []byte) (*File, error) {
	root, err := decode(src)
	if err != nil {
		return nil, err
	}
	f := &File{src: src}
	switch {
	case root == nil || root.ShortTag() == "!!null":
	case root.Kind != Mapping:
		return nil, &Error{Line: root.Line, Msg: "the file must hold settings as key: value, not " + KindName(root)}
	default:
		f.Root = root
	}
	return f, nil
}

// Decode reads one document into the struct at into and refuses fields that it does not have. An empty document leaves
// into as it is. Errors are *Error.
func Decode(src []byte, into any) error {
	root, err := decode(src)
	if err != nil || root == nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	return mismatch(dec.Decode(into))
}

// decode gives the value of the only document, nil for an empty one.
func decode(src []byte) (*Node, error) {
	if line, msg := foreignByte(src); line > 0 {
		return nil, &Error{Line: line, Msg: msg}
	}
	root, err := decodeOne(src)
	if second, ok := errors.AsType[*Error](err); ok {
		return nil, second
	}
	if err != nil {
		reported, msg := cutLine(err.Error())
		return nil, &Error{Line: failingLine(src, reported), Msg: "broken YAML: " + msg}
	}
	if root != nil {
		if dup, key := duplicate(root, ""); dup != nil {
			return nil, &Error{Line: dup.Line, Key: key, Msg: "the key is there twice"}
		}
	}
	return root, nil
}

// decodeOne returns the value of the only document, nil for an empty stream; a second document is an *Error. yaml.v3
// panics on a few broken inputs, which counts as broken YAML here.
func decodeOne(src []byte) (root *Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, errors.New("not valid YAML")
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, &Error{Line: max(more.Line, 1), Msg: "a second document starts here; the file may hold only one"}
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
func cutLine(text string) (line int, msg string) {
	msg = strings.TrimPrefix(text, "yaml: ")
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
	return line, msg
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
func duplicate(n *Node, prefix string) (*Node, string) {
	seen := make(map[[2]string]bool)
	for i, c := range n.Content {
		path := prefix
		if n.Kind == Mapping {
			key := n.Content[i&^1]
			path = JoinKey(prefix, key.Value)
			if id := [2]string{key.Tag, key.Value}; i%2 == 0 && key.Kind == Scalar {
				if seen[id] {
					return c, path
				}
				seen[id] = true
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

// mismatch turns yaml.v3's list of mismatches into the first of them; "in type pkg.T" is of no use to a reader.
func mismatch(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if all, ok := errors.AsType[*yaml.TypeError](err); ok && len(all.Errors) > 0 {
		text = all.Errors[0]
	}
	line, msg := cutLine(text)
	msg, _, _ = strings.Cut(msg, " in type ")
	msg, _, _ = strings.Cut(msg, " into ")
	if field, ok := strings.CutPrefix(msg, "field "); ok {
		field, _, _ = strings.Cut(field, " not found")
		return &Error{Line: line, Key: field, Msg: "no such key here"}
	}
	return &Error{Line: line, Msg: msg}
}
