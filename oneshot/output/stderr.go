package output

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Stderr is the one writer of stderr: the progress line, the reasoning of --show-thinking and all notices go through it, so that
// none of them lands in the middle of another.
type Stderr struct {
	Name    string     // of the program, before each notice; "" is hermes
	Paint   Paint      // what w may be sent
	Columns func() int // how wide w is now; nil, or 0 from it, is 80

	w    io.Writer
	mu   sync.Mutex
	line bool // the progress line stands on the screen
	open bool // the last line that was written has no newline yet
}

// NewStderr writes to w.
func NewStderr(w io.Writer) *Stderr { return &Stderr{w: w} }

// Write takes the progress line away before it writes; the next second draws it again.
func (s *Stderr) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(p)
}

func (s *Stderr) write(p []byte) (int, error) {
	s.erase()
	if len(p) > 0 {
		s.open = p[len(p)-1] != '\n'
	}
	return s.w.Write(p)
}

// Notice writes one line for a person, the name of the program first. It begins a line of its own, and what a terminal would obey is made
// visible.
func (s *Stderr) Notice(format string, args ...any) { s.notice("", format, args...) }

// Error is Notice for what a command ended with.
func (s *Stderr) Error(format string, args ...any) { s.notice(red, format, args...) }

func (s *Stderr) notice(colour, format string, args ...any) {
	name := cmp.Or(s.Name, "hermes") + ":"
	text := " " + strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ") + "\n"
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := s.Paint.in(colour, string(appendPrintable(nil, []byte(name))))
	if s.open {
		begin = "\n" + begin
	}
	_, _ = s.write(appendPrintable([]byte(begin), []byte(text)))
}

// columns is how many columns a line may take.
func (s *Stderr) columns() int {
	if s.Columns == nil {
		return 80
	}
	return cmp.Or(s.Columns(), 80)
}

// draw shows the progress line in place of the last one.
func (s *Stderr) draw(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.w, "\r\x1b[K%s", text)
	s.line = true
}

// wipe takes the progress line away.
func (s *Stderr) wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

func (s *Stderr) erase() {
	if s.line {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.line = false
	}
}
