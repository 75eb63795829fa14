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
	Name string // of the program, before each notice; "" is hermes
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
func (s *Stderr) Notice(format string, args ...any) {
	text := cmp.Or(s.Name, "hermes") + ": " + strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ") + "\n"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		text = "\n" + text
	}
	_, _ = s.write(appendPrintable(nil, []byte(text)))
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
