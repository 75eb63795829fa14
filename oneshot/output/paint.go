package output

import (
	"bytes"
	"io"
	"runtime"
	"strings"
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

// States returns a writer that colours the words for a state in reports and tables, and the headings of reports. It stands behind
// [Printable], so that no other sequence comes with the text. Each Write must hold whole lines.
func (p Paint) States(w io.Writer) io.Writer {
	if !p.Colour {
		return w
	}
	return painter{p, w}
}

type painter struct {
	paint Paint
	w     io.Writer
}

func (p painter) Write(text []byte) (int, error) {
	var b strings.Builder
	for line := range bytes.Lines(text) {
		b.WriteString(p.paint.line(string(line)))
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
