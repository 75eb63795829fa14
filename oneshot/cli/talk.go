package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/provider"
)

// talks reports a conversation: a person at the terminal, and nothing asked for that one answer alone could give.
func (c *runCmd) talks(a *App) bool {
	return a.InTTY && a.OutTTY && !c.Prompted() && c.Stdin != "never" && c.OutputFormat == "text" && !c.DryRun && !c.Extract.Wanted &&
		c.Output+c.Events+c.UsageFile+c.Record+c.Replay+c.OutputSchema == ""
}

// talk asks line by line until Ctrl-D. Each line is a run like any other, in a thread of a file or of this conversation alone; an
// answer that fails is told and adds nothing to it.
func (c *runCmd) talk(ctx context.Context, a *App, h *home) error {
	choice, err := h.Resolve(provider.Flags{Provider: c.Provider, Model: c.Model})
	if err == nil {
		err = choice.Ready()
	}
	if err != nil {
		return err
	}
	if !*c.Quiet {
		a.stderr.Notice("talking to %s of %s; a line is a turn, Ctrl-C stops an answer, Ctrl-D ends", cmp.Or(choice.Model.Value, "the model"), choice.Provider.Value)
	}
	lines, memory := newLines(a.In, a.Out, a.Getenv("TERM")), &oneshot.Thread{}
	for {
		line, err := lines.read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case strings.TrimSpace(line) == "":
			continue
		}
		if err := c.say(ctx, a, h, memory, line); err != nil {
			if ctx.Err() != nil {
				return err
			}
			a.report(err)
		}
	}
}

// say asks one line. Ctrl-C ends the answer, and a second one the program.
func (c *runCmd) say(ctx context.Context, a *App, h *home, memory *oneshot.Thread, line string) error {
	one := *c
	one.Oneshot, one.Stdin = line, "never"
	thread := one.thread(a, h)
	if thread == nil {
		thread = memory
	}
	defer thread.Close()
	turn, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	end := func(cause error) { stop(cause) }
	a.turn.Store(&end)
	defer a.turn.Store(nil)
	turn, over, err := one.bound(turn)
	defer over()
	err = one.sendIn(turn, a, h, thread, err)
	if class.Is(err, class.Interrupt) && ctx.Err() == nil {
		a.stderr.Notice("the answer was stopped; the conversation goes on without it")
		return nil
	}
	return err
}

// lines are read from a terminal, with editing and a history. Between them the terminal is as it was, so that Ctrl-C is a signal.
type lines struct {
	in, out *os.File
	editor  *term.Terminal
	plain   *bufio.Reader // in the editor's place on a terminal that knows no escape sequences
}

func newLines(in, out *os.File, kind string) *lines {
	if kind == "" || kind == "dumb" {
		return &lines{in: in, out: out, plain: bufio.NewReader(in)}
	}
	return &lines{in: in, out: out, editor: term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{typed{in}, out}, "> ")}
}

// read reads a line, or several that are pasted at once. Ctrl-D on an empty line is io.EOF. A read that the end of ctx leaves
// behind ends with the process.
func (l *lines) read(ctx context.Context) (string, error) {
	if l.plain != nil {
		fmt.Fprint(l.out, "> ")
		return await(ctx, func() (string, error) {
			line, err := l.plain.ReadString('\n')
			if line != "" {
				err = nil
			}
			return strings.TrimRight(line, "\r\n"), err
		})
	}
	was, err := term.MakeRaw(int(l.in.Fd()))
	if err != nil {
		return "", err
	}
	defer term.Restore(int(l.in.Fd()), was)
	if columns, rows, err := term.GetSize(int(l.out.Fd())); err == nil && columns > 0 {
		_ = l.editor.SetSize(columns, rows)
	}
	l.editor.SetBracketedPasteMode(true)
	defer l.editor.SetBracketedPasteMode(false)
	text, err := await(ctx, l.edit)
	if err != nil {
		fmt.Fprint(l.out, "\r\n")
	}
	return text, err
}

// edit reads a line by the editor.
func (l *lines) edit() (string, error) {
	var all []string
	for {
		line, err := l.editor.ReadLine()
		all = append(all, line)
		if !errors.Is(err, term.ErrPasteIndicator) {
			return strings.Join(all, "\n"), err
		}
	}
}

// await leaves a read behind when ctx ends.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type outcome struct {
		text string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		text, err := read()
		done <- outcome{text, err}
	}()
	select {
	case o := <-done:
		return o.text, o.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// typed is what is typed on a terminal, with Ctrl-C as the keys that empty the line: the editor would take it for the end of the input.
type typed struct{ in io.Reader }

func (k typed) Read(p []byte) (int, error) {
	half := p[:(len(p)+1)/2]
	n, err := k.in.Read(half)
	said := strings.ReplaceAll(string(half[:n]), "\x03", "\x05\x15")
	return copy(p, said), err
}
