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
	"golang.org/x/term"

	"hermes/authfile"
	"hermes/authfile/atomicfile"
	"hermes/oneshot"
	"hermes/oneshot/batch"
	"hermes/oneshot/cassette"
	"hermes/oneshot/ledger"
	"hermes/oneshot/messages"
	"hermes/oneshot/output"
	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/login"
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
	Batch   batchCmd   `cmd:"" help:"Answer JSON lines of requests, as JSON lines in the same order."`
	Auth    authCmd    `cmd:"" help:"Log in, see and remove logins and keys."`
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

	Record string `placeholder:"FILE" xor:"cassette" help:"Store requests and answers there, without credentials." group:"Debugging"`
	Replay string `placeholder:"FILE" xor:"cassette" help:"Answer from a recording: no network, no login (exit 66 if it holds no answer)." group:"Debugging"`
	CAFile string `placeholder:"FILE" help:"Trust the certificates of a PEM file too." group:"Debugging"`
	DryRun bool   `help:"Print the request and who decided what; send nothing." group:"Debugging"`
	Debug  bool   `help:"Trace the wire on stderr, credentials masked." group:"Debugging"`
}

// batchCmd has those flags of run that hold for every row.
type batchCmd struct {
	Requests string `arg:"" optional:"" name:"file" help:"Requests, a JSON object or string a line; stdin without one."`

	Jobs             int            `default:"4" placeholder:"N" help:"Rows under way at once."`
	Provider         string         `placeholder:"NAME" help:"Provider or alias."`
	Model            string         `short:"m" placeholder:"NAME" help:"Model."`
	System           string         `short:"s" placeholder:"TEXT" help:"System prompt."`
	MaxTokens        *int           `placeholder:"N" help:"Longest answer, in tokens."`
	Temperature      *float64       `placeholder:"X" help:"Sampling temperature."`
	OutputSchema     string         `placeholder:"FILE" help:"JSON Schema that every answer must fit."`
	Retries          *int           `placeholder:"N" help:"Retries of a request (default 3)."`
	FirstByteTimeout *time.Duration `placeholder:"D" help:"Bound of the wait for the first byte (default 300s)."`
	IdleTimeout      *time.Duration `placeholder:"D" help:"Bound of silence in the stream (default 120s)."`
	Deadline         *time.Duration `placeholder:"D" help:"Bound of each row."`
	MaxCost          string         `placeholder:"USD" help:"Stop when all rows together cost more (exit 80)."`
	NoFallback       bool           `help:"Do not ask the fallback providers of config.yaml."`
}

type authCmd struct {
	Add struct {
		accountArg
		Type         string        `enum:",oauth,api-key,api_key" default:"" placeholder:"KIND" help:"oauth or api-key, where a provider has both."`
		NoBrowser    bool          `help:"Print the address only."`
		Region       string        `enum:",global,cn" default:"" placeholder:"REGION" help:"global or cn."`
		PortalURL    string        `name:"portal-url" placeholder:"URL" help:"Log in there."`
		InferenceURL string        `name:"inference-url" placeholder:"URL" help:"Base URL that the login is for."`
		ClientID     string        `name:"client-id" placeholder:"ID" help:"OAuth client."`
		Timeout      time.Duration `placeholder:"D" help:"Bound of the whole login."`
		SetAside     bool          `help:"Keep a broken auth.json under another name and begin a new one."`
		JSON         bool          `help:"Events on stdout: code, waiting, done."`
	} `cmd:"" help:"Log in by device code, or store an API key."`
	List struct {
		JSON bool `help:"As JSON."`
	} `cmd:"" help:"List logins and keys."`
	Status struct {
		Provider string `arg:"" optional:"" help:"Provider or alias; all without one."`
		JSON     bool   `help:"As JSON."`
	} `cmd:"" help:"Exit 0 when logged in, 77 when not."`
	Token struct {
		accountArg
		Show bool `help:"Also on a terminal."`
	} `cmd:"" help:"Print a fresh bearer for other tools."`
	Refresh struct {
		accountArg
		MinTTL time.Duration `name:"min-ttl" placeholder:"D" help:"Only if less is left."`
		JSON   bool          `help:"As JSON."`
	} `cmd:"" help:"Renew a login."`
	Remove removeCmd `cmd:"" help:"Remove a login and its keys."`
	Logout removeCmd `cmd:"" help:"The same as remove."`
}

type removeCmd struct {
	accountArg
	JSON bool `help:"As JSON."`
}

type accountArg struct {
	Provider string `arg:"" help:"Provider or alias."`
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
	AnyToken         bool          `help:"Accept any credential, and none, for inference."`
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
	provider      string // who was asked, for hints
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
		provider: "minimax-oauth",
		args:     os.Args[1:], in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		inTTY: isatty.IsTerminal(os.Stdin.Fd()), outTTY: isatty.IsTerminal(os.Stdout.Fd()), errTTY: isatty.IsTerminal(os.Stderr.Fd()),
	}
	os.Exit(sys.main())
}

// main runs the command beside the signals: a command that heeds none within a second is left behind, unless it is
// saving a login.
func (sys *system) main() int {
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
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
				return sys.explain(cause).Code
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
		return sys.report(err)
	}
	cmd, err := parser.Parse(sys.args)
	if err != nil {
		return sys.refuse(err)
	}
	if grammar.ShowVersion {
		fmt.Fprintln(sys.out, "hermes", version)
		return 0
	}
	return sys.report(sys.dispatch(cmd.Command(), &grammar))
}

// help is kong's help with the exit codes below it.
func help(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("\nExit codes:\n  0 a complete answer")
	last := 0
	for _, x := range output.Exits() {
		if x.Code != last {
			fmt.Fprintf(&b, "\n  %d", x.Code)
		}
		fmt.Fprintf(&b, " %s", x.Class)
		last = x.Code
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
		bad = oneshot.Fail(oneshot.Job{Explain: sys.explain, Version: version}, em, bad)
	}
	return sys.report(bad)
}

// explain turns an error into what the events and the person hear of it.
func (sys *system) explain(err error) output.Failure {
	f := output.Failure{Class: output.ClassInternal, Message: err.Error(), Code: 1}
	var c interface{ Class() string }
	if errors.As(err, &c) {
		f.Class = output.Class(c.Class())
	}
	for _, x := range output.Exits() {
		if x.Class == f.Class {
			f.Code, f.Retryable, f.Hint = x.Code, x.Retry, strings.ReplaceAll(x.Hint, "{provider}", sys.provider)
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
func (sys *system) report(err error) int {
	if err == nil {
		return 0
	}
	f := sys.explain(err)
	if f.Class != output.ClassPipeClosed {
		fmt.Fprintln(sys.err, "hermes:", strings.Join(strings.Fields(f.Message+"; "+f.Hint), " "))
	}
	return f.Code
}

// dispatch calls the command.
func (sys *system) dispatch(command string, g *cli) error {
	name, rest, _ := strings.Cut(command, " ")
	switch name {
	case "run":
		return g.Run.run(sys)
	case "batch":
		return g.Batch.run(sys)
	case "auth":
		verb, _, _ := strings.Cut(rest, " ")
		return g.Auth.run(sys, verb)
	case "sandbox":
		return g.Sandbox.run(sys)
	case "schema":
		raw, err := output.Schema(g.Schema.Name)
		return sys.print(raw, err)
	}
	return g.Version.run(sys)
}

func (sys *system) print(raw []byte, err error) error {
	if err == nil {
		if _, werr := sys.out.Write(raw); werr != nil {
			err = &output.WriteError{Sink: "stdout", Err: werr}
		}
	}
	return err
}

func (c versionCmd) run(sys *system) error {
	if !c.JSON {
		return sys.print([]byte("hermes "+version+"\n"), nil)
	}
	deps := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			deps[d.Path] = d.Version
		}
	}
	raw, err := json.MarshalIndent(map[string]any{
		"version": version, "commit": commit, "date": date, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "deps": deps,
	}, "", "  ")
	return sys.print(append(raw, '\n'), err)
}

// home is where config.yaml, .env and auth.json live.
func (sys *system) home() string {
	if h := sys.getenv("HERMES_HOME"); h != "" {
		return h
	}
	if dir, err := os.UserHomeDir(); err == nil {
		return filepath.Join(dir, ".hermes")
	}
	return ".hermes"
}

// ask notes who is asked, for the hints.
func (sys *system) ask(name string) {
	if name != "" {
		sys.provider = name
	}
}

func (sys *system) notice(format string, args ...any) {
	fmt.Fprintln(sys.err, "hermes:", fmt.Sprintf(format, args...))
}

// open reads the home. quiet drops notices, never errors.
func (sys *system) open(lockTimeout *time.Duration, quiet, setAside bool) (*provider.Session, error) {
	o := authfile.Options{SetAside: setAside, LockTimeout: or(lockTimeout, nil, authfile.DefaultLockTimeout)}
	if !quiet {
		o.Warn = func(_, msg string) { sys.notice("%s", msg) }
		o.Waiting = func(h authfile.Holder) {
			sys.notice("waiting for process %d (%s, %s) to renew the login", h.PID, h.Name, h.State)
		}
	}
	s, err := provider.Open(sys.home(), sys.getenv, o)
	if err == nil {
		sys.renewing = s.Store.Busy
	}
	return s, err
}

// or is a flag, else the key of config.yaml, else the default.
func or[T any](flag, key *T, otherwise T) T {
	switch {
	case flag != nil:
		return *flag
	case key != nil:
		return *key
	}
	return otherwise
}

// run sends the prompt.
func (c *runCmd) run(sys *system) error {
	sys.ask(c.Provider)
	if len(c.Prompt) == 0 && c.Oneshot == "" && c.PromptFile == "" && len(c.File) == 0 && c.Template == "" && (sys.inTTY || c.Stdin == "never") {
		return &usageError{"no prompt: hermes [flags] PROMPT, or pipe it in"}
	}
	job := oneshot.Job{Explain: sys.explain, Version: version, Keep: c.Events != ""}
	if c.JSON {
		c.OutputFormat = "json"
	}
	job.Keep = job.Keep || c.OutputFormat != "text"
	em, err := c.emitter(sys)
	if err != nil {
		return err
	}
	job.Record = func(end output.RunEnd, run string) { c.record(sys, end, run) }
	session, err := sys.open(c.LockTimeout, c.Quiet, false)
	if err == nil {
		err = c.fill(sys, &job, session, em)
	}
	switch {
	case err != nil:
		return oneshot.Fail(job, em, err)
	case c.DryRun:
		return oneshot.DryRun(sys.ctx, job, sys.out)
	}
	if sys.errTTY && !c.Quiet {
		job.Progress = output.NewProgress(sys.err)
	}
	return oneshot.Run(sys.ctx, job, em)
}

// run answers the rows.
func (c *batchCmd) run(sys *system) error {
	in := sys.in
	if c.Requests != "" && c.Requests != "-" {
		f, err := os.Open(c.Requests)
		if err != nil {
			return &oneshot.InputError{ErrClass: "no_input", Msg: err.Error()}
		}
		defer f.Close()
		in = f
	} else if sys.inTTY {
		return &usageError{"no requests: hermes batch FILE, or pipe them in"}
	}
	sys.ask(c.Provider)
	s, err := sys.open(nil, false, false)
	if err != nil {
		return err
	}
	each := runCmd{
		Provider: c.Provider, Model: c.Model, System: c.System, MaxTokens: c.MaxTokens, Temperature: c.Temperature, OutputSchema: c.OutputSchema,
		Retries: c.Retries, FirstByteTimeout: c.FirstByteTimeout, IdleTimeout: c.IdleTimeout, Deadline: c.Deadline, MaxCost: c.MaxCost,
		NoFallback: c.NoFallback, OverLimit: "fail",
	}
	job := oneshot.Job{Explain: sys.explain, Version: version}
	if err := each.fill(sys, &job, s, output.NewEmitter()); err != nil {
		return err
	}
	return batch.Run(sys.ctx, batch.Options{In: in, Out: sys.out, Jobs: c.Jobs, Job: job})
}

// emitter opens the places of the answer and the events.
func (c *runCmd) emitter(sys *system) (*output.Emitter, error) {
	spec := output.Spec{Format: c.OutputFormat, Stdout: sys.out, Terminal: sys.outTTY, Atomic: c.Atomic || c.OutputSchema != "", Events: c.Events}
	if c.ShowThinking {
		spec.Thinking = sys.err
	}
	if c.Output != "" {
		f, err := atomicfile.Create(c.Output, 0o644)
		if err != nil {
			return nil, &output.WriteError{Sink: c.Output, Err: err}
		}
		spec.File = &output.Pending{Name: c.Output, Writer: f, Commit: f.Commit, Discard: f.Discard}
	}
	return output.Open(spec)
}

// fill turns flags and config.yaml into the job.
func (c *runCmd) fill(sys *system, job *oneshot.Job, s *provider.Session, em *output.Emitter) error {
	one := s.Config.Oneshot
	system := c.System
	if c.SystemFile != "" {
		if system != "" {
			return &usageError{"--system and --system-file exclude each other"}
		}
		raw, err := os.ReadFile(c.SystemFile)
		if err != nil {
			return &oneshot.InputError{ErrClass: "no_input", Msg: "--system-file: " + err.Error()}
		}
		system = string(raw)
	}
	job.Params = oneshot.Params{
		System: system, MaxTokens: or(c.MaxTokens, one.MaxTokens, 0), Temperature: c.Temperature, TopP: c.TopP, Stop: c.Stop, Reasoning: c.Reasoning,
	}
	job.Limits = oneshot.Limits{
		Connect: or(c.ConnectTimeout, one.ConnectTimeout, 10*time.Second), FirstByte: or(c.FirstByteTimeout, one.FirstByteTimeout, 300*time.Second),
		Idle: or(c.IdleTimeout, one.IdleTimeout, 120*time.Second), Retries: or(c.Retries, one.Retries, 3),
		Deadline: or(c.Deadline, one.Deadline, 0), MaxCost: c.MaxCost, OverLimit: c.OverLimit,
	}
	if c.Debug {
		job.Limits.Trace = func(line string) { sys.notice("%s", line) }
	}
	job.Input = oneshot.Input{
		Args: c.Prompt, Prompt: c.Oneshot, PromptFile: c.PromptFile, Template: c.Template, Vars: c.Var, Files: c.File,
		Stdin: sys.in, Terminal: sys.inTTY, Mode: c.Stdin, Wait: or(c.StdinWait, one.StdinWait, 0),
	}
	if !c.Quiet {
		job.Input.Notice = func() {
			sys.notice("reading stdin, which is silent so far; close it, or pass --stdin never")
		}
	}
	var err error
	if c.OutputSchema != "" {
		job.SchemaRetries = or(c.SchemaRetries, one.SchemaRetries, 1)
		if job.Schema, err = oneshot.LoadSchema(c.OutputSchema); err != nil {
			return err
		}
	}
	s.OnRenew = func(id string, r authfile.Renewal) {
		_ = em.Emit(output.AuthRefresh{Provider: id, WaitedMS: r.Waited.Milliseconds(), Adopted: r.Adopted})
	}
	if record := job.Record; or(nil, one.UsageLedger, true) && !c.DryRun {
		job.Record = func(end output.RunEnd, run string) {
			if record != nil {
				record(end, run)
			}
			_ = ledger.Append(filepath.Join(s.Home, "usage.jsonl"), ledger.MaxSize, run, end) // it never changes the run's end
		}
	}
	job.Targets, err = c.targets(sys, s, job.Limits)
	return err
}

// targets are the provider that was resolved, and the fallbacks of config.yaml behind it.
func (c *runCmd) targets(sys *system, s *provider.Session, l oneshot.Limits) ([]oneshot.Candidate, error) {
	w := &wiring{sys: sys, s: s, connect: l.Connect, caFile: c.CAFile}
	var err error
	if w.tape, err = cassette.Open(c.Record, c.Replay); err != nil {
		return nil, err
	}
	all := []oneshot.Candidate{{Name: c.Provider, Resolve: w.once(provider.Flags{Provider: c.Provider, Model: c.Model})}}
	if c.NoFallback || c.Replay != "" {
		return all, nil
	}
	for _, f := range s.Config.Fallbacks {
		all = append(all, oneshot.Candidate{Name: f.Provider, Resolve: w.once(provider.Flags{Provider: f.Provider, Model: f.Model})})
	}
	return all, nil
}

// wiring makes targets of choices: the one place where the two halves meet.
type wiring struct {
	sys     *system
	s       *provider.Session
	connect time.Duration
	caFile  string
	tape    cassette.Deck
}

// once resolves at the first call and remembers the answer.
func (w *wiring) once(f provider.Flags) func(context.Context) (oneshot.Target, error) {
	var t oneshot.Target
	var err error
	done := false
	return func(ctx context.Context) (oneshot.Target, error) {
		if !done {
			t, err = w.target(ctx, f)
			done = true
		}
		return t, err
	}
}

func (w *wiring) target(ctx context.Context, f provider.Flags) (oneshot.Target, error) {
	choice, err := w.s.Resolve(f)
	if w.tape.Player != nil {
		return w.replayed(f, choice, err)
	}
	if err != nil {
		return oneshot.Target{}, err
	}
	w.sys.provider = choice.Row.ID
	t := oneshot.Target{
		Provider: choice.Provider.Value, ProviderSource: choice.Provider.Source, Model: choice.Model.Value, ModelSource: choice.Model.Source,
		BaseURL: choice.BaseURL.Value, Header: http.Header{"User-Agent": {"hermes/" + version}}, Token: w.s.Token(choice),
		Context: choice.Info.Context, MaxTokens: choice.Info.MaxOutput, Images: choice.Info.Images, PDF: choice.Info.PDF,
		Thinking: string(choice.Info.Thinking), Price: price(choice), MaxTemperature: choice.Row.MaxTemperature,
		Settings: map[string]string{
			"base_url":   choice.BaseURL.Value + " (" + choice.BaseURL.Source + ")",
			"credential": choice.Credential.Value + " (" + choice.Credential.Source + ")",
		},
	}
	for name, value := range choice.Row.Headers {
		t.Header.Set(name, value)
	}
	if t.Token != nil {
		t.Scheme = messages.Bearer
		if choice.Row.Header == provider.APIKey {
			t.Scheme = messages.APIKey
		}
	}
	if choice.Row.ID == "sandbox" {
		if t.BaseURL, err = serveHere(ctx); err != nil {
			return t, err
		}
	}
	if err := w.connectTo(&t); err != nil {
		return t, err
	}
	w.helpers(&t, choice)
	return t, choice.Ready()
}

// replayed is the target that a cassette plays: the resolved one where a flag chose it or the model is the cassette's,
// else the cassette's own. There is no credential, and nothing to reach.
func (w *wiring) replayed(f provider.Flags, c provider.Choice, err error) (oneshot.Target, error) {
	model, tokens := w.tape.Player.First()
	t := oneshot.Target{
		Provider: "cassette", ProviderSource: "--replay", Model: model, ModelSource: "--replay", BaseURL: "http://cassette.invalid",
		Header: http.Header{}, Transport: w.tape.Player, MaxTokens: tokens, Images: true, PDF: true,
	}
	if f.Provider != "" && err != nil {
		return t, err
	}
	if err == nil && (f.Provider != "" || f.Model != "" || c.Model.Value == model) {
		t.Provider, t.ProviderSource, t.Thinking = c.Provider.Value, c.Provider.Source, string(c.Info.Thinking)
		t.Price, t.MaxTemperature, t.Context = price(c), c.Row.MaxTemperature, c.Info.Context
	}
	if f.Model != "" {
		t.Model, t.ModelSource = f.Model, "--model"
	}
	return t, nil
}

// connectTo gives the target its transport, which renewals share.
func (w *wiring) connectTo(t *oneshot.Target) error {
	rt, err := messages.NewTransport(messages.Net{Connect: w.connect, CAFile: w.caFile, Loopback: strings.HasPrefix(t.BaseURL, "http://127.0.0.1:")})
	if err == nil {
		t.Transport = w.tape.Over(rt, w.s.Secrets)
		w.s.Use(rt) // a renewal is never recorded
	}
	return err
}

// helpers names the auxiliary models: those of config.yaml, else the provider's own.
func (w *wiring) helpers(t *oneshot.Target, c provider.Choice) {
	aux := func(a config.Aux) func(context.Context) (oneshot.Target, error) {
		f := provider.Flags{Provider: c.Row.ID, Model: c.Row.AuxModel}
		if a.Provider != "" {
			f = provider.Flags{Provider: a.Provider}
		}
		if a.Model != "" {
			f.Model = a.Model
		}
		if f.Model == "" && f.Provider == c.Row.ID {
			return nil
		}
		return w.once(f)
	}
	t.Delegate, t.Vision = aux(w.s.Config.Auxiliary.Delegation), aux(w.s.Config.Auxiliary.Vision)
}

func price(c provider.Choice) oneshot.Price {
	p := c.Info.Price
	out := oneshot.Price{Input: p.Input, Output: p.Output, CacheRead: p.CacheRead, CacheWrite: p.CacheWrite, Plan: c.Credential.Value == "login"}
	if l := c.Info.LongPrice; c.Info.LongOver > 0 {
		out.LongOver = int64(c.Info.LongOver)
		out.Long = &oneshot.Price{Input: l.Input, Output: l.Output, CacheRead: l.CacheRead, CacheWrite: l.CacheWrite}
	}
	return out
}

// serveHere starts the sandbox inside this process.
func serveHere(ctx context.Context) (string, error) {
	srv, err := sandbox.New(sandbox.Options{AnyToken: true})
	if err != nil {
		return "", err
	}
	return srv.Listen(ctx, "127.0.0.1:0")
}

// record writes what outlives the run: the usage file. It never changes the run's end.
func (c *runCmd) record(sys *system, end output.RunEnd, run string) {
	if c.UsageFile == "" {
		return
	}
	if err := atomicfile.Write(c.UsageFile, output.NewUsageReport(end, run).JSON(), atomicfile.Options{Mode: 0o644, KeepMode: true}); err != nil {
		sys.notice("--usage-file: %v", err)
	}
}

// run serves the sandbox until a signal, or until stdin closes.
func (c *sandboxCmd) run(sys *system) error {
	o := sandbox.Options{
		Fault: c.Fault, Chaos: c.Chaos, AutoApprove: c.AutoApprove, TokenTTL: c.TokenTTL, PollInterval: c.PollInterval, ExpiresIn: c.ExpiresIn,
		Grace: c.Grace, ClockSkew: c.ClockSkew, RedirectOAuth: c.RedirectOAuth, AnyToken: c.AnyToken, AllowRemote: c.AllowRemote,
	}
	if c.Script != "" {
		raw, err := os.ReadFile(c.Script)
		if err != nil {
			return &usageError{"--script: " + err.Error()}
		}
		o.Script = &sandbox.Script{}
		if err := config.DecodeYAML(c.Script, raw, o.Script); err != nil {
			return err
		}
	}
	if c.Cassette != "" {
		f, err := os.Open(c.Cassette)
		if err != nil {
			return &usageError{"--cassette: " + err.Error()}
		}
		defer f.Close()
		o.Cassette = f
	}
	if c.Log != "" {
		f, err := os.OpenFile(c.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return &output.WriteError{Sink: "--log", Err: err}
		}
		defer f.Close()
		o.Log = f
	}
	srv, err := sandbox.New(o)
	if err != nil {
		return &usageError{err.Error()}
	}
	ctx, stop := context.WithCancel(sys.ctx)
	defer stop()
	if _, err := srv.Listen(ctx, c.Listen); err != nil {
		return &usageError{err.Error()}
	}
	if err := srv.Announce(sys.out); err != nil {
		return &output.WriteError{Sink: "stdout", Err: err}
	}
	if c.ExitOnStdinClose {
		go func() {
			_, _ = io.Copy(io.Discard, sys.in)
			stop()
		}()
	}
	return srv.Wait() // a signal is how it is meant to end
}

// run is `hermes auth VERB`.
func (c *authCmd) run(sys *system, verb string) error {
	s, err := sys.open(nil, false, c.Add.SetAside)
	if err != nil {
		return err
	}
	rt, err := messages.NewTransport(messages.Net{Connect: 10 * time.Second})
	if err != nil {
		return err
	}
	s.Use(rt)
	desk := sys.desk(s, rt)
	desk.SetAside = c.Add.SetAside
	name := map[string]string{
		"add": c.Add.Provider, "status": c.Status.Provider, "token": c.Token.Provider,
		"refresh": c.Refresh.Provider, "remove": c.Remove.Provider, "logout": c.Logout.Provider,
	}[verb]
	sys.ask(name)
	accounts, err := s.Accounts(name)
	if err != nil {
		return err
	}
	switch verb {
	case "add":
		return c.add(sys, desk, accounts[0])
	case "list":
		return desk.List(accounts, c.List.JSON)
	case "status":
		return desk.Status(accounts, c.Status.JSON)
	case "token":
		return desk.Token(sys.ctx, accounts[0], c.Token.Show)
	case "refresh":
		return desk.Refresh(sys.ctx, accounts[0], login.RefreshOptions{MinTTL: c.Refresh.MinTTL, JSON: c.Refresh.JSON})
	}
	return desk.Remove(sys.ctx, accounts[0], c.Remove.JSON || c.Logout.JSON)
}

func (c *authCmd) add(sys *system, desk login.Desk, a login.Account) error {
	o := login.AddOptions{NoBrowser: c.Add.NoBrowser, Timeout: c.Add.Timeout, JSON: c.Add.JSON}
	byKey := c.Add.Type == "api-key" || c.Add.Type == "api_key" || c.Add.Type == "" && (a.Kind == login.KindKey || a.KeyEnv != "")
	if byKey {
		return desk.AddKey(sys.ctx, a, o)
	}
	if c.Add.Region == "cn" {
		a.Region, a.Portal, a.Inference = "cn", provider.ChinaPortal, provider.ChinaPortal+"/anthropic"
	}
	if c.Add.PortalURL != "" {
		a.Portal, a.Inference = c.Add.PortalURL, strings.TrimRight(c.Add.PortalURL, "/")+"/anthropic"
	}
	if c.Add.InferenceURL != "" {
		a.Inference = c.Add.InferenceURL
	}
	a.ClientID = c.Add.ClientID
	return desk.Add(sys.ctx, a, o)
}

func (sys *system) desk(s *provider.Session, rt http.RoundTripper) login.Desk {
	ui := login.UI{
		In: sys.in, Out: sys.out, Err: sys.err, Terminal: sys.inTTY && sys.errTTY, OutTerminal: sys.outTTY, Getenv: sys.getenv,
		ReadSecret: func(prompt string) (string, error) {
			fmt.Fprint(sys.err, prompt)
			raw, err := term.ReadPassword(int(sys.in.Fd()))
			fmt.Fprintln(sys.err)
			return string(raw), err
		},
	}
	if !ui.Terminal {
		ui.BrowserWhy = "there is no terminal"
	} else {
		ui.OpenBrowser, ui.BrowserWhy = login.Browser(sys.getenv)
	}
	desk := login.Desk{UI: ui, Store: s.Store, EnvFile: filepath.Join(s.Home, ".env"), Transport: rt}
	if r, ok := provider.Lookup(s.Config.Model.Provider, s.Config.Providers); ok {
		desk.ConfigProvider = r.ID
	}
	return desk
}
