package config

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"
)

func pad(n int) string { return strings.Repeat(" ", n) }

// keyLines writes a new key and its value as indented lines, a line per name.
func (d *document) keyLines(names []string, value *yaml.Node, indent int) []string {
	head := pad(indent) + quote(names[0], 0, false) + ":"
	if len(names) == 1 {
		return []string{head + " " + render(value, 0, false)}
	}
	return append([]string{head}, d.blockLines(names[1:], value, indent+d.step())...)
}

// blockLines is keyLines where 0 means the first item of a new list.
func (d *document) blockLines(names []string, value *yaml.Node, indent int) []string {
	switch {
	case len(names) == 0:
		return []string{pad(indent) + render(value, 0, false)}
	case names[0] != "0":
		return d.keyLines(names, value, indent)
	}
	lines := d.blockLines(names[1:], value, indent+2)
	lines[0] = pad(indent) + "- " + strings.TrimLeft(lines[0], " ")
	return lines
}

// appendRoot puts lines at the end of a file that holds comments at most.
func (d *document) appendRoot(lines []string) patch {
	end := len(d.src)
	return patch{span{end, end}, d.closeLine(end) + strings.Join(lines, d.newline()) + d.newline()}
}

// closeLine gives the line break that is missing before at, "" when there is one or nothing at all.
func (d *document) closeLine(at int) string {
	if rest := bytes.TrimPrefix(d.src[:at], []byte("\ufeff")); len(rest) == 0 || d.lineOf(at) == at {
		return ""
	}
	return d.newline()
}

// insert adds names below the slot's value, which is a mapping, a list or nothing yet.
func (d *document) insert(at slot, names []string, value *yaml.Node) ([]patch, error) {
	n := at.value
	flow := at.flow || n.Style&yaml.FlowStyle != 0
	switch {
	case len(n.Content) == 0:
		return d.fill(at, names, value)
	case flow:
		last, err := d.extent(n.Content[len(n.Content)-1])
		if err != nil {
			return nil, err
		}
		return []patch{{span{last.to, last.to}, ", " + inner(n, names, value)}}, nil
	case n.Kind == yaml.SequenceNode:
		names = append([]string{"0"}, names[1:]...)
	}
	last, err := d.extent(n.Content[len(n.Content)-1])
	if err != nil {
		return nil, err
	}
	first, err := d.offset(n.Content[0])
	if err != nil {
		return nil, err
	}
	indent := n.Content[0].Column - 1
	if n.Kind == yaml.SequenceNode {
		if first, err = d.dash(first); err != nil {
			return nil, err
		}
		indent = len([]rune(strings.TrimPrefix(string(d.src[d.lineOf(first):first]), "\ufeff")))
	}
	pos := d.afterComments(last.to, indent)
	lines := d.keyLines
	if n.Kind == yaml.SequenceNode {
		lines = d.blockLines
	}
	text := d.closeLine(pos) + strings.Join(lines(names, value, indent), d.newline())
	return []patch{{span{pos, pos}, text + d.newline()}}, nil
}

// inner is what stands between the brackets of the one-entry flow collection that names and value make.
func inner(n *yaml.Node, names []string, value *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return render(chain(names[1:], value), 0, true)
	}
	text := render(chain(append([]string{"k"}, names[1:]...), value), 0, true)
	return quote(names[0], 0, true) + strings.TrimSuffix(strings.TrimPrefix(text, "{k"), "}")
}

// afterComments gives the start of the line after the one that holds end, and after the comment lines below it that are
// indented deeper than the mapping: they belong to what stands above.
func (d *document) afterComments(end, indent int) int {
	stop, size := d.lineEnd(end)
	at := stop + size
	for at < len(d.src) && size > 0 {
		stop, size = d.lineEnd(at)
		line := d.src[at:stop]
		text := bytes.TrimLeft(line, " ")
		if !bytes.HasPrefix(text, []byte("#")) || len(line)-len(text) <= indent {
			break
		}
		at = stop + size
	}
	return at
}

// fill gives a first entry to an empty value: {}, null or nothing. A block is opened where one can stand.
func (d *document) fill(at slot, names []string, value *yaml.Node) ([]patch, error) {
	n := at.value
	ext, err := d.extent(n)
	if err != nil {
		return nil, err
	}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return nil, errLayout
	}
	if n.Kind == yaml.SequenceNode && names[0] != "0" {
		return nil, errLayout
	}
	if at.parent == nil && d.restBlank(ext) {
		if before := bytes.TrimPrefix(d.src[d.lineOf(ext.from):ext.from], []byte("\ufeff")); len(before) == 0 {
			return []patch{{ext, strings.Join(d.blockLines(names, value, 0), d.newline())}}, nil
		}
	}
	if at.parent == nil || at.flow || at.key == nil || at.key.Line != n.Line || !d.restBlank(ext) {
		return d.replaceSpan(at, ext, render(chain(names, value), 0, true)), nil
	}
	return d.openBlock(ext, d.blockLines(names, value, at.key.Column-1+d.step())), nil
}

// restBlank reports whether nothing but a comment follows on the line.
func (d *document) restBlank(ext span) bool {
	end, _ := d.lineEnd(ext.to)
	rest := bytes.TrimLeft(d.src[ext.to:end], " \t")
	return len(rest) == 0 || rest[0] == '#'
}

// openBlock takes the value off its line, leaving a comment where it is, and puts lines below.
func (d *document) openBlock(ext span, lines []string) []patch {
	from := ext.from
	for ext.to > ext.from && from > 0 && isSpace(d.src[from-1]) {
		from--
	}
	end, size := d.lineEnd(ext.to)
	text := d.newline() + strings.Join(lines, d.newline())
	if size == 0 {
		text += d.newline()
	}
	return []patch{{span{from, ext.to}, ""}, {span{end, end}, text}}
}

// overwrite replaces the slot's value, keeping the quoting of a text that stays a text.
func (d *document) overwrite(at slot, value *yaml.Node) ([]patch, error) {
	old := at.value
	ext, err := d.extent(old)
	if err != nil {
		return nil, err
	}
	text := render(value, old.Style, at.flow)
	switch {
	case len(old.Content) > 0 && old.Style&yaml.FlowStyle == 0:
		return d.overwriteBlock(at, ext, render(value, 0, at.flow))
	case old.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		end, _ := d.lineEnd(ext.from)
		header := d.src[ext.from:end]
		if i := bytes.IndexAny(header, " \t"); i >= 0 {
			header = header[:i]
		}
		return []patch{{span{ext.from, ext.from + len(header)}, text}, {span{end, ext.to}, ""}}, nil
	}
	return d.replaceSpan(at, ext, text), nil
}

// replaceSpan replaces a value that stands in one piece; an absent one also needs what leads to it.
func (d *document) replaceSpan(at slot, ext span, text string) []patch {
	if ext.from < ext.to || ext.from == 0 {
		return []patch{{ext, text}}
	}
	switch d.src[ext.from-1] {
	case ':', '-', '?':
		text = " " + text
	case ' ', '\t':
	default:
		text = ": " + text
	}
	return []patch{{ext, text}}
}

// overwriteBlock replaces an indented mapping or list. What begins below its key moves up behind the colon.
func (d *document) overwriteBlock(at slot, ext span, text string) ([]patch, error) {
	if at.value.Anchor != "" || at.value.Style&yaml.TaggedStyle != 0 {
		return nil, errLayout
	}
	if at.key == nil || d.lineOf(ext.from) == d.lineOf(d.mustOffset(at.key)) {
		return []patch{{ext, text}}, nil
	}
	key, err := d.extent(at.key)
	if err != nil {
		return nil, err
	}
	colon := key.to
	for colon < len(d.src) && isSpace(d.src[colon]) {
		colon++
	}
	if !d.has(colon, ":") {
		return nil, errLayout
	}
	end, _ := d.lineEnd(colon)
	stop, _ := d.lineEnd(ext.to)
	return []patch{{span{colon + 1, colon + 1}, " " + text}, {span{end, stop}, ""}}, nil
}

func (d *document) mustOffset(n *yaml.Node) int {
	at, err := d.offset(n)
	if err != nil {
		return -1
	}
	return at
}

// dash finds the - of a list item whose value begins at at.
func (d *document) dash(at int) (int, error) {
	for at--; at >= 0; at-- {
		switch d.src[at] {
		case '-':
			return at, nil
		case ' ', '\t', '\n', '\r':
		default:
			return 0, errLayout
		}
	}
	return 0, errLayout
}

// cut gives the bytes to remove for a slot: whole lines in a block, one comma's worth between brackets.
func (d *document) cut(at slot) (span, error) {
	ext, err := d.extent(at.value)
	if err != nil {
		return span{}, err
	}
	from := ext.from
	if at.key != nil {
		if from, err = d.offset(at.key); err != nil {
			return span{}, err
		}
	}
	if at.flow {
		return d.cutFlow(at, span{from, ext.to})
	}
	if at.key == nil {
		if from, err = d.dash(from); err != nil {
			return span{}, err
		}
	}
	line := d.lineOf(from)
	if line == 0 && d.has(0, "\ufeff") {
		line = len("\ufeff")
	}
	if len(bytes.TrimLeft(d.src[line:from], " ")) == 0 {
		end, size := d.lineEnd(ext.to)
		return span{line, end + size}, nil
	}
	if at.key == nil || at.index+1 >= len(at.parent.Content) {
		return span{}, errLayout
	}
	next, err := d.offset(at.parent.Content[at.index+1])
	if err != nil || bytes.ContainsRune(d.src[ext.to:next], '#') {
		return span{}, errLayout
	}
	return span{from, next}, nil
}

// cutFlow removes an entry of a flow collection with the comma before it, or after it when it is the first.
func (d *document) cutFlow(at slot, entry span) (span, error) {
	first := at.index
	if at.key != nil {
		first--
	}
	cut := entry
	switch {
	case first > 0:
		prev, err := d.extent(at.parent.Content[first-1])
		if err != nil {
			return span{}, err
		}
		cut.from = prev.to
	case at.index+1 < len(at.parent.Content):
		next, err := d.offset(at.parent.Content[at.index+1])
		if err != nil {
			return span{}, err
		}
		cut.to = next
	}
	if bytes.ContainsRune(d.src[cut.from:entry.from], '#') || bytes.ContainsRune(d.src[entry.to:cut.to], '#') {
		return span{}, errLayout
	}
	return cut, nil
}
