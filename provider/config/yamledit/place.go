package yamledit

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// errLayout means that a value is written in a way whose bytes cannot be told apart safely.
var errLayout = errors.New("odd layout")

// span is a range of bytes [from, to) of the source.
type span struct{ from, to int }

// patch replaces a span by text.
type patch struct {
	span
	text string
}

// apply does the patches in order; they must be sorted and must not overlap. What is left of nothing is empty, not nil.
func apply(src []byte, patches []patch) []byte {
	out := make([]byte, 0, len(src))
	at := 0
	for _, p := range patches {
		out = append(append(out, src[at:p.from]...), p.text...)
		at = p.to
	}
	return append(out, src[at:]...)
}

// disjoint sorts patches and drops what begins inside another. Of two for one value the shorter text stays: it hides more.
func disjoint(patches []patch) []patch {
	slices.SortFunc(patches, func(a, b patch) int { return cmp.Or(a.from-b.from, len(a.text)-len(b.text)) })
	kept := patches[:0]
	end := 0
	for _, p := range patches {
		if p.from >= end {
			kept = append(kept, p)
			end = p.to
		}
	}
	return kept
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
func (f *File) offset(n *Node) (int, error) {
	if f.starts == nil {
		f.starts = lineStarts(f.src)
	}
	if n.Line < 1 || n.Line > len(f.starts) {
		return 0, errLayout
	}
	at := f.starts[n.Line-1]
	if n.Line == 1 && bytes.HasPrefix(f.src, []byte("\ufeff")) {
		at += len("\ufeff")
	}
	for range n.Column - 1 {
		if at >= len(f.src) {
			return 0, errLayout
		}
		_, size := utf8.DecodeRune(f.src[at:])
		at += size
	}
	return at, nil
}

// lineOf gives the start of the line that holds offset at.
func (f *File) lineOf(at int) int {
	if f.starts == nil {
		f.starts = lineStarts(f.src)
	}
	start := 0
	for _, s := range f.starts {
		if s > at {
			break
		}
		start = s
	}
	return start
}

// lineEnd gives the offset of the first break at or after at (the file's end without one) and the length of that break.
func (f *File) lineEnd(at int) (end, size int) {
	for end = at; end < len(f.src); end++ {
		if size = breakAt(f.src, end); size > 0 {
			return end, size
		}
	}
	return end, 0
}

// extent gives the bytes of a value with its anchor and tag. An absent value (key:) is an empty span after the colon.
func (f *File) extent(n *Node) (span, error) {
	from, err := f.offset(n)
	if err != nil {
		return span{}, err
	}
	at, err := f.skipProperties(from, n)
	if err != nil {
		return span{}, err
	}
	var to int
	switch n.Kind {
	case Alias:
		to, err = f.literal(at, "*"+n.Value)
	case Scalar:
		to, err = f.scalarEnd(at, n)
	default:
		to, err = f.collectionEnd(at, n)
	}
	return span{from, to}, err
}

// skipProperties steps over &anchor and !tag, which yaml.v3 counts into a node's position.
func (f *File) skipProperties(at int, n *Node) (int, error) {
	if n.Kind == Alias || n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 && !f.has(at, "!") {
		return at, nil
	}
	for f.has(at, "&") || f.has(at, "!") {
		for at < len(f.src) && !isSpace(f.src[at]) && breakAt(f.src, at) == 0 {
			at++
		}
		before := at
		if at = f.skipBlank(at); n.Value == "" && n.Style&^yaml.TaggedStyle == 0 && len(n.Content) == 0 && n.Kind == Scalar {
			return before, nil
		}
	}
	return at, nil
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' }

func (f *File) has(at int, prefix string) bool {
	return at <= len(f.src) && bytes.HasPrefix(f.src[at:], []byte(prefix))
}

func (f *File) literal(at int, text string) (int, error) {
	if !f.has(at, text) {
		return 0, errLayout
	}
	return at + len(text), nil
}

// skipBlank steps over spaces, breaks and comments.
func (f *File) skipBlank(at int) int {
	for at < len(f.src) {
		switch size := breakAt(f.src, at); {
		case size > 0:
			at += size
		case isSpace(f.src[at]):
			at++
		case f.src[at] == '#':
			at, _ = f.lineEnd(at)
		default:
			return at
		}
	}
	return at
}

func (f *File) scalarEnd(at int, n *Node) (int, error) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return f.quotedEnd(at, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return f.quotedEnd(at, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return f.blockScalarEnd(at, n)
	}
	return f.plainEnd(at, n.Value)
}

func (f *File) quotedEnd(at int, quote byte) (int, error) {
	if at >= len(f.src) || f.src[at] != quote {
		return 0, errLayout
	}
	for i := at + 1; i < len(f.src); i++ {
		switch {
		case f.src[i] == '\\' && quote == '"':
			i++
		case f.src[i] != quote:
		case quote == '\'' && i+1 < len(f.src) && f.src[i+1] == quote:
			i++
		default:
			return i + 1, nil
		}
	}
	return 0, errLayout
}

// plainEnd follows an unquoted value through its folded lines: apart from white space its characters stand in the source.
func (f *File) plainEnd(at int, value string) (int, error) {
	for _, r := range value {
		if unicode.IsSpace(r) {
			continue
		}
		for at < len(f.src) {
			next, size := utf8.DecodeRune(f.src[at:])
			if !unicode.IsSpace(next) {
				break
			}
			at += size
		}
		if !f.has(at, string(r)) {
			return 0, errLayout
		}
		at += utf8.RuneLen(r)
	}
	return at, nil
}

// blockScalarEnd finds the end of a | or > value: its last line that is indented as its first one. With the keep indicator
// the blank lines after it belong to it.
func (f *File) blockScalarEnd(at int, n *Node) (int, error) {
	if !f.has(at, "|") && !f.has(at, ">") {
		return 0, errLayout
	}
	end, size := f.lineEnd(at)
	header, _, _ := strings.Cut(string(f.src[at:end]), "#")
	keep, indent := strings.Contains(header, "+"), -1
	if strings.ContainsAny(header, "123456789") {
		return 0, errLayout
	}
	for next := end + size; size > 0 && next < len(f.src); {
		var stop int
		stop, size = f.lineEnd(next)
		text := f.src[next:stop]
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
func (f *File) collectionEnd(at int, n *Node) (int, error) {
	end := at
	if len(n.Content) > 0 {
		last, err := f.extent(n.Content[len(n.Content)-1])
		if err != nil {
			return 0, err
		}
		end = last.to
	}
	if !isFlow(n) {
		return end, nil
	}
	if len(n.Content) == 0 {
		end++
	}
	end = f.skipBlank(end)
	if f.has(end, ",") {
		end = f.skipBlank(end + 1)
	}
	if n.Kind == Mapping {
		return f.literal(end, "}")
	}
	return f.literal(end, "]")
}

// newline is the file's own line ending.
func (f *File) newline() string {
	if at := bytes.IndexByte(f.src, '\n'); at > 0 && f.src[at-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// step is the indentation of the first nested mapping of the file, else two spaces.
func (f *File) step() int {
	if f.Root == nil || isFlow(f.Root) {
		return 2
	}
	for _, n := range f.Root.Content {
		if n.Kind == Mapping && !isFlow(n) && n.Column > f.Root.Column && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
			return min(n.Column-f.Root.Column, 8)
		}
	}
	return 2
}
