// Command hermes sends one prompt to a language model and writes the answer: one process, one answer, one exit code.
//
// This file alone knows the outside: flags, environment, terminals, signals, exit codes, and the words for people.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"hermes/authfile"
	"hermes/authfile/atomicfile"
	"hermes/oneshot"
	"hermes/oneshot/messages"
	"hermes/oneshot/output"
	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/sandbox"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
	date    = "unknown"
)

// cli is the grammar.
type cli struct {
	Run     runCmd     `cmd:"" default:"withargs" help:"Send one prompt and write the answer (the default command)."`
	Sandbox sandboxCmd `cmd:"" help:"Serve a local stand-in for the MiniMax portal and its inference endpoint."`
	Schema  schemaCmd  `cmd:"" help:"Print the JSON Schema of what hermes prints."`
	Version versionCmd `cmd:"" help:"Print the version."`

	ShowVersion bool `name:"version" help:"Print the version and exit."`
}

type runCmd struct {
	Prompt []string `arg:"" optional:"" help:"The prompt; its words are joined by one space."`

	Oneshot    string            `short:"z" placeholder:"PROMPT" help:"The prompt, in Hermes Agent's spelling." group:"Input"`
	PromptFile string            `placeholder:"FILE" help:"Read the prompt from a file; - is stdin." group:"Input"`
	File       []string          `short:"f" sep:"none" placeholder:"FILE" help:"Attach a text, image or PDF; may be repeated; - is stdin." group:"Input"`
	Template   string            `placeholder:"FILE" help:"Put the prompt into a template with {{input}} and {{name}}." group:"Input"`
	Var        map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for {{name}} of the template." group:"Input"`
	Stdin      string            `enum:"auto,never,require" default:"auto" help:"Read stdin: ${enum}." group:"Input"`
	StdinWait  *time.Duration    `placeholder:"D" help:"Give up when stdin is silent for so long (exit 66)." group:"Input"`
	OverLimit  string            `enum:"fail,head,tail,middle,map-reduce" default:"fail" help:"What to do with input over the context window: ${enum}." group:"Input"`

	Provider    string   `placeholder:"NAME" help:"Provider or alias." group:"Model"`
	Model       string   `short:"m" placeholder:"NAME" help:"Model." group:"Model"`
	System      string   `short:"s" placeholder:"TEXT" help:"System prompt." group:"Model"`
	SystemFile  string   `placeholder:"FILE" help:"Read the system prompt from a file." group:"Model"`
	MaxTokens   *int     `placeholder:"N" help:"Longest answer, in tokens." group:"Model"`
	Temperature *float64 `placeholder:"X" help:"Sampling temperature." group:"Model"`
	TopP        *float64 `placeholder:"X" help:"Nucleus sampling." group:"Model"`
	Stop        []string `sep:"none" placeholder:"TEXT" help:"Stop sequence; may be repeated." group:"Model"`
	Reasoning   string   `enum:",none,minimal,low,medium,high,xhigh,max" default:"" placeholder:"LEVEL" help:"Reasoning effort: none, minimal, low, medium, high, xhigh, max." group:"Model"`

	OutputFormat  string `enum:"text,json,stream-json" default:"text" help:"Format on stdout: ${enum}." group:"Output"`
	JSON          bool   `help:"Short for --output-format json." group:"Output"`
	Output        string `short:"o" aliases:"output-last-message" placeholder:"FILE" help:"Write the answer to a file, whole or not at all." group:"Output"`
	Atomic        bool   `help:"Write nothing to stdout before the answer is complete." group:"Output"`
	Events        string `placeholder:"FILE|fd:N" help:"Write the event stream there." group:"Output"`
	UsageFile     string `placeholder:"FILE" help:"Write usage and cost there, on success and failure." group:"Output"`
	ShowThinking  bool   `help:"Write the model's reasoning to stderr." group:"Output"`
	OutputSchema  string `placeholder:"FILE" help:"JSON Schema that the answer must fit (exit 65)." group:"Output"`
	SchemaRetries *int   `placeholder:"N" help:"Corrective turns for an answer that does not fit (default 1)." group:"Output"`
	Quiet         bool   `short:"q" help:"No notices on stderr, errors only." group:"Output"`

	Retries          *int           `placeholder:"N" help:"Retries of a request before any text came (default 3)." group:"Limits"`
	ConnectTimeout   *time.Duration `placeholder:"D" help:"Bound of connecting (default 10s)." group:"Limits"`
	FirstByteTimeout *time.Duration `placeholder:"D" help:"Bound of the wait for the first byte (default 300s)." group:"Limits"`
	IdleTimeout      *time.Duration `placeholder:"D" help:"Bound of silence in the stream (default 120s)." group:"Limits"`
	Deadline         *time.Duration `placeholder:"D" help:"Bound of the whole run (exit 124)." group:"Limits"`
	LockTimeout      *time.Duration `placeholder:"D" help:"Bound of the wait for another process's renewal (default 30s)." group:"Limits"`
	MaxCost          string         `placeholder:"USD" help:"Refuse or stop what costs more (exit 80)." group:"Limits"`
	NoFallback       bool           `help:"Do not ask the fallback providers of config.yaml." group:"Limits"`

	CAFile string `placeholder:"FILE" help:"Trust the certificates of a PEM file too." group:"Debugging"`
	DryRun bool   `help:"Print the request and who decided what; send nothing." group:"Debugging"`
	Debug  bool   `help:"Trace the wire on stderr, credentials masked." group:"Debugging"`
}

type sandboxCmd struct {
	Listen           string        `default:"127.0.0.1:0" placeholder:"ADDR" help:"Address to serve on."`
	Script           string        `placeholder:"FILE" help:"Answers from a YAML file."`
	Fault            string        `placeholder:"LIST" help:"Faults for requests that bring none of their own, e.g. status=429*1,retry-after=1."`
	Chaos            int64         `placeholder:"SEED" help:"Random faults that replay exactly with the same seed."`
	Cassette         string        `placeholder:"FILE" help:"Serve the exchanges of a recording."`
	Log              string        `placeholder:"FILE" help:"Log requests as JSON lines, redacted."`
	AutoApprove      bool          `help:"Approve every login without a person."`
	TokenTTL         time.Duration `name:"token-ttl" default:"15m" help:"Life of an access token."`
	PollInterval     time.Duration `default:"2s" help:"Interval that the login asks for."`
	ExpiresIn        string        `enum:"ms,s,epoch-s" default:"ms" help:"Encoding of expired_in: ${enum}."`
	Grace            time.Duration `help:"How long a spent refresh token is answered again."`
	ClockSkew        time.Duration `help:"Move the server's clock."`
	RedirectOAuth    bool          `name:"redirect-oauth" help:"Answer the login with a 307 to a second port."`
	AllowRemote      bool          `help:"Allow an address that is not loopback."`
	ExitOnStdinClose bool          `help:"Stop when stdin closes."`
}

type schemaCmd struct {
	Name string `arg:"" enum:"events,result,batch" help:"Which one: ${enum}."`
}

type versionCmd struct {
	JSON bool `help:"As JSON, with the dependencies."`
}

// system is the outside as a value.
type system struct {
	args          []string
	in, out, err  *os.File
	getenv        func(string) string
	ctx           context.Context
	renewing      func() bool // a renewal is under way and must be finished
	inTTY, outTTY bool
	errTTY        bool
}

// exit is one row of the table: an error class, its exit code, whether to try again, and what to do next.
type exit struct {
	class output.Class
	code  int
	retry bool
	hint  string
}

// exits is the one table from error class to exit code and hint.
func exits() []exit {
	return []exit{
		{output.ClassUsage, 2, false, "see hermes --help"},
		{output.ClassInvalidInput, 65, false, "hermes sends UTF-8 text, images and PDF only"},
		{output.ClassSchema, 65, false, "simplify the schema or raise --schema-retries"},
		{output.ClassNoInput, 66, false, "give a prompt as arguments, with --prompt-file, or on stdin"},
		{output.ClassNetwork, 69, true, "check the network, the proxy and the base URL"},
		{output.ClassTimeout, 69, true, "try again, or raise the timeout that is named"},
		{output.ClassServerError, 69, true, "the provider has a problem; try again later"},
		{output.ClassIO, 74, false, "check the disk and the permissions"},
		{output.ClassRateLimit, 75, true, "try again later"},
		{output.ClassOverloaded, 75, true, "try again later"},
		{output.ClassQuota, 75, true, "wait until the quota is reset"},
		{output.ClassLockTimeout, 75, true, "the login is not lost; try again"},
		{output.ClassProtocol, 76, true, "the answer is not whole; try again"},
		{output.ClassNotLoggedIn, 77, false, "run: hermes auth add {provider}"},
		{output.ClassReauthRequired, 77, false, "run: hermes auth add {provider}"},
		{output.ClassAuthRefused, 77, false, "run: hermes auth add {provider}"},
		{output.ClassBilling, 77, false, "check plan and balance at the provider"},
		{output.ClassConfig, 78, false, "run hermes setup, hermes auth add minimax-oauth, or pass --provider sandbox"},
		{output.ClassBudget, 80, false, "raise --max-cost or shorten the input"},
		{output.ClassRefusal, 81, false, "rephrase the prompt"},
		{output.ClassTruncated, 82, false, "raise --max-tokens"},
		{output.ClassContextLength, 83, false, "shorten the input, or see --over-limit"},
		{output.ClassEmpty, 84, false, "try again or rephrase the prompt"},
		{output.ClassBatchFailed, 86, false, "see the error of each failed row"},
		{output.ClassDeadline, 124, true, "raise --deadline"},
		{output.ClassHangup, 129, false, "the terminal went away"},
		{output.ClassInterrupt, 130, false, "interrupted"},
		{output.ClassPipeClosed, 141, false, "the reader of stdout is gone"},
		{output.ClassTerminated, 143, false, "terminated"},
		{output.ClassInvalidRequest, 1, false, "check model and parameters"},
		{output.ClassInternal, 1, false, "this is a bug of hermes; run again with --debug and report it"},
	}
}

// exitPanic unwinds kong's exit hook, which must not return.
type exitPanic int

// signalError is the cause of a run that a signal ended.
type signalError struct {
	name, class string
}

func (e *signalError) Error() string { return "stopped by " + e.name }
func (e *signalError) Class() string { return e.class }

func main() {
	sys := system{
		args: os.Args[1:], in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		inTTY: isatty.IsTerminal(os.Stdin.Fd()), outTTY: isatty.IsTerminal(os.Stdout.Fd()), errTTY: isatty.IsTerminal(os.Stderr.Fd()),
	}
	os.Exit(sys.main())
}

// main runs the command beside the signals: a command that heeds none within a second is left behind, unless it is
// saving a login.
func (sys *system) main() int {
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(context.Background())
	sys.ctx, sys.renewing = ctx, func() bool { return false }
	signals := make(chan os.Signal, 2)
	watched := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		watched = append(watched, syscall.SIGHUP)
	}
	signal.Notify(signals, watched...)
	code := make(chan int, 1)
	go func() { code <- sys.run() }()
	var late <-chan time.Time
	for cause := error(nil); ; {
		select {
		case n := <-code:
			return n
		case s := <-signals:
			if cause != nil && s == syscall.SIGINT {
				return 130
			}
			cause = signalCause(s)
			cancel(cause)
			late = time.After(900 * time.Millisecond)
		case <-late:
			if !sys.renewing() {
				return explain(cause).Code
			}
			late = time.After(100 * time.Millisecond)
		}
	}
}

func signalCause(s os.Signal) error {
	switch s {
	case syscall.SIGINT:
		return &signalError{"SIGINT", "interrupt"}
	case syscall.SIGHUP:
		return &signalError{"SIGHUP", "hangup"}
	}
	return &signalError{"SIGTERM", "terminated"}
}

// run parses the words and runs the command.
func (sys *system) run() (code int) {
	defer func() {
		if p := recover(); p != nil {
			n, ok := p.(exitPanic)
			if !ok {
				panic(p)
			}
			code = int(n)
		}
	}()
	var grammar cli
	parser, err := kong.New(&grammar,
		kong.Name("hermes"), kong.Description("Send one prompt to a language model and write the answer."),
		kong.Writers(sys.out, sys.err), kong.Exit(func(n int) { panic(exitPanic(n)) }),
		kong.Help(help), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if err != nil {
		return sys.report(err, "")
	}
	cmd, err := parser.Parse(sys.args)
	if err != nil {
		return sys.refuse(err)
	}
	if grammar.ShowVersion {
		fmt.Fprintln(sys.out, "hermes", version)
		return 0
	}
	return sys.report(cmd.Run(sys), grammar.Run.Provider)
}

// help is kong's help with the exit codes below it.
func help(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("\nExit codes:\n  0 a complete answer")
	last := 0
	for _, x := range exits() {
		if x.code != last {
			fmt.Fprintf(&b, "\n  %d", x.code)
		}
		fmt.Fprintf(&b, " %s", x.class)
		last = x.code
	}
	_, err := fmt.Fprintln(ctx.Stdout, b.String())
	return err
}

// usageError is a bad flag or argument.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }
func (e *usageError) Class() string { return "usage" }

// refuse reports a line that does not parse. Where the words already name a machine's format, run.end says so too.
func (sys *system) refuse(err error) int {
	msg := err.Error()
	if len(sys.args) > 0 && strings.HasPrefix(msg, "unexpected argument") && !strings.HasPrefix(sys.args[0], "-") && sys.args[0] != "run" {
		msg += fmt.Sprintf("; %q is a command: to send it as a prompt use hermes run %s … or -z", sys.args[0], sys.args[0])
	}
	format := "text"
	for i, word := range sys.args {
		switch {
		case word == "--json":
			format = "json"
		case strings.HasPrefix(word, "--output-format="):
			format = strings.TrimPrefix(word, "--output-format=")
		case word == "--output-format" && i+1 < len(sys.args):
			format = sys.args[i+1]
		}
	}
	bad := error(&usageError{msg})
	if format == "json" || format == "stream-json" {
		em, _ := output.Open(output.Spec{Format: format, Stdout: sys.out})
		bad = oneshot.Fail(oneshot.Job{Explain: explain, Version: version}, em, bad)
	}
	return sys.report(bad, "")
}

// explain turns an error into what the events and the person hear of it.
func explain(err error) output.Failure {
	f := output.Failure{Class: output.ClassInternal, Message: err.Error(), Code: 1}
	var c interface{ Class() string }
	if errors.As(err, &c) {
		f.Class = output.Class(c.Class())
	}
	for _, x := range exits() {
		if x.class == f.Class {
			f.Code, f.Retryable, f.Hint = x.code, x.retry, x.hint
		}
	}
	if m, ok := errors.AsType[*messages.Error](err); ok {
		f.Retryable, f.HTTPStatus, f.ProviderCode, f.RequestID = m.Retryable, m.HTTPStatus, m.ProviderCode, m.RequestID
		if !m.RetryAt.IsZero() {
			f.RetryAt = &m.RetryAt
		}
	}
	return f
}

// report writes the one line that every failure gets, and gives the exit code.
func (sys *system) report(err error, name string) int {
	if err == nil {
		return 0
	}
	f := explain(err)
	if f.Class != output.ClassPipeClosed {
		if name == "" {
			name = "minimax-oauth"
		}
		line := f.Message + "; " + strings.ReplaceAll(f.Hint, "{provider}", name)
		fmt.Fprintln(sys.err, "hermes:", strings.Join(strings.Fields(line), " "))
	}
	return f.Code
}
