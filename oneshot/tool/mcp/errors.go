package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/dial"
)

// Error is a server that did not start, or that gave no result. It holds no secret.
type Error struct {
	Server   string
	Msg      string // what follows the server's name
	ErrClass class.Class

	unsent bool // the server did not run the call: the session was over
}

func (e *Error) Error() string { return fmt.Sprintf("the server %q %s", e.Server, e.Msg) }

// Class is config where a setting is wrong, timeout where a clock ran out, else server_error.
func (e *Error) Class() string { return string(e.ErrClass) }

// Hint is what to do next.
func (e *Error) Hint() string {
	switch {
	case e.ErrClass == class.Config:
		return "mend its row in mcp_servers of config.yaml, or in the file of --mcp-config"
	case e.ErrClass == class.Timeout && strings.HasPrefix(e.Msg, "did not start"):
		return "connect_timeout of its row gives it more time"
	case e.ErrClass == class.Timeout:
		return "timeout of its row gives it more time"
	}
	return "hermes tool list " + e.Server + " tries it alone"
}

func (s Server) failed(msg string) *Error {
	return &Error{Server: s.Name, Msg: msg, ErrClass: class.ServerError}
}

func (s Server) wrong(msg string) *Error {
	return &Error{Server: s.Name, Msg: msg, ErrClass: class.Config}
}

func (s Server) slow(msg string) *Error {
	return &Error{Server: s.Name, Msg: msg, ErrClass: class.Timeout}
}

// check refuses a setting that no start could mend.
func (s Server) check() error {
	u, err := url.Parse(s.URL)
	switch {
	case s.URL != "" && err == nil && u.Scheme == "http" && !dial.Local(u) && slices.ContainsFunc(headerNames(s), wire.SecretHeader):
		return s.wrong("would get a secret header in the clear: its url must be https")
	case len(s.Command) > 0:
		return s.suspect()
	}
	return nil
}

func headerNames(s Server) []string {
	var all []string
	for name := range s.Header {
		all = append(all, name)
	}
	return all
}

// suspect refuses the lines that attacks on shared settings files were made of, as Hermes Agent does: a shell that fetches something,
// or that touches what lets somebody in.
func (s Server) suspect() error {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(filepath.ToSlash(s.Command[0]))), ".exe")
	if !slices.Contains([]string{"bash", "sh", "zsh", "dash", "fish", "cmd", "powershell", "pwsh"}, name) {
		return nil
	}
	line := strings.ToLower(strings.Join(s.Command[1:], " "))
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n;|&()<>'\"`$", r) })
	for _, w := range words {
		if slices.Contains([]string{"curl", "wget", "nc", "ncat", "socat", "invoke-webrequest"}, filepath.Base(w)) {
			return s.wrong("is a shell that runs " + filepath.Base(w) + ": it is not started")
		}
	}
	for _, part := range []string{"/dev/tcp", "authorized_keys", ".ssh/", "/etc/ssh", "/etc/pam", "sudoers", "cron", ".bashrc", ".zshrc", ".profile"} {
		if strings.Contains(line, part) {
			return s.wrong("is a shell that touches " + part + ": it is not started")
		}
	}
	return nil
}

// startError is why a server did not start.
func (l *session) startError(ctx context.Context, err error) error {
	if own, ok := errors.AsType[*Error](context.Cause(ctx)); ctx.Err() != nil && !ok {
		return context.Cause(ctx)
	} else if ok && ctx.Err() != nil {
		return l.withTail(own)
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		e := l.failed(l.clean(r.Msg))
		if r.setting {
			e.ErrClass = class.Config
		}
		return e
	}
	if end := l.death(err); end != "" {
		return l.withTail(l.failed("did not start: " + end))
	}
	return l.withTail(l.failed("did not start: " + l.words(err)))
}

// callError is why a call has no result.
func (l *session) callError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch e := err.(type) {
	case *jsonrpc.Error, *Error:
		return err
	case *refusal:
		return &Error{Server: l.Name, Msg: l.clean(e.Msg), ErrClass: class.ServerError, unsent: e.forgotten}
	}
	if end := l.death(err); end != "" {
		return l.withTail(l.failed("has ended: " + end))
	}
	return &Error{Server: l.Name, Msg: "gave no result: " + l.words(err), ErrClass: class.ServerError, unsent: errors.Is(err, errOver)}
}

// death says how the program ended, "" where that is not the reason of err.
func (l *session) death(err error) string {
	for _, end := range []error{io.EOF, os.ErrClosed, syscall.EPIPE} {
		if l.process != nil && errors.Is(err, end) {
			return l.process.death()
		}
	}
	return ""
}

// lost reports a call that a new session may send.
func lost(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.unsent
}

// words are those of an error.
func (l *session) words(err error) string {
	if e, ok := errors.AsType[*jsonrpc.Error](err); ok {
		return l.clean(e.Message)
	}
	if err == io.EOF {
		return "it closed its output"
	}
	return l.clean(err.Error())
}

// withTail adds what a program said last.
func (l *session) withTail(e *Error) *Error {
	if l.process == nil {
		return e
	}
	if said := l.clean(l.process.tail.quote(400)); said != "" {
		e = &Error{Server: e.Server, Msg: e.Msg + "; it says: " + said, ErrClass: e.ErrClass}
	}
	return e
}

// clean makes a line of a stranger's words, without our secrets.
func (s Server) clean(words string) string { return wire.Clean(words, s.Secrets) }
