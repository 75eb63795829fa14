package config

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// errLayout means that a value is written in a way whose bytes cannot be told apart safely.
var errLayout = errors.New("the layout around this value cannot be edited safely; edit the file by hand")

// span is a range of bytes [from, to) of the source.
type span struct{ from, to int }

// patch replaces a span by text.
type patch struct {
	span
	text string
}

// apply does the patches in order; they must be sorted and must not overlap. What is left of nothing is empty, not nil:
// nil tells editFile to leave the file alone.
func apply(src []byte, patches []patch) []byte {
	out := make([]byte, 0, len(src))
	at := 0
	for _, p := range patches {
		out = append(append(out, src[at:p.from]...), p.text...)
		at = p.to
	}
	return append(out, src[at:]...)
}

// lineStarts gives the offset of every line, counting breaks as yaml.v3 does: LF, CRLF, CR, NEL, LS and PS.
func lineStarts(src []byte) []int {
	starts := []int{0}
	for i := 0; i < len(src); {
		size := breakAt(src, i)
		i += max(size, 1)
		if size > 0 {
			starts = append(starts, i)
		}
	}
	return starts
}

// breakAt gives the length of the line break at i, 0 when there is none.
func breakAt(src []byte, i int) int {
	switch rest := src[i:]; {
	case len(rest) == 0:
		return 0
	case rest[0] == '\n':
		return 1
	case rest[0] == '\r' && len(rest) > 1 && rest[1] == '\n':
		return 2
	case rest[0] == '\r':
		return 1
	case rest[0] < 0x80:
		return 0
	case bytes.HasPrefix(rest, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(rest, []byte("\u2028")), bytes.HasPrefix(rest, []byte("\u2029")):
		return 3
	}
	return 0
}

// offset turns a node's position into a byte offset. yaml.v3 counts columns in characters and leaves a BOM out.
func (d *document) offset(n *yaml.Node) (int, error) {
	if d.starts == nil {
		d.starts = lineStarts(d.src)
	}
	if n.Line < 1 || n.Line > len(d.starts) {
		return 0, errLayout
	}
	at := d.starts[n.Line-1]
	if n.Line == 1 && bytes.HasPrefix(d.src, []byte("\ufeff")) {
		at += len("\ufeff")
	}
	for range n.Column - 1 {
		if at >= len(d.src) {
			return 0, errLayout
		}
		_, size := utf8.DecodeRune(d.src[at:])
		at += size
	}
	return at, nil
}

// lineOf gives the start of the line that holds offset at.
func (d *document) lineOf(at int) int {
	if d.starts == nil {
		d.starts = lineStarts(d.src)
	}
	start := 0
	for _, s := range d.starts {
		if s > at {
			break
		}
		start = s
	}
	return start
}

// lineEnd gives the offset of the first break at or after at (the file's end without one) and the length of that break.
func (d *document) lineEnd(at int) (end, size int) {
	for end = at; end < len(d.src); end++ {
		if size = breakAt(d.src, end); size > 0 {
			return end, size
		}
	}
	return end, 0
}

// extent gives the bytes of a value with its anchor and tag. An absent value (key:) is an empty span after the colon.
func (d *document) extent(n *yaml.Node) (span, error) {
	from, err := d.offset(n)
	if err != nil {
		return span{}, err
	}
	at, err := d.skipProperties(from, n)
	if err != nil {
		return span{}, err
	}
	var to int
	switch n.Kind {
	case yaml.AliasNode:
		to, err = d.literal(at, "*"+n.Value)
	case yaml.ScalarNode:
		to, err = d.scalarEnd(at, n)
	default:
		to, err = d.collectionEnd(at, n)
	}
	return span{from, to}, err
}

// skipProperties steps over &anchor and !tag, which yaml.v3 counts into a node's position.
func (d *document) skipProperties(at int, n *yaml.Node) (int, error) {
	if n.Kind == yaml.AliasNode || n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 && !d.has(at, "!") {
		return at, nil
	}
	for d.has(at, "&") || d.has(at, "!") {
		for at < len(d.src) && !isSpace(d.src[at]) && breakAt(d.src, at) == 0 {
			at++
		}
		before := at
		if at = d.skipBlank(at); n.Value == "" && n.Style&^yaml.TaggedStyle == 0 && len(n.Content) == 0 && n.Kind == yaml.ScalarNode {
			return before, nil
		}
	}
	return at, nil
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' }

func (d *document) has(at int, prefix string) bool {
	return at <= len(d.src) && bytes.HasPrefix(d.src[at:], []byte(prefix))
}

func (d *document) literal(at int, text string) (int, error) {
	if !d.has(at, text) {
		return 0, errLayout
	}
	return at + len(text), nil
}

// skipBlank steps over spaces, breaks and comments.
func (d *document) skipBlank(at int) int {
	for at < len(d.src) {
		switch size := breakAt(d.src, at); {
		case size > 0:
			at += size
		case isSpace(d.src[at]):
			at++
		case d.src[at] == '#':
			at, _ = d.lineEnd(at)
		default:
			return at
		}
	}
	return at
}

func (d *document) scalarEnd(at int, n *yaml.Node) (int, error) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return d.quotedEnd(at, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return d.quotedEnd(at, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return d.blockScalarEnd(at, n)
	}
	return d.plainEnd(at, n.Value)
}

func (d *document) quotedEnd(at int, quote byte) (int, error) {
	if at >= len(d.src) || d.src[at] != quote {
		return 0, errLayout
	}
	for i := at + 1; i < len(d.src); i++ {
		switch {
		case d.src[i] == '\\' && quote == '"':
			i++
		case d.src[i] != quote:
		case quote == '\'' && i+1 < len(d.src) && d.src[i+1] == quote:
			i++
		default:
			return i + 1, nil
		}
	}
	return 0, errLayout
}

// plainEnd follows an unquoted value through its folded lines: apart from white space its characters stand in the source.
func (d *document) plainEnd(at int, value string) (int, error) {
	for _, r := range value {
		if unicode.IsSpace(r) {
			continue
		}
		for at < len(d.src) {
			next, size := utf8.DecodeRune(d.src[at:])
			if !unicode.IsSpace(next) {
				break
			}
			at += size
		}
		if !d.has(at, string(r)) {
			return 0, errLayout
		}
		at += utf8.RuneLen(r)
	}
	return at, nil
}

// blockScalarEnd finds the end of a | or > value: its last line that is indented as its first one. With the keep indicator
// the blank lines after it belong to it.
func (d *document) blockScalarEnd(at int, n *yaml.Node) (int, error) {
	if !d.has(at, "|") && !d.has(at, ">") {
		return 0, errLayout
	}
	end, size := d.lineEnd(at)
	header, _, _ := strings.Cut(string(d.src[at:end]), "#")
	keep, indent := strings.Contains(header, "+"), -1
	if strings.ContainsAny(header, "123456789") {
		return 0, errLayout
	}
	for next := end + size; size > 0 && next < len(d.src); {
		var stop int
		stop, size = d.lineEnd(next)
		text := d.src[next:stop]
		width := len(text) - len(bytes.TrimLeft(text, " "))
		blank := width == len(text)
		if !blank && indent < 0 {
			indent = width
		}
		if !blank && (width < indent || width == 0) || blank && indent < 0 && n.Value != "" && size == 0 {
			break
		}
		if !blank || keep || width > indent && indent >= 0 {
			end = stop
		}
		next = stop + size
	}
	return end, nil
}

// collectionEnd ends a block collection with its last child and a flow collection with its bracket.
func (d *document) collectionEnd(at int, n *yaml.Node) (int, error) {
	end := at
	if len(n.Content) > 0 {
		last, err := d.extent(n.Content[len(n.Content)-1])
		if err != nil {
			return 0, err
		}
		end = last.to
	}
	if n.Style&yaml.FlowStyle == 0 {
		return end, nil
	}
	if len(n.Content) == 0 {
		end++
	}
	end = d.skipBlank(end)
	if d.has(end, ",") {
		end = d.skipBlank(end + 1)
	}
	if n.Kind == yaml.MappingNode {
		return d.literal(end, "}")
	}
	return d.literal(end, "]")
}

// newline is the file's own line ending.
func (d *document) newline() string {
	if end, size := d.lineEnd(0); size == 2 && d.has(end, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// step is the indentation of the first nested mapping of the file, else two spaces.
func (d *document) step() int {
	if d.root == nil || d.root.Style&yaml.FlowStyle != 0 {
		return 2
	}
	for _, n := range d.root.Content {
		if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && n.Column > d.root.Column && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
			return min(n.Column-d.root.Column, 8)
		}
	}
	return 2
}
