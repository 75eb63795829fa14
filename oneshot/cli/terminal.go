package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"hermes/oneshot/output"
	"hermes/provider/login"
)

// columns is how wide a terminal is now, 0 where that is not known.
func columns(f *os.File) int {
	wide, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return wide
}

// redraws says whether stderr is a terminal that can take a line back.
func (a *App) redraws() bool { return a.ErrTTY && a.Getenv("TERM") != "dumb" }

// progress is a line for a person who waits, nil where nobody would read it.
func (a *App) progress(beside bool) *output.Progress {
	if !a.redraws() {
		return nil
	}
	p := output.NewProgress(a.stderr)
	p.Beside = beside
	return p
}

// beside says that no part of the answer may come onto the terminal of the progress line before the run ends. What reads a pipe may
// write there itself.
func (c *runCmd) beside(a *App) bool {
	if c.OutputFormat == "stream-json" || c.Events == "-" || strings.HasPrefix(c.Events, "fd:") {
		return false
	}
	info, err := a.Out.Stat()
	return c.ToFile() || *c.Atomic || c.OutputFormat == "json" || err == nil && info.Mode().IsRegular()
}

// screen lets a login speak to a person at a terminal.
func (a *App) screen(ui *login.UI) {
	if !a.redraws() {
		return
	}
	ui.Show = func(page, code string) {
		fmt.Fprintf(a.stderr, "\n  1. open this page: %s\n  2. if it asks for a code, enter:\n\n     %s\n\n", a.stderr.Paint.Link(page), a.stderr.Paint.Code(code))
	}
	ui.Await = func(what string, until time.Time) func() {
		p := a.progress(true)
		p.Await(what, "Ctrl-C stops", until)
		return p.Stop
	}
}
