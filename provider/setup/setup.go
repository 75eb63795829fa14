// Package setup chooses: `hermes model` picks provider and model, `hermes setup` leads through the first configuration.
//
// Questions go to stderr and answers come from stdin, one line each; an empty line takes the value in brackets, s skips a
// step of the setup, and q or the end of input changes nothing. What was chosen is written to the model section of
// config.yaml, nothing else.
package setup

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/login"
)

// Env is the home and the person in front of it.
type Env struct {
	Session *provider.Session
	Login   login.Commands
	// Models asks a provider's server which models it has, at the address where one was typed; it also gives whom a run would ask.
	// nil where no server is asked.
	Models func(ctx context.Context, provider, at string) (*provider.Choice, []string, error)
	lines  *bufio.Reader
}

// Error is a choice that could not be made.
type Error struct{ class, msg, hint string }

func (e *Error) Error() string { return e.msg }

// Class is usage or interrupted.
func (e *Error) Class() string { return e.class }

// Hint is what to do next, "" where the class says it.
func (e *Error) Hint() string { return e.hint }

func usagef(hint, format string, args ...any) error {
	return &Error{"usage", fmt.Sprintf(format, args...), hint}
}

// option is a provider as the picker shows it.
type option struct {
	row     provider.Row
	account login.Account
	usable  bool
	found   bool // a server on this machine that answers
	current bool
	state   string
	kept    bool // the step was skipped: config.yaml keeps its word
}

// options lists the providers: usable ones first, registry order within.
func (e *Env) options() ([]option, error) {
	now, _ := e.Session.Rows().Configured(e.Session.Config)
	var all []option
	var accounts []login.Account
	for _, r := range e.Session.Rows().Usable() {
		all = append(all, option{row: r, account: r.Account(), current: r.ID == now.ID})
		accounts = append(accounts, r.Account())
	}
	reports, err := e.Login.Reports(accounts)
	if err != nil {
		return nil, err
	}
	for i := range all {
		o := &all[i]
		for _, report := range reports {
			if report.Provider == o.row.ID && (o.state == "" || report.LoggedIn && !o.usable) {
				o.state, o.usable = report.Summary(), report.LoggedIn
			}
		}
		if o.row.NeedsAddress() && (!o.current || e.Session.Config.Model.BaseURL == "") {
			o.usable, o.state = false, "needs a base URL"
		}
	}
	slices.SortStableFunc(all, func(a, b option) int {
		rank := func(o option) int {
			if o.usable {
				return 0
			}
			return 1
		}
		return cmp.Compare(rank(a), rank(b))
	})
	return all, nil
}

// preset is the option that an empty line takes: the current one, else one that has its credential, else a login.
func preset(all []option) int {
	for _, fits := range []func(option) bool{
		func(o option) bool { return o.current },
		func(o option) bool { return o.usable && !o.row.NeedsNothing() },
		func(o option) bool { return o.found },
		func(o option) bool { return o.row.LoginOnly() },
	} {
		if i := slices.IndexFunc(all, fits); i >= 0 {
			return i
		}
	}
	return 0
}

// skip is the answer to a step that may be skipped.
const skip = "s"

// orSkip is what a question says of that.
func orSkip(may bool) string {
	if may {
		return ", s skips"
	}
	return ""
}

// pickProvider asks which one. Where the step may be skipped, that gives the provider of a run without flags, kept.
func (e *Env) pickProvider(ctx context.Context, maySkip bool) (option, error) {
	all, err := e.options()
	if err != nil {
		return option{}, err
	}
	all = e.lookAround(ctx, all)
	shown := slices.DeleteFunc(slices.Clone(all), option.searched)
	first := preset(shown)
	taken := shown[first]
	e.say("Provider:")
	e.show(shown)
	e.say("  and %d more: type a part of the name, such as openai, ollama or custom", len(all)-len(shown))
	for {
		word, err := e.ask(ctx, fmt.Sprintf("Which one [%d]%s: ", first+1, orSkip(maySkip)))
		switch {
		case err != nil:
			return option{}, err
		case word == "":
			return taken, nil
		case word == skip && maySkip:
			return e.kept(all)
		}
		if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(shown) {
			return shown[n-1], nil
		}
		switch found := e.found(all, word); len(found) {
		case 0:
			e.say("%q is neither a number from 1 to %d nor a part of a provider's name", word, len(shown))
		case 1:
			return found[0], nil
		default:
			shown, first, taken = found, 0, found[0]
			e.show(shown)
		}
	}
}

// kept is the option that holds already.
func (e *Env) kept(all []option) (option, error) {
	c, err := e.Session.Resolve(provider.Flags{})
	if err != nil {
		return option{}, err
	}
	i := slices.IndexFunc(all, func(o option) bool { return o.row.ID == c.Row.ID })
	if i < 0 {
		return option{}, usagef("", "provider %s cannot be used", c.Row.ID)
	}
	o := all[i]
	o.kept = true
	return o, nil
}

// credential offers a login or asks for the key where there is none.
func (e *Env) credential(ctx context.Context, o option, add login.AddOptions) error {
	if o.usable || o.row.NeedsNothing() {
		return nil
	}
	a := o.account
	question, byKey := "Log in now [Y/n]: ", false
	switch {
	case a.Kind != login.KindOAuth:
		question, byKey = "Enter the API key now [Y/n]: ", true
	case a.KeyEnv != "":
		question = "Log in now, or enter an API key [Y/k/n]: "
	}
	word, err := e.ask(ctx, fmt.Sprintf("%s: %s. %s", o.row.Name, o.state, question))
	switch word = strings.ToLower(word); {
	case err != nil:
		return err
	case strings.HasPrefix(word, "n"), word == skip:
		e.say("later: hermes auth add %s", a.ID)
		return nil
	}
	return e.logIn(ctx, a, byKey || a.KeyEnv != "" && strings.HasPrefix(word, "k"), add)
}

func (e *Env) logIn(ctx context.Context, a login.Account, byKey bool, add login.AddOptions) error {
	if byKey {
		return e.Login.AddKey(ctx, a, add)
	}
	return e.Login.Add(ctx, a, add)
}

// presetModel is the current model where the row is the current provider, else the row's default.
func (e *Env) presetModel(r provider.Row) string {
	if e.isCurrent(r) {
		return cmp.Or(e.Session.Config.Model.Default, r.DefaultModel)
	}
	return r.DefaultModel
}

// isCurrent reports whether config.yaml names the row.
func (e *Env) isCurrent(r provider.Row) bool {
	now, ok := e.Session.Rows().Configured(e.Session.Config)
	return ok && now.Same(r)
}

// write stores the choice in config.yaml: the place where the program that shares the file looks for it, too. An address
// is written where the user gave one, and for a login, as Hermes Agent does; any other would hide the row's variable.
func (e *Env) write(r provider.Row, model, baseURL string) error {
	path := config.Paths(e.Session.Home).Config
	baseURL = cmp.Or(baseURL, e.inference(r), e.given(r))
	choice := [][2]string{{"model.default", model}, {"model.provider", r.ID}, {"model.base_url", baseURL}}
	if !e.isCurrent(r) { // what stood there for the provider before, wire and key, is not for this one
		choice = append(choice, [2]string{"model.api_mode", ""}, [2]string{"model.key_env", ""}, [2]string{"model.api_key", ""})
	}
	for _, s := range choice {
		if s[1] != "" {
			if _, err := config.Set(path, s[0], s[1]); err != nil {
				return err
			}
			continue
		}
		if _, err := config.Unset(path, s[0]); err != nil {
			if absent, ok := errors.AsType[*config.Error](err); !ok || !absent.NotSet {
				return err
			}
		}
	}
	e.say("%s: %s of %s", path, cmp.Or(model, "the default model"), r.ID)
	return nil
}

// writeModel stores the model alone.
func (e *Env) writeModel(r provider.Row, model string) error {
	path := config.Paths(e.Session.Home).Config
	if _, err := config.Set(path, "model.default", model); err != nil {
		return err
	}
	e.say("%s: %s of %s", path, model, r.ID)
	return nil
}

// inference is where the row's login says that its token belongs, "" for a row that takes keys.
func (e *Env) inference(r provider.Row) string {
	if !r.LoginOnly() {
		return ""
	}
	if snapshot, err := e.Session.Store.Read(); err == nil {
		if e, ok := snapshot.Entry(r.ID); ok && e.InferenceBaseURL != "" {
			return e.InferenceBaseURL
		}
	}
	return r.Base.URL
}

// given is the address in config.yaml that a run with the row uses: the user's own, which stays.
func (e *Env) given(r provider.Row) string {
	c, err := e.Session.Resolve(provider.Flags{Provider: r.ID})
	if at := e.Session.Config.Model.BaseURL; err == nil && c.BaseURL.Source == "config.yaml model.base_url" && at != r.Base.URL {
		return at
	}
	return ""
}

// address asks where a server without one listens.
func (e *Env) address(ctx context.Context, r provider.Row) (string, error) {
	if !r.NeedsAddress() {
		return "", nil
	}
	for {
		at, err := e.ask(ctx, fmt.Sprintf("Base URL of the server [%s]: ", config.MaskURL(e.presetAddress(r))))
		if at = cmp.Or(at, e.presetAddress(r)); err != nil {
			return "", err
		}
		switch err := provider.CheckBaseURL(provider.Setting{Value: at, Source: "as typed"}); {
		case at == "":
		case err != nil:
			e.say("%v", err)
		default:
			return at, nil
		}
	}
}

func noAddress(r provider.Row) error {
	return usagef("hermes setup --provider "+r.ID+" --base-url URL --model M", "the provider %s needs an address", r.ID)
}

// presetAddress is config.yaml's, where it is meant for the row.
func (e *Env) presetAddress(r provider.Row) string {
	if r.NeedsAddress() && e.isCurrent(r) {
		return e.Session.Config.Model.BaseURL
	}
	return ""
}

// ask reads one line. It returns as soon as ctx ends: a read of a terminal cannot be interrupted, so it is left behind.
func (e *Env) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(e.Login.UI.Err, question)
	if e.lines == nil {
		e.lines = bufio.NewReader(e.Login.UI.In)
	}
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := e.lines.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-got:
		word := strings.TrimSpace(a.line)
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", usagef("", "cannot read the answer: %v", a.err)
		}
		if a.err != nil && word == "" || word == "q" {
			fmt.Fprintln(e.Login.UI.Err)
			return "", usagef("hermes model set NAME asks nothing", "no choice was made; config.yaml is as it was")
		}
		return word, nil
	}
}

func (e *Env) say(format string, args ...any) { fmt.Fprintf(e.Login.UI.Err, format+"\n", args...) }
