// Package cli is the command line. It alone knows flags, environment, terminals, signals, exit codes and the words for people.
//
// A command is a struct with its flags and a method Run; the table in commands.go names them all. [Main] finds the command that
// the words name (find.go), lets kong read its flags (parse.go), and runs it with an [App], which is the outside as values. An
// error becomes one line on stderr and an exit code in report.go.
package cli

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/mattn/go-isatty"

	"hermes/oneshot/guard"
	"hermes/oneshot/output"
	"hermes/oneshot/shell"
	"hermes/oneshot/supervise"
	"hermes/oneshot/tool/confine"
)

// Build says what was built. What is empty is taken from the build info.
type Build struct{ Version, Commit, Date string }

// whole is the build with what Go wrote into the binary, in the place of what the linker was not told.
func (b Build) whole() Build {
	if b.Version != "" {
		return b
	}
	b = Build{Version: "dev", Commit: "unknown", Date: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		}
	}
	return b
}

// App is the outside as values, and what must be known of a command while it runs.
type App struct {
	Build
	Name string // that the program was called by

	In, Out, Err          *os.File
	InTTY, OutTTY, ErrTTY bool
	Getenv                func(string) string
	// stderr writes to Err whatever a person reads there, while a run may be drawing its progress line.
	stderr *output.Stderr
	// Kill is cancelled when a run that a signal ended has no more time.
	Kill context.Context

	renewing atomic.Pointer[func() bool] // says whether a renewed login is not saved yet
	settling atomic.Bool                 // rows of a batch go on after SIGTERM
	turn     atomic.Pointer[func(error)] // ends the answer that a conversation waits for
	asked    atomic.Pointer[string]      // who was asked, for hints: what follows hermes auth add
}

// Main runs the command that os.Args names, and gives the exit code.
func Main(build Build) int {
	if confine.Asked(os.Args) {
		return confine.Main()
	}
	supervise.AbortOnCrash()
	a := &App{
		Build: build.whole(), Name: nameOf(os.Args[0]), In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv,
		InTTY: isatty.IsTerminal(os.Stdin.Fd()), OutTTY: isatty.IsTerminal(os.Stdout.Fd()), ErrTTY: isatty.IsTerminal(os.Stderr.Fd()),
		stderr: output.NewStderr(os.Stderr),
	}
	a.stderr.Name, a.stderr.Paint, a.stderr.Columns = a.Name, output.PaintOf(a.ErrTTY, a.Getenv), func() int { return columns(a.Err) }
	return supervise.Run(func(ctx, kill context.Context, catch func()) int {
		a.Kill = kill
		return a.main(ctx, catch, os.Args[1:])
	}, a.busy, a.giveUp, a.interrupt, func(cause error) int { return a.explain(cause).Code })
}

// busy says whether there is something to finish before the process ends.
func (a *App) busy() bool { return a.settling.Load() || a.unsaved() }

// unsaved says whether a renewal that was sent is not saved yet, in whichever process.
func (a *App) unsaved() bool { return a.renewing.Load() != nil && (*a.renewing.Load())() }

// interrupt ends the answer that a conversation waits for, and reports whether there was one. A second SIGINT finds none, and
// ends the program.
func (a *App) interrupt(cause error) bool {
	stop := a.turn.Swap(nil)
	if stop != nil {
		(*stop)(cause)
	}
	return stop != nil
}

// giveUp tells what a second SIGINT did not wait for.
func (a *App) giveUp() {
	if a.unsaved() {
		a.stderr.Notice("a second SIGINT: not waiting for the renewal of the login any longer; if its answer is lost, the next run asks for a new login")
	}
}

// main parses the words and runs the command. What only prints has nothing to finish when a signal comes.
func (a *App) main(ctx context.Context, catch func(), words []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			code = a.report(&guard.PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	cmd, err := commandOf(words)
	if err != nil {
		return a.refuse(ctx, words, err)
	}
	switch cmd.(type) {
	case *helpCmd, *versionCmd, *completionCmd, *manCmd, *schemaCmd:
	default:
		catch()
	}
	return a.report(cmd.Run(ctx, a))
}

// commandOf is the command of a line, with its flags.
func commandOf(words []string) (runner, error) {
	if rest, ok := shell.Without(words, "-h", "--help"); ok {
		return &helpCmd{Command: rest}, nil
	}
	if _, ok := shell.Without(words, "--version"); ok {
		return &versionCmd{}, nil
	}
	words, err := untangle(words)
	if err != nil {
		return nil, err
	}
	row, rest, err := root().find(words)
	if err != nil {
		return nil, err
	}
	cmd, err := row.parse(rest)
	if errors.Is(err, errHelp) {
		return &helpCmd{Command: words}, nil
	}
	return cmd, err
}
