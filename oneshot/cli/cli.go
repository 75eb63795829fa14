// Package cli is the command line: it alone knows flags, environment, terminals, signals, exit codes and words for people.
package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"hermes/authfile"
	"hermes/authfile/atomicfile"
	"hermes/oneshot"
	"hermes/oneshot/batch"
	"hermes/oneshot/bill"
	"hermes/oneshot/cassette"
	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/ledger"
	"hermes/oneshot/output"
	"hermes/oneshot/shell"
	"hermes/oneshot/supervise"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/dial"
	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/doctor"
	"hermes/provider/login"
	"hermes/provider/rows"
	"hermes/provider/sandbox"
	"hermes/provider/setup"
)

// Build says what was built.
type Build struct{ Version, Commit, Date string }

// grammar is the whole grammar.
type grammar struct {
	Run        runCmd             `cmd:"" default:"withargs" help:"Send one prompt and write the answer (the default command)."`
	Batch      batchCmd           `cmd:"" help:"Answer JSON lines of requests, as JSON lines in the same order."`
	Auth       login.Command      `cmd:"" help:"Log in, see and remove logins and keys."`
	Model      setup.ModelCommand `cmd:"" help:"Pick, list or set the model."`
	Setup      setup.Command      `cmd:"" help:"Configure step by step: provider, login or key, model, a test question."`
	Config     config.Command     `cmd:"" help:"See and change config.yaml and the keys of .env."`
	Usage      ledger.Command     `cmd:"" help:"Sum up what the runs of this home used and cost."`
	Doctor     doctor.Command     `cmd:"" help:"Examine the home: files, settings, logins; exit 1 when something is wrong."`
	Sandbox    sandbox.Command    `cmd:"" help:"Serve a local stand-in for the MiniMax portal and its inference endpoint."`
	Schema     schemaCmd          `cmd:"" help:"Print the JSON Schema of what hermes prints."`
	Completion completionCmd      `cmd:"" help:"Print the completion script of a shell."`
	Man        manCmd             `cmd:"" help:"Print the manual page."`
	Version    versionCmd         `cmd:"" help:"Print the version."`
	Help       helpCmd            `cmd:"" help:"Show the help of a command."`

	ShowVersion bool `name:"version" help:"Print the version and exit."`
}

type schemaCmd struct {
	Name string `arg:"" enum:"events,result,batch" help:"Which one: ${enum}."`
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Which one: ${enum}."`
}

type manCmd struct{}

type versionCmd struct {
	JSON bool `help:"As JSON, with the dependencies."`
}

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command; all of them without one."`
}

// runCmd is the default command.
type runCmd struct{ oneshot.Flags }

// batchCmd has those flags of run that hold for every row.
type batchCmd struct{ batch.Flags }

// system is the outside as a value.
type system struct {
	build         Build
	args          []string
	in, out, err  *os.File
	getenv        func(string) string
	ctx, kill     context.Context
	renewing      atomic.Pointer[func() bool] // a renewal is under way and must be finished
	inTTY, outTTY bool
	errTTY        bool
	quiet         bool // no notices; set before anything runs beside
	tape          cassette.Deck
	wiring        *wiring
	network       dial.Net               // how servers are reached: every transport is made from it, the renewing helper's too
	provider      atomic.Pointer[string] // who was asked, for hints: what follows hermes auth add
}

// exitPanic unwinds kong's exit hook, which must not return.
type exitPanic int

// Main runs the command that os.Args names, and gives the exit code.
func Main(build Build) int {
	supervise.AbortOnCrash()
	sys := &system{
		build: build, args: os.Args[1:], in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		inTTY: isatty.IsTerminal(os.Stdin.Fd()), outTTY: isatty.IsTerminal(os.Stdout.Fd()), errTTY: isatty.IsTerminal(os.Stderr.Fd()),
	}
	return supervise.Run(func(ctx, kill context.Context) int {
		sys.ctx, sys.kill = ctx, kill
		return sys.run()
	}, sys.busy, sys.giveUp, func(cause error) int { return sys.explain(cause).Code })
}

// busy says whether a renewal that was sent is not saved yet, in whichever process.
func (sys *system) busy() bool { return sys.renewing.Load() != nil && (*sys.renewing.Load())() }

// giveUp tells what a second SIGINT did not wait for.
func (sys *system) giveUp() {
	sys.notice("a second SIGINT: not waiting for the renewal of the login any longer; if its answer is lost, the next run asks for a new login")
}

// run parses the words and runs the command.
func (sys *system) run() (code int) {
	defer func() {
		if p := recover(); p != nil {
			if n, ok := p.(exitPanic); ok {
				code = int(n)
				return
			}
			code = sys.report(&guard.PanicError{Value: p, Stack: debug.Stack()})
		}
	}()
	switch { // what shells ask at their start needs no grammar
	case slices.Equal(sys.args, []string{"--version"}):
		return sys.report(versionCmd{}.run(sys))
	case len(sys.args) == 2 && sys.args[0] == "completion" && slices.Contains(shell.Shells(), sys.args[1]):
		return sys.report(completionCmd{sys.args[1]}.run(sys))
	}
	if words, ok := shell.WantsHelp(sys.args); ok {
		root := describe(nil)
		return sys.report(sys.help(root, root.Path(words)))
	}
	if shell.Suspicious(sys.args, commands()) {
		words, refusal := shell.Untangle(sys.args, describe(nil))
		if refusal != "" {
			return sys.refuse(errors.New(refusal))
		}
		sys.args = words
	}
	var g grammar
	command, err := sys.parse(&g)
	if err != nil {
		return sys.refuse(err)
	}
	if g.ShowVersion {
		return sys.report(versionCmd{}.run(sys))
	}
	return sys.report(sys.dispatch(command, &g))
}

// parse reads the words, by as little of the grammar as will do, and names the command.
func (sys *system) parse(g *grammar) (string, error) {
	if command, ok := sys.parseShort(g); ok {
		return command, nil
	}
	*g = grammar{}
	cmd, err := sys.parseBy(g, sys.args)
	if err == nil {
		return cmd.Command(), nil
	}
	words := shell.Permute(sys.args, describe(nil))
	if words == nil || !strings.HasPrefix(err.Error(), "unexpected argument") {
		return "", err
	}
	*g = grammar{}
	_, err = sys.parseBy(g, words)
	return "run", err
}

// parseBy reads the words by a grammar. A file without a name is refused: it is a variable of a script that was not set.
func (sys *system) parseBy(grammar any, words []string, options ...kong.Option) (*kong.Context, error) {
	cmd, err := sys.parser(grammar, options...).Parse(words)
	if err != nil {
		return nil, err
	}
	for _, p := range cmd.Path {
		switch {
		case p.Flag != nil && strings.Contains(p.Flag.PlaceHolder, "FILE") && isEmpty(p.Flag.Target):
			return nil, fmt.Errorf("--%s needs the name of a file, and it is empty", p.Flag.Name)
		case p.Positional != nil && p.Positional.Name == "file" && isEmpty(p.Positional.Target):
			return nil, errors.New("the name of the file is empty")
		}
	}
	return cmd, nil
}

// isEmpty reports a word, or one of several, that is empty.
func isEmpty(v reflect.Value) bool {
	if all, ok := v.Interface().([]string); ok {
		return slices.Contains(all, "")
	}
	return v.Kind() == reflect.String && v.Len() == 0
}

// parseShort reads the line of a command by that command, and the line of a prompt by the flags that it names: none, and
// there is nothing to parse. Where a command's name stands among other words the whole grammar has to say what it is.
func (sys *system) parseShort(g *grammar) (string, bool) {
	names := commands()
	isFlag := func(w string) bool { return strings.HasPrefix(w, "-") }
	switch {
	case len(sys.args) > 0 && slices.Contains(names, sys.args[0]):
		return sys.parsePart(g)
	case slices.ContainsFunc(sys.args, func(w string) bool { return slices.Contains(names, w) }):
		return "", false
	case !slices.ContainsFunc(sys.args, isFlag):
		g.Run.Prompt = sys.args
	default:
		if _, ok := sys.parsePart(&g.Run.Flags); !ok {
			return "", false
		}
	}
	g.Run.dropName()
	return "run", true
}

// parsePart reads the words by the part of the grammar that they name. To build the whole takes as long as a request.
func (sys *system) parsePart(grammar any) (string, bool) {
	part, widen := shell.Narrow(grammar, sys.args)
	cmd, err := sys.parseBy(part, sys.args, kong.NoDefaultHelp())
	if err != nil {
		return "", false
	}
	widen()
	return cmd.Command(), true
}

// dropName drops the command's own name before the prompt, which the flags alone do not know.
func (c *runCmd) dropName() {
	if len(c.Prompt) > 0 && c.Prompt[0] == "run" {
		c.Prompt = c.Prompt[1:]
	}
}

// commands are the names of the commands but run, which kong makes of the fields' names too.
func commands() []string {
	var all []string
	for f := range reflect.TypeFor[grammar]().Fields() {
		if _, ok := f.Tag.Lookup("cmd"); ok && f.Name != "Run" {
			all = append(all, strings.ToLower(f.Name))
		}
	}
	return all
}

// parser panics for a grammar that makes no sense, which the first test would see.
func (sys *system) parser(grammar any, options ...kong.Option) *kong.Kong {
	return kong.Must(grammar, append(options,
		kong.Name("hermes"), kong.Writers(sys.out, sys.err),
		kong.KindMapper(reflect.String, kong.MapperFunc(asGiven)), kong.KindMapper(reflect.Map, kong.MapperFunc(pairAsGiven)),
		kong.Exit(func(n int) { panic(exitPanic(n)) }),
		kong.Help(func(_ kong.HelpOptions, ctx *kong.Context) error { // of -h among other letters
			root := describe(nil)
			return sys.help(root, root.Path(strings.Fields(ctx.Command())))
		}))...)
}

// asGiven takes a word byte for byte. kong's own mapper sends it through JSON, which replaces what is not UTF-8.
func asGiven(ctx *kong.DecodeContext, target reflect.Value) error {
	word, err := ctx.Scan.PopValue("string")
	if err == nil {
		target.SetString(word.String())
	}
	return err
}

// pairAsGiven takes NAME=VALUE byte for byte.
func pairAsGiven(ctx *kong.DecodeContext, target reflect.Value) error {
	word, err := ctx.Scan.PopValue("NAME=VALUE")
	if err != nil {
		return err
	}
	name, value, ok := strings.Cut(word.String(), "=")
	if !ok {
		return fmt.Errorf("%q is not NAME=VALUE", word.String())
	}
	if target.IsNil() {
		target.Set(reflect.MakeMap(target.Type()))
	}
	target.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(value))
	return nil
}

// help prints the help of a command, with the exit codes below that of what asks a model.
func (sys *system) help(root shell.Command, path []string) error {
	width := 80
	if sys.outTTY {
		if columns, _, err := term.GetSize(int(sys.out.Fd())); err == nil {
			width = min(max(columns, 40), 100)
		}
	}
	text := shell.Help(root, path, width)
	if name := strings.Join(path, " "); name == "" || name == "run" || name == "batch" {
		text += "\nExit codes:\n" + shell.Codes(codes(), min(width, 78))
	}
	return sys.print([]byte(text), nil)
}

// codes are the exit codes and the error classes of each.
func codes() []shell.Code {
	all := []shell.Code{{Code: 0, Means: []string{"a complete answer"}}}
	for _, x := range output.Exits() {
		if last := &all[len(all)-1]; last.Code == x.Code {
			last.Means = append(last.Means, string(x.Class))
		} else {
			all = append(all, shell.Code{Code: x.Code, Means: []string{string(x.Class)}})
		}
	}
	return all
}

// refuse reports a line that does not parse. Where the words already name a machine's format, run.end says so too.
func (sys *system) refuse(err error) int {
	msg := shell.Foreign(shell.Reword(err.Error(), config.Nearest))
	if root := describe(nil); strings.HasPrefix(msg, "expected one of ") {
		msg = "hermes " + root.Ask(root.Path(sys.args))
	}
	if strings.HasPrefix(msg, "unexpected argument") || strings.Contains(msg, "applies to the default command") {
		msg += shell.AsCommand(sys.args, describe(nil))
	}
	c := &runCmd{oneshot.Overheard(sys.args)}
	c.Default(oneshot.Defaults{})
	bad := error(&input.Error{ErrClass: class.Usage, Msg: msg})
	if c.OutputFormat != "text" || c.Events != "" || c.UsageFile != "" {
		em, _ := c.sinks(sys)
		job := oneshot.Job{Explain: sys.explain, Version: sys.build.Version, Record: c.recorder(sys, nil), Report: c.UsageReport(sys.out, sys.replaceFile)}
		bad = oneshot.Fail(job, em, bad)
	}
	return sys.report(bad)
}

// explain turns an error into what the events and the person hear of it.
func (sys *system) explain(err error) output.Failure {
	words := sys.asked()
	f := oneshot.Explain(err, words)
	id, _, _ := strings.Cut(words, " ")
	if row, ok := provider.BuiltIn().Lookup(id); ok && row.Account().Kind != login.KindOAuth {
		words = ""
	}
	if advice := login.Advice(err, words); advice != "" {
		f.Hint = advice
	}
	return f
}

// exitStatus is a command's own verdict, which it has already put into words.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// report writes the one line that every failure gets, and gives the exit code.
func (sys *system) report(err error) int {
	if err == nil {
		return 0
	}
	if verdict, ok := errors.AsType[exitStatus](err); ok {
		return int(verdict)
	}
	f := sys.explain(err)
	if f.Class != class.PipeClosed {
		sys.notice("%s", strings.Join(strings.Fields(f.Message+"; "+f.Hint), " "))
	}
	return f.Code
}

// dispatch calls the command.
func (sys *system) dispatch(command string, g *grammar) error {
	name, rest, _ := strings.Cut(command, " ")
	switch name {
	case "run":
		return g.Run.run(sys)
	case "batch":
		return g.Batch.run(sys)
	case "config":
		verb, _, _ := strings.Cut(rest, " ")
		return sys.config(&g.Config, verb)
	case "auth":
		verb, _, _ := strings.Cut(rest, " ")
		return sys.auth(&g.Auth, verb)
	case "model", "setup":
		verb, _, _ := strings.Cut(rest, " ")
		return sys.choose(g, name, verb)
	case "usage":
		return sys.usage(&g.Usage)
	case "doctor":
		return sys.doctor(&g.Doctor)
	case "sandbox":
		return g.Sandbox.Run(sys.ctx, sys.in, sys.out, config.DecodeYAML)
	case "completion":
		return g.Completion.run(sys)
	case "help":
		root := describe(nil)
		return sys.help(root, root.Path(g.Help.Command))
	case "man":
		return sys.print([]byte(shell.Man(describe(nil), sys.page())), nil)
	case "schema":
		raw, err := output.Schema(g.Schema.Name)
		return sys.print(raw, err)
	}
	return g.Version.run(sys)
}

// values are the closed lists that no tag of the grammar holds, which completions offer.
func values() map[string][]string {
	return map[string][]string{
		"provider": provider.BuiltIn().Names(), "model": provider.BuiltIn().ModelNames(), "key": config.Names(), "command": append([]string{"run"}, commands()...),
	}
}

// describe is the model of the grammar.
func describe(values map[string][]string) shell.Command {
	root := shell.Describe("hermes", reflect.TypeFor[grammar](), values)
	root.Help = "Send one prompt to a language model and write the answer."
	return root
}

// page is the manual page's own part.
func (sys *system) page() shell.Page {
	return shell.Page{Version: sys.build.Version, Date: sys.build.Date, Exits: codes(), Files: [][2]string{
		{"~/.hermes/config.yaml", "settings, shared with Hermes Agent"},
		{"~/.hermes/.env", "API keys"},
		{"~/.hermes/auth.json", "logins, shared with Hermes Agent"},
		{"~/.hermes/usage.jsonl", "one line a run"},
	}}
}

func (sys *system) print(raw []byte, err error) error {
	if err == nil {
		if _, werr := sys.out.Write(raw); werr != nil {
			err = &output.WriteError{Sink: "stdout", Err: werr}
		}
	}
	return err
}

func (c completionCmd) run(sys *system) error {
	known := values()
	home, err := sys.home()
	if err == nil {
		known = ownNames(known, home)
	}
	text, err := shell.Completion(c.Shell, describe(known))
	return sys.print([]byte(text), err)
}

// ownNames adds the rows of the home's config.yaml.
func ownNames(known map[string][]string, home string) map[string][]string {
	if own, err := config.Load(filepath.Join(home, "config.yaml")); err == nil { // a broken one is no matter here
		for _, r := range own.Providers {
			known["provider"], known["model"] = append(known["provider"], plainNames(r.Name)...), append(known["model"], plainNames(r.DefaultModel)...)
		}
	}
	return known
}

// plainNames are those of the names that mean nothing to a shell, which reads them as part of a script.
func plainNames(names ...string) []string {
	return slices.DeleteFunc(names, func(s string) bool {
		return s == "" || strings.ContainsFunc(s, func(r rune) bool {
			return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:/@+", r)
		})
	})
}

func (c versionCmd) run(sys *system) error {
	if !c.JSON {
		return sys.print([]byte("hermes "+sys.build.Version+"\n"), nil)
	}
	deps := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			deps[d.Path] = d.Version
		}
	}
	raw, err := json.MarshalIndent(map[string]any{
		"version": sys.build.Version, "commit": sys.build.Commit, "date": sys.build.Date, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "deps": deps,
	}, "", "  ")
	return sys.print(append(raw, '\n'), err)
}

// home is where config.yaml, .env and auth.json live.
func (sys *system) home() (string, error) { return provider.Home(sys.getenv) }

// ledgerOf is where the runs of a home are noted.
func ledgerOf(home string) string { return filepath.Join(home, "usage.jsonl") }

// usage is `hermes usage`.
func (sys *system) usage(c *ledger.Command) error {
	home, err := sys.home()
	if err != nil {
		return err
	}
	return c.Run(ledgerOf(home), output.Printable(sys.out), sys.outTTY, time.Now())
}

// ask notes who is asked, for the hints.
func (sys *system) ask(name string) {
	if name != "" {
		sys.provider.Store(&name)
	}
}

func (sys *system) asked() string {
	if name := sys.provider.Load(); name != nil {
		return *name
	}
	return "minimax-oauth"
}

// notice writes one line for a person.
func (sys *system) notice(format string, args ...any) {
	fmt.Fprintln(output.Printable(sys.err), "hermes:", strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " "))
}

// open reads the home. quiet drops notices, never errors.
func (sys *system) open(lockTimeout *time.Duration, quiet, setAside bool) (*provider.Session, error) {
	sys.quiet = quiet
	home, err := sys.home()
	if err != nil {
		return nil, err
	}
	tell := func(format string, args ...any) {
		if !sys.quiet {
			sys.notice(format, args...)
		}
	}
	o := authfile.Options{SetAside: setAside, Warn: func(_, msg string) { tell("%s", msg) }}
	o.Waiting = func(h authfile.Holder) {
		tell("waiting for process %d (%s, %s) to renew the login", h.PID, h.Name, h.State)
	}
	if lockTimeout != nil {
		o.LockTimeout = *lockTimeout
	}
	// Supervisors, and terminals that close, kill a whole group.
	o.Detach = login.Helper(home, sys.getenv, func() any { return sys.network })
	var flags oneshot.Flags // none: config.yaml decides, then the defaults
	s, err := provider.Open(home, sys.getenv, o)
	if err == nil {
		busy := s.Store.Busy
		sys.renewing.Store(&busy)
		flags.Default(oneshot.Defaults(s.Config.Oneshot))
	} else {
		flags.Default(oneshot.Defaults{})
	}
	sys.reach(&flags)
	return s, err
}

// reach notes how servers are reached, by flags after Default.
func (sys *system) reach(f *oneshot.Flags) {
	sys.network = dial.Net{Connect: *f.ConnectTimeout, CAFile: f.CAFile, CertFile: sys.getenv("SSL_CERT_FILE")}
}

// run sends the prompt. Whatever fails before it does is the end of a run too, for all who listen.
func (c *runCmd) run(sys *system) error {
	sys.ask(c.Provider)
	session, err := sys.open(c.LockTimeout, c.Quiet != nil && *c.Quiet, false)
	if err != nil {
		c.Default(oneshot.Defaults{})
	} else {
		c.Default(oneshot.Defaults(session.Config.Oneshot))
	}
	sys.quiet = *c.Quiet
	if err == nil && !c.Prompted() && (sys.inTTY || c.Stdin == "never") {
		err = &input.Error{ErrClass: class.Usage, Msg: "no prompt: hermes [flags] PROMPT, or pipe it in"}
	}
	defer c.bound(sys)()
	em, oerr := c.sinks(sys)
	if err == nil {
		err = oerr
	}
	job := oneshot.Job{Explain: sys.explain, Version: sys.build.Version, Kill: sys.kill, Keep: c.Events != "" || c.OutputFormat != "text"}
	job.Record, job.Report = c.recorder(sys, session), c.UsageReport(sys.out, sys.replaceFile)
	if err == nil {
		err = c.fill(sys, &job, session, em)
	}
	switch {
	case err != nil:
		return oneshot.Fail(job, em, err)
	case c.DryRun:
		return oneshot.DryRun(sys.ctx, job, sys.out)
	}
	if sys.errTTY && !*c.Quiet && !*c.ShowThinking { // the reasoning is progress enough, and shares the terminal
		job.Progress = output.NewProgress(sys.err)
	}
	err = oneshot.Run(sys.ctx, job, em)
	if err := sys.tape.End(); err != nil {
		sys.notice("--record: %v", err)
	}
	return err
}

// sinks opens the places for the answer and the events. With an error the emitter has those that could be opened; where two
// places are one, none but stdout is, and no other report is written.
func (c *runCmd) sinks(sys *system) (*output.Emitter, error) {
	spec := c.Spec(sys.out, sys.err, sys.outTTY)
	if err := c.CheckPlaces(sys.in, sys.out); err != nil {
		c.UsageFile, spec.Events = "", ""
		em, _ := output.Open(sys.ctx, spec)
		return em, err
	}
	err := c.tryUsageFile()
	if c.ToFile() && !c.DryRun && err == nil {
		var f *atomicfile.Pending
		create := func() (*atomicfile.Pending, error) { return atomicfile.Create(c.Output, 0o644) }
		if f, err = output.Within(sys.ctx, c.Output, create); err == nil {
			spec.File = &output.Pending{Name: c.Output, Writer: f, Commit: f.Commit, Discard: f.Discard}
		} else {
			err = oneshot.CannotWrite(c.Output, err)
		}
	}
	em, oerr := output.Open(sys.ctx, spec)
	if err == nil {
		err = oerr
	}
	return em, err
}

// tryUsageFile finds out before anything is sent whether the report can be written. A pipe or a device is not tried.
func (c *runCmd) tryUsageFile() error {
	info, err := os.Stat(c.UsageFile)
	if c.UsageFile == "" || c.UsageFile == "-" || err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	}
	f, err := atomicfile.Create(c.UsageFile, 0o644)
	if err != nil {
		return oneshot.CannotWrite(c.UsageFile, err)
	}
	f.Discard()
	return nil
}

// replaceFile writes a file whole.
func (sys *system) replaceFile(name string, data []byte) error {
	_, err := output.Within(sys.ctx, name, func() (struct{}, error) {
		return struct{}{}, atomicfile.Write(name, data, atomicfile.Options{Mode: 0o644, KeepMode: true})
	})
	return err
}

// bound lets the deadline of a run begin now: to open its files is part of it. The returned function takes it away.
func (c *runCmd) bound(sys *system) (undo func()) {
	if c.Deadline == nil || *c.Deadline <= 0 {
		return func() {}
	}
	ctx, stop := context.WithTimeoutCause(sys.ctx, *c.Deadline, &oneshot.DeadlineError{After: *c.Deadline})
	was := sys.ctx
	sys.ctx = ctx
	return func() {
		stop()
		sys.ctx = was
	}
}

// run answers the rows.
func (c *batchCmd) run(sys *system) error {
	if sys.inTTY && (c.Requests == "" || c.Requests == "-") {
		return &input.Error{ErrClass: class.Usage, Msg: "no requests: hermes batch FILE, or pipe them in"}
	}
	if output.Closed(sys.out) {
		return oneshot.ClosedStdout()
	}
	in, err := c.Open(sys.in)
	if err != nil {
		return err
	}
	defer in.Close()
	sys.ask(c.Provider)
	s, err := sys.open(nil, false, false)
	if err != nil {
		return err
	}
	each := runCmd{c.Each()}
	each.Default(oneshot.Defaults(s.Config.Oneshot))
	job := oneshot.Job{Explain: sys.explain, Version: sys.build.Version, Kill: sys.kill, Record: each.recorder(sys, s)}
	if err := each.fill(sys, &job, s, output.NewEmitter()); err != nil {
		return err
	}
	return batch.Run(sys.ctx, batch.Options{
		In: in, Out: sys.out, Jobs: c.Jobs, Job: job, Model: c.Model, OpenAI: c.Format == "openai", Target: sys.wiring.rows(c.Provider),
	})
}

// rows finds what a row asks that names a provider or a model, each once.
func (w *wiring) rows(common string) func(name, model string) oneshot.Candidate {
	var mu sync.Mutex
	known := map[provider.Flags]oneshot.Candidate{}
	return func(name, model string) oneshot.Candidate {
		f := provider.Flags{Provider: cmp.Or(name, common), Model: model}
		mu.Lock()
		defer mu.Unlock()
		c, ok := known[f]
		if !ok {
			c = oneshot.Candidate{Name: f.Provider, Resolve: w.once(f, func() (provider.Choice, error) { return w.s.Resolve(f) })}
			known[f] = c
		}
		return c
	}
}

// config is `hermes config VERB`; explain and set alone need to know who would be asked.
func (sys *system) config(c *config.Command, verb string) error {
	home, err := sys.home()
	if err != nil {
		return err
	}
	desk := config.Desk{Home: home, In: sys.in, Out: output.Printable(sys.out), Err: output.Printable(sys.err), Getenv: sys.getenv}
	switch {
	case verb == "edit":
		desk.Err = sys.err // the editor's screen
	case !sys.outTTY && (verb == "get" || verb == "path"):
		desk.Out = sys.out // the value itself, for a script
	}
	if verb == "explain" || verb == "set" {
		s, err := sys.open(nil, false, false)
		switch {
		case err == nil:
			desk.Decided, desk.Doubt = s.Decided, s.Doubt
		case verb == "explain":
			return err
		}
	}
	return c.Do(verb, desk)
}

// doctor is `hermes doctor`, which works where nothing else does: a home that cannot be opened is a finding.
func (sys *system) doctor(c *doctor.Command) error {
	home, err := sys.home()
	if err != nil {
		return err
	}
	desk := doctor.Desk{Home: home, Getenv: sys.getenv, Now: time.Now, Endpoint: endpoint}
	desk.Session, desk.Broken = sys.open(nil, true, false)
	desk.Dial = func() (http.RoundTripper, error) { return dial.NewTransport(sys.network) }
	healthy, err := c.Run(sys.ctx, desk, output.Printable(sys.out))
	switch {
	case err != nil:
		return &output.WriteError{Sink: "stdout", Err: err}
	case !healthy:
		return exitStatus(1)
	}
	return nil
}

// fill turns flags and config.yaml into the job.
func (c *runCmd) fill(sys *system, job *oneshot.Job, s *provider.Session, em *output.Emitter) (err error) {
	if err := c.Fill(sys.ctx, job, sys.in, sys.inTTY); err != nil {
		return err
	}
	if c.Debug {
		job.Limits.Trace = func(line string) { sys.notice("%s", line) }
	}
	if !*c.Quiet {
		job.Input.Notice = func() {
			sys.notice("reading stdin, which is silent so far; close it, or pass --stdin never")
		}
	}
	s.OnRenew = func(id string, r authfile.Renewal) {
		_ = em.Emit(output.AuthRefresh{Provider: id, WaitedMS: r.Waited.Milliseconds(), Adopted: r.Adopted})
	}
	sys.reach(&c.Flags)
	job.Targets, err = c.targets(sys, s)
	return err
}

// targets are the provider that was resolved, and the fallbacks of config.yaml behind it.
func (c *runCmd) targets(sys *system, s *provider.Session) ([]oneshot.Candidate, error) {
	w := &wiring{sys: sys, s: s}
	sys.wiring = w
	err := s.Check()
	if err != nil {
		return nil, err
	}
	if sys.tape, err = cassette.Open(c.Record, c.Replay); err != nil {
		return nil, err
	}
	flags := provider.Flags{Provider: c.Provider, Model: c.Model}
	all := []oneshot.Candidate{{Name: c.Provider, Resolve: w.once(flags, func() (provider.Choice, error) { return s.Resolve(flags) })}}
	if !*c.Fallback || c.Replay != "" {
		return all, nil
	}
	for _, f := range s.Config.Fallbacks {
		all = append(all, oneshot.Candidate{Name: f.Provider, Resolve: w.beside(f, s.Fallback)})
	}
	return all, nil
}

// wiring makes targets of choices: the one place where the two halves meet.
type wiring struct {
	mu  sync.Mutex // one target at a time: the rows of a batch come side by side
	sys *system
	s   *provider.Session
}

func (w *wiring) once(f provider.Flags, resolve func() (provider.Choice, error)) func(context.Context) (oneshot.Target, error) {
	return oneshot.Once(w.sys.ctx, func(ctx context.Context) (oneshot.Target, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.target(ctx, f, resolve)
	})
}

// beside is the target of a fallback or a helper.
func (w *wiring) beside(e config.Entry, resolve func(config.Entry) (provider.Choice, error)) func(context.Context) (oneshot.Target, error) {
	return w.once(provider.Flags{Provider: e.Provider, Model: e.Model}, func() (provider.Choice, error) { return resolve(e) })
}

// target makes a target of a choice. f are the words that chose, for a cassette.
func (w *wiring) target(ctx context.Context, f provider.Flags, resolve func() (provider.Choice, error)) (oneshot.Target, error) {
	choice, err := resolve()
	if w.sys.tape.Player != nil {
		return w.replayed(f, choice, err)
	}
	if err != nil {
		return oneshot.Target{}, err
	}
	w.sys.ask(choice.AuthArgs())
	t := oneshot.Target{
		Provider: choice.Provider.Value, ProviderSource: choice.Provider.Source, Model: choice.Model.Value, ModelSource: choice.Model.Source,
		BaseURL: choice.BaseURL.Value, Header: http.Header{"User-Agent": {"hermes/" + w.sys.build.Version}}, Token: w.s.Token(choice),
		Context: choice.Info.Context, MaxTokens: choice.Info.MaxOutput, Images: choice.Info.Images, PDF: choice.Info.PDF,
		Protocol: protocol(choice), Price: price(choice), MaxTemperature: choice.Row.Quirks.MaxTemperature,
		Settings: map[string]string{
			"base_url":   choice.Address().Value + " (" + choice.BaseURL.Source + ")",
			"credential": choice.Credential.Value + " (" + choice.Credential.Source + ")",
		},
	}
	for name, value := range choice.Row.Headers {
		t.Header.Set(name, value)
		t.Secrets = append(t.Secrets, value)
	}
	for _, m := range choice.Row.Extra {
		t.Extra = append(t.Extra, wire.Field{Name: m.Name, Value: m.Value})
	}
	for _, n := range choice.Notices {
		t.Warnings = append(t.Warnings, output.Warning{Code: n.Code, Message: n.Text})
		if !w.sys.quiet {
			w.sys.notice("%s", n.Text)
		}
	}
	if choice.Row.Serve == rows.InProcess {
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
	model, tokens := w.sys.tape.Player.First()
	t := oneshot.Target{
		Provider: "cassette", ProviderSource: "--replay", Model: model, ModelSource: "--replay", BaseURL: "http://cassette.invalid",
		Header: http.Header{}, Protocol: anthropic.Protocol{}, Transport: w.sys.tape.Player, MaxTokens: tokens, Images: true, PDF: true,
	}
	if f.Provider != "" && err != nil {
		return t, err
	}
	if err == nil && (f.Provider != "" || f.Model != "" || c.Model.Value == model) {
		t.Provider, t.ProviderSource, t.Protocol = c.Provider.Value, c.Provider.Source, protocol(c)
		t.Price, t.MaxTemperature, t.Context = price(c), c.Row.Quirks.MaxTemperature, c.Info.Context
	}
	if f.Model != "" {
		t.Model, t.ModelSource = f.Model, "--model"
	}
	return t, nil
}

// connectTo gives the target its transport, which renewals share.
func (w *wiring) connectTo(t *oneshot.Target) error {
	n := w.sys.network
	n.Loopback = strings.HasPrefix(t.BaseURL, "http://127.0.0.1:")
	rt, err := dial.NewTransport(n)
	if err == nil {
		t.Transport = w.sys.tape.Over(rt, w.s.Secrets)
		w.s.Use(rt) // a renewal is never recorded
	}
	return err
}

// helpers names the auxiliary models: those of config.yaml, else the provider's own.
func (w *wiring) helpers(t *oneshot.Target, c provider.Choice) {
	aux := func(e config.Entry, images bool) func(context.Context) (oneshot.Target, error) {
		if e, ok := c.Helper(e, images); ok {
			return w.beside(e, w.s.Helper)
		}
		return nil
	}
	t.Delegate, t.Vision = aux(w.s.Config.Auxiliary.Delegation, false), aux(w.s.Config.Auxiliary.Vision, true)
}

// protocol is what the chosen provider speaks.
func protocol(c provider.Choice) wire.Protocol {
	return anthropic.Protocol{APIKey: c.Row.Quirks.KeyHeader == rows.XAPIKey, Thinking: anthropic.Thinking(c.Info.Thinking)}
}

// endpoint is the address of a message at a base URL, "" where it makes none.
func endpoint(base string) string {
	u, err := wire.Endpoint(anthropic.Protocol{}, base, &wire.Request{})
	if err != nil {
		return ""
	}
	return wire.Shown(u)
}

func price(c provider.Choice) bill.Price {
	p := c.Info.Price
	out := bill.Price{Input: p.Input, Output: p.Output, CacheRead: p.CacheRead, CacheWrite: p.CacheWrite, Plan: c.Credential.Value == "login"}
	if l := c.Info.LongPrice; c.Info.LongOver > 0 {
		out.LongOver = int64(c.Info.LongOver)
		out.Long = &bill.Price{Input: l.Input, Output: l.Output, CacheRead: l.CacheRead, CacheWrite: l.CacheWrite}
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

// recorder writes what outlives the run: a line of the ledger. It never changes the run's end.
func (c *runCmd) recorder(sys *system, s *provider.Session) func(end output.RunEnd, run string) {
	return func(end output.RunEnd, run string) {
		if s == nil || c.DryRun {
			return
		}
		if on := s.Config.Oneshot.UsageLedger; on == nil || *on {
			_ = ledger.Append(ledgerOf(s.Home), ledger.MaxSize, run, end)
		}
	}
}

// auth is `hermes auth VERB`.
func (sys *system) auth(c *login.Command, verb string) error {
	sys.ask(c.Named(verb))
	s, desk, err := sys.loginDesk(c.Add.SetAside, c.Assists())
	if err != nil {
		return err
	}
	accounts, err := s.Accounts(c.Named(verb))
	if err != nil {
		return err
	}
	if c.Named(verb) != "" {
		sys.ask(accounts[0].AddArgs())
	}
	return c.Do(sys.ctx, verb, desk, accounts)
}

// choose is `hermes model` and `hermes setup`.
func (sys *system) choose(g *grammar, name, verb string) error {
	s, desk, err := sys.loginDesk(false, false)
	if err != nil {
		return err
	}
	d := &setup.Desk{Session: s, Login: desk}
	if name == "model" {
		return g.Model.Do(sys.ctx, verb, d)
	}
	return g.Setup.Run(sys.ctx, d, func() error {
		sys.args = []string{"run", "--stdin=never", "Say hello in one line."}
		if code := sys.run(); code != 0 {
			return exitStatus(code)
		}
		return nil
	})
}

// loginDesk opens the home for a login. A helper process reaches servers as its parent does, not as config.yaml says.
func (sys *system) loginDesk(setAside, helper bool) (*provider.Session, login.Desk, error) {
	s, err := sys.open(nil, false, setAside)
	if err != nil {
		return nil, login.Desk{}, err
	}
	var rejected string
	if helper {
		if rejected, err = login.Told(sys.in, &sys.network); err != nil {
			return nil, login.Desk{}, err
		}
	}
	rt, err := dial.NewTransport(sys.network)
	if err != nil {
		return nil, login.Desk{}, err
	}
	s.Use(rt)
	desk := sys.desk(s, rt)
	desk.Rejected = rejected
	return s, desk, nil
}

func (sys *system) desk(s *provider.Session, rt http.RoundTripper) login.Desk {
	ui := login.UI{
		In: sys.in, Out: output.Printable(sys.out), Err: output.Printable(sys.err),
		Terminal: sys.inTTY && sys.errTTY, OutTerminal: sys.outTTY, Getenv: sys.getenv,
	}
	if sys.inTTY {
		ui.ReadSecret = sys.readSecret
	}
	if !ui.Terminal {
		ui.BrowserWhy = "there is no terminal"
	} else {
		ui.OpenBrowser, ui.BrowserWhy = login.Browser(sys.getenv)
	}
	desk := login.Desk{UI: ui, Store: s.Store, EnvFile: filepath.Join(s.Home, ".env"), Transport: rt}
	if r, ok := s.Rows().Configured(s.Config); ok {
		desk.ConfigProvider = r.ID
	}
	return desk
}

// readSecret asks on the terminal. The echo is off before the question is there to be answered, and on again whatever
// ends it.
func (sys *system) readSecret(ctx context.Context, prompt string) (string, error) {
	fd := int(sys.in.Fd())
	was, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	defer fmt.Fprintln(sys.err)
	defer term.Restore(fd, was)
	fmt.Fprint(output.Printable(sys.err), prompt)
	return login.ReadHidden(ctx, sys.in)
}
