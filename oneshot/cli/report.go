package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/shell"
	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/login"
)

// exitStatus is a command's own verdict, which it has already put into words.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// report writes the one line that every failure gets, and gives the exit code.
func (a *App) report(err error) int {
	if err == nil {
		return 0
	}
	if verdict, ok := errors.AsType[exitStatus](err); ok {
		return int(verdict)
	}
	f := a.explain(err)
	if f.Class != class.PipeClosed {
		a.stderr.Error("%s", strings.Join(strings.Fields(f.Message+"; "+f.Hint), " "))
	}
	return f.Code
}

// explain turns an error into what the events and the person hear of it.
func (a *App) explain(err error) output.Failure {
	words := "PROVIDER"
	if asked := a.asked.Load(); asked != nil {
		words = *asked
	}
	f := oneshot.Explain(err, words)
	id, _, _ := strings.Cut(words, " ")
	if row, ok := provider.BuiltIn().Lookup(id); ok {
		if row.Account().Kind != login.KindOAuth {
			words = ""
		}
		if f.HTTPStatus == http.StatusForbidden {
			f.Hint = cmp.Or(row.Forbidden, f.Hint)
		}
	}
	if advice := login.Advice(err, words); advice != "" {
		f.Hint = advice
	}
	f.Message, f.Hint = a.spell(f.Message), a.spell(f.Hint)
	return f
}

// ask notes who is asked, for the hints.
func (a *App) ask(name string) {
	if name != "" {
		a.asked.Store(&name)
	}
}

// out is stdout for what was asked for. Whatever fails there is told in the same words.
func (a *App) out() io.Writer { return stdout{a.Out} }

// text is out for what a person reads: nothing in it acts on the terminal.
func (a *App) text() io.Writer { return output.Printable(a.out()) }

// messages is stderr for the texts of others, which end their lines themselves.
func (a *App) messages() io.Writer { return speller{a, output.Printable(a.stderr)} }

// advice is text that names commands of the program, with colour, and broken between words, on a terminal.
func (a *App) advice() io.Writer {
	if !a.OutTTY {
		return speller{a, a.text()}
	}
	return speller{a, output.Printable(output.PaintOf(true, a.Getenv).Report(a.out(), columns(a.Out)))}
}

type stdout struct{ to io.Writer }

func (s stdout) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		err = &output.WriteError{Sink: "stdout", Err: err}
	}
	return n, err
}

// helpOn leads to the help of the command that the words name.
func helpOn(words []string) string {
	if path := describe(nil).Path(words[:min(len(words), 2)]); len(path) > 0 && path[0] != "run" {
		return "see hermes help " + strings.Join(path, " ")
	}
	return ""
}

// refuse reports a line that does not parse. Where the words already name a machine's format, run.end says so too.
func (a *App) refuse(ctx context.Context, words []string, err error) int {
	msg := shell.Foreign(shell.Reword(err.Error(), config.Nearest))
	if strings.HasPrefix(msg, "unexpected argument") || strings.Contains(msg, "applies to the default command") {
		msg += shell.AsCommand(words, describe(nil))
	}
	c := &runCmd{oneshot.ReportFlags(words)}
	c.Default(nil)
	bad := error(&input.Error{ErrClass: class.Usage, Msg: msg, Advice: helpOn(words)})
	if c.OutputFormat != "text" || c.Events != "" || c.UsageFile != "" {
		em, _ := c.sinks(ctx, a, nil)
		bad = oneshot.Fail(c.job(ctx, a, nil), em, bad)
	}
	return a.report(bad)
}
