package yamledit

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"
)

// isFlow reports whether a value stands between brackets.
func isFlow(n *Node) bool { return n.Style&yaml.FlowStyle != 0 }

func pad(n int) string { return strings.Repeat(" ", n) }

// keyLines writes a new key and its value as indented lines, a line per name.
func (f *File) keyLines(names []string, value *Node, indent int) []string {
	head := pad(indent) + quote(names[0], 0, false) + ":"
	if len(names) == 1 {
		return []string{head + " " + render(value, 0, false)}
	}
	return append([]string{head}, f.blockLines(names[1:], value, indent+f.step())...)
}

// blockLines is keyLines where 0 means the first item of a new list.
func (f *File) blockLines(names []string, value *Node, indent int) []string {
	switch {
	case len(names) == 0:
		return []string{pad(indent) + render(value, 0, false)}
	case names[0] != "0":
		return f.keyLines(names, value, indent)
	}
	lines := f.blockLines(names[1:], value, indent+2)
	lines[0] = pad(indent) + "- " + strings.TrimLeft(lines[0], " ")
	return lines
}

// appendRoot puts lines at the end of a file that holds comments at most.
func (f *File) appendRoot(lines []string) patch {
	end := len(f.src)
	return patch{span{end, end}, f.closeLine(end) + strings.Join(lines, f.newline()) + f.newline()}
}

// closeLine gives the line break that is missing before at, "" when there is one or nothing at all.
func (f *File) closeLine(at int) string {
	if rest := bytes.TrimPrefix(f.src[:at], []byte("\ufeff")); len(rest) == 0 || f.lineOf(at) == at {
		return ""
	}
	return f.newline()
}

// insert adds names below the slot's value, which is a mapping, a list or nothing yet.
func (f *File) insert(at slot, names []string, value *Node) ([]patch, error) {
	n := at.value
	flow := at.flow || isFlow(n)
	switch {
	case len(n.Content) == 0:
		return f.fill(at, names, value)
	case flow:
		last, err := f.extent(n.Content[len(n.Content)-1])
		if err != nil {
			return nil, err
		}
		return []patch{{span{last.to, last.to}, ", " + inner(n, names, value)}}, nil
	case n.Kind == Sequence:
		names = append([]string{"0"}, names[1:]...)
	}
	last, err := f.extent(n.Content[len(n.Content)-1])
	if err != nil {
		return nil, err
	}
	first, err := f.offset(n.Content[0])
	if err != nil {
		return nil, err
	}
	indent := n.Content[0].Column - 1
	if n.Kind == Sequence {
		if first, err = f.dash(first); err != nil {
			return nil, err
		}
		indent = len([]rune(strings.TrimPrefix(string(f.src[f.lineOf(first):first]), "\ufeff")))
	}
	pos := f.afterComments(last.to, indent)
	lines := f.keyLines
	if n.Kind == Sequence {
		lines = f.blockLines
	}
	text := f.closeLine(pos) + strings.Join(lines(names, value, indent), f.newline())
	return []patch{{span{pos, pos}, text + f.newline()}}, nil
}

// inner is what stands between the brackets of the one-entry flow collection that names and value make.
func inner(n *Node, names []string, value *Node) string {
	if n.Kind == Sequence {
		return render(chain(names[1:], value), 0, true)
	}
	text := render(chain(append([]string{"k"}, names[1:]...), value), 0, true)
	return quote(names[0], 0, true) + strings.TrimSuffix(strings.TrimPrefix(text, "{k"), "}")
}

// afterComments gives the start of the line after the one that holds end, and after the comment lines below it that are
// indented deeper than the mapping: they belong to what stands above.
func (f *File) afterComments(end, indent int) int {
	stop, size := f.lineEnd(end)
	at := stop + size
	for at < len(f.src) && size > 0 {
		stop, size = f.lineEnd(at)
		line := f.src[at:stop]
		text := bytes.TrimLeft(line, " ")
		if !bytes.HasPrefix(text, []byte("#")) || len(line)-len(text) <= indent {
			break
		}
		at = stop + size
	}
	return at
}

// fill gives a first entry to an empty value: {}, null or nothing. A block is opened where one can stand.
func (f *File) fill(at slot, names []string, value *Node) ([]patch, error) {
	n := at.value
	ext, err := f.extent(n)
	if err != nil {
		return nil, err
	}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return nil, errLayout
	}
	if n.Kind == Sequence && names[0] != "0" {
		return nil, errLayout
	}
	if at.parent == nil && f.restBlank(ext) {
		if before := bytes.TrimPrefix(f.src[f.lineOf(ext.from):ext.from], []byte("\ufeff")); len(before) == 0 {
			return []patch{{ext, strings.Join(f.blockLines(names, value, 0), f.newline())}}, nil
		}
	}
	if at.parent == nil || at.flow || at.key == nil || at.key.Line != n.Line || !f.restBlank(ext) {
		return f.replaceSpan(at, ext, render(chain(names, value), 0, true)), nil
	}
	return f.openBlock(ext, f.blockLines(names, value, at.key.Column-1+f.step())), nil
}

// restBlank reports whether nothing but a comment follows on the line.
func (f *File) restBlank(ext span) bool {
	end, _ := f.lineEnd(ext.to)
	rest := bytes.TrimLeft(f.src[ext.to:end], " \t")
	return len(rest) == 0 || rest[0] == '#'
}

// openBlock takes the value off its line, leaving a comment where it is, and puts lines below.
func (f *File) openBlock(ext span, lines []string) []patch {
	from := ext.from
	for ext.to > ext.from && from > 0 && isSpace(f.src[from-1]) {
		from--
	}
	end, size := f.lineEnd(ext.to)
	text := f.newline() + strings.Join(lines, f.newline())
	if size == 0 {
		text += f.newline()
	}
	return []patch{{span{from, ext.to}, ""}, {span{end, end}, text}}
}

// overwrite replaces the slot's value, keeping the quoting of a text that stays a text.
func (f *File) overwrite(at slot, value *Node) ([]patch, error) {
	old := at.value
	ext, err := f.extent(old)
	if err != nil {
		return nil, err
	}
	text := render(value, old.Style, at.flow)
	switch {
	case len(old.Content) > 0 && value.Kind == Scalar:
		return nil, byHand(old, "holds "+KindName(old)+"; one value would replace all of it")
	case len(old.Content) > 0 && !isFlow(old):
		return nil, byHand(old, "is "+KindName(old)+" over lines of its own")
	case old.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		end, _ := f.lineEnd(ext.from)
		header := f.src[ext.from:end]
		if i := bytes.IndexAny(header, " \t"); i >= 0 {
			header = header[:i]
		}
		return []patch{{span{ext.from, ext.from + len(header)}, text}, {span{end, ext.to}, ""}}, nil
	}
	return f.replaceSpan(at, ext, text), nil
}

// replaceSpan replaces a value that stands in one piece; an absent one also needs what leads to it.
func (f *File) replaceSpan(at slot, ext span, text string) []patch {
	if ext.from < ext.to || ext.from == 0 {
		return []patch{{ext, text}}
	}
	switch f.src[ext.from-1] {
	case ':', '-', '?':
		text = " " + text
	case ' ', '\t':
	default:
		text = ": " + text
	}
	return []patch{{ext, text}}
}

// dash finds the - of a list item whose value begins at at.
func (f *File) dash(at int) (int, error) {
	for at--; at >= 0; at-- {
		switch f.src[at] {
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
func (f *File) cut(at slot) (span, error) {
	ext, err := f.extent(at.value)
	if err != nil {
		return span{}, err
	}
	from := ext.from
	if at.key != nil {
		if from, err = f.offset(at.key); err != nil {
			return span{}, err
		}
	}
	if at.flow {
		return f.cutFlow(at, span{from, ext.to})
	}
	if at.key == nil {
		if from, err = f.dash(from); err != nil {
			return span{}, err
		}
	}
	line := f.lineOf(from)
	if line == 0 && f.has(0, "\ufeff") {
		line = len("\ufeff")
	}
	if len(bytes.TrimLeft(f.src[line:from], " ")) == 0 {
		end, size := f.lineEnd(ext.to)
		return span{line, end + size}, nil
	}
	if at.key == nil || at.index+1 >= len(at.parent.Content) {
		return span{}, errLayout
	}
	next, err := f.offset(at.parent.Content[at.index+1])
	if err != nil || bytes.ContainsRune(f.src[ext.to:next], '#') {
		return span{}, errLayout
	}
	return span{from, next}, nil
}

// cutFlow removes an entry of a flow collection with the comma before it, or after it when it is the first.
func (f *File) cutFlow(at slot, entry span) (span, error) {
	first := at.index
	if at.key != nil {
		first--
	}
	cut := entry
	switch {
	case first > 0:
		prev, err := f.extent(at.parent.Content[first-1])
		if err != nil {
			return span{}, err
		}
		cut.from = prev.to
	case at.index+1 < len(at.parent.Content):
		next, err := f.offset(at.parent.Content[at.index+1])
		if err != nil {
			return span{}, err
		}
		cut.to = next
	}
	if bytes.ContainsRune(f.src[cut.from:entry.from], '#') || bytes.ContainsRune(f.src[entry.to:cut.to], '#') {
		return span{}, errLayout
	}
	return cut, nil
}
