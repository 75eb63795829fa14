package output

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"unicode/utf8"
)

// Paint is what may be done to a text for a person beside writing it. The zero value leaves every text as it is.
type Paint struct {
	Colour bool // SGR sequences
	Links  bool // OSC 8
}

// PaintOf is what a terminal may be sent: nothing where it is none, or calls itself dumb or nothing; no colour where NO_COLOR is
// not empty (https://no-color.org). On Windows only Windows Terminal says that it knows the sequences.
func PaintOf(terminal bool, getenv func(string) string) Paint {
	kind := getenv("TERM")
	knows := kind != "" && kind != "dumb" || runtime.GOOS == "windows" && getenv("WT_SESSION") != ""
	return Paint{Colour: terminal && knows && getenv("NO_COLOR") == "", Links: terminal && knows}
}

// The colours, as parameters of SGR (ECMA-48 §8.3.117).
const (
	bold   = "1"
	faint  = "2"
	red    = "1;31"
	green  = "32"
	yellow = "33"
	boxed  = "1;7" // bold, on the colour of the letters
)

func (p Paint) in(colour, text string) string {
	if !p.Colour || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Code is a short text that a person copies by hand, whoever chose it.
func (p Paint) Code(text string) string {
	if !p.Colour {
		return printed(text)
	}
	return p.in(boxed, " "+printed(text)+" ")
}

// Link is the address of a page that a click opens, whoever chose it.
func (p Paint) Link(address string) string {
	address = printed(address)
	if !p.Links || !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return address
	}
	return "\x1b]8;;" + address + "\x1b\\" + address + "\x1b]8;;\x1b\\"
}

// Report returns a writer for reports and tables on a terminal of so many columns, 0 where that is not known: it colours the words
// for a state and the headings, and breaks lines between words. It stands behind [Printable], so that no other sequence comes with
// the text. Each Write must hold whole lines.
func (p Paint) Report(w io.Writer, columns int) io.Writer { return painter{p, w, columns} }

type painter struct {
	paint   Paint
	w       io.Writer
	columns int
}

func (p painter) Write(text []byte) (int, error) {
	var b strings.Builder
	for line := range bytes.Lines(text) {
		if text[0] == '{' || text[0] == '[' { // a document, which may be copied
			b.Write(line)
			continue
		}
		fold(&b, p.paint.line(string(line)), p.columns)
	}
	if _, err := io.WriteString(p.w, b.String()); err != nil {
		return 0, err
	}
	return len(text), nil
}

// line colours what of a line is a heading, a mark before a finding, or a cell of a table that names a state. Two spaces part cells.
func (p Paint) line(line string) string {
	line, end := strings.TrimRight(line, "\n"), line[len(strings.TrimRight(line, "\n")):]
	if strings.HasPrefix(line, "◆ ") {
		return p.in(bold, line) + end
	}
	if rest, ok := strings.CutPrefix(line, "  "); ok {
		if mark, text, ok := strings.Cut(rest, " "); ok && stateColour(mark) != "" {
			return "  " + p.in(stateColour(mark), mark) + " " + text + end
		}
	}
	cells := strings.Split(line, "  ")
	for i, cell := range cells {
		word := strings.TrimLeft(cell, " ")
		cells[i] = cell[:len(cell)-len(word)] + p.in(stateColour(word), word)
	}
	return strings.Join(cells, "  ") + end
}

// hanging is how far the rest of a line that was broken stands in.
const hanging = "    "

// fold writes a line, and breaks it where what follows would not fit into the columns: before a cell, or before a word of one that is
// longer than a line. A word that is longer is left to the terminal.
func fold(b *strings.Builder, line string, columns int) {
	at := 0 // the column that the next character goes to
	put := func(text string) {
		word := strings.TrimLeft(text, " ")
		wide := width(word)
		if next := at + len(text) - len(word) + wide; at > len(hanging) && next > columns && columns > 2*len(hanging) {
			b.WriteString("\n" + hanging)
			text, at = word, len(hanging)
		}
		b.WriteString(text)
		at += len(text) - len(word) + wide
	}
	for line != "" {
		cell := until(line, "  ")
		line = line[len(cell):]
		if width(cell) <= columns-len(hanging) {
			put(cell)
			continue
		}
		for cell != "" {
			word := until(cell, " ")
			put(word)
			cell = cell[len(word):]
		}
	}
}

// until is the begin of a text, with its spaces, up to the gap behind it.
func until(text, gap string) string {
	spaces := len(text) - len(strings.TrimLeft(text, " "))
	if i := strings.Index(text[spaces:], gap); i >= 0 {
		return text[:spaces+i]
	}
	return text
}

// width is how many columns a text takes: its characters, without the sequences of Paint.in and the end of the line.
func width(text string) int {
	n := 0
	for text = strings.TrimRight(text, "\n"); text != ""; {
		before, after, found := strings.Cut(text, "\x1b[")
		n += utf8.RuneCountInString(before)
		if text = ""; found {
			_, text, _ = strings.Cut(after, "m")
		}
	}
	return n
}

// stateColour is the colour of a mark or a state, "" for every other text.
func stateColour(word string) string {
	switch word {
	case "✓", "logged in", "key set", "usable", "current":
		return green
	case "⚠", "resting", "foreign":
		return yellow
	case "✗", "reauth required":
		return red
	case "not logged in", "not needed":
		return faint
	}
	if strings.HasPrefix(word, "needs ") {
		return faint
	}
	return ""
}
