package setup

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/login"
)

// Command is `hermes setup`: its flags are the fields, for a parser that reads the tags.
type Command struct {
	Provider  string        `help:"Provider; asked for on a terminal." placeholder:"P"`
	Model     string        `help:"Model; asked for on a terminal, else the provider's default." placeholder:"M"`
	BaseURL   string        `name:"base-url" help:"Server of the provider custom." placeholder:"URL"`
	Type      string        `enum:",oauth,api-key" default:"" help:"oauth or api-key, where a provider has both." placeholder:"KIND"`
	PortalURL string        `name:"portal-url" help:"Log in at this portal." placeholder:"URL"`
	NoLogin   bool          `name:"no-login" help:"Skip the login or key."`
	NoBrowser bool          `name:"no-browser" help:"Print the login's address only."`
	NoTest    bool          `name:"no-test" help:"Skip the test question."`
	Timeout   time.Duration `help:"Longest wait for the login's approval." placeholder:"D"`
}

// Run leads through provider, credential, model, a test question and the summary. question asks the test question with
// the configuration as it is by then; its failure is the command's, after the summary.
func (c *Command) Run(ctx context.Context, e *Env, question func() error) error {
	o, err := c.provider(ctx, e)
	if err != nil {
		return err
	}
	if err := c.credential(ctx, e, o.at(c.PortalURL)); err != nil {
		return err
	}
	if err := c.model(ctx, e, o); err != nil {
		return err
	}
	tested, err := c.test(ctx, e, question)
	if tested == "" {
		return err
	}
	return errors.Join(e.summary(tested), err)
}

func (c *Command) provider(ctx context.Context, e *Env) (option, error) {
	if bad := provider.CheckBaseURL(provider.Setting{Value: c.BaseURL, Source: "--base-url"}); c.BaseURL != "" && bad != nil {
		return option{}, usagef("", "%v", bad)
	}
	if c.Provider == "" {
		if !e.Login.UI.Terminal {
			return option{}, usagef("in a script: hermes setup --provider P [--model M]", "hermes setup asks on a terminal, and there is none")
		}
		return e.pickProvider(ctx, true)
	}
	r, err := e.row(c.Provider)
	if err != nil {
		return option{}, err
	}
	all, err := e.options()
	if err != nil {
		return option{}, err
	}
	if i := slices.IndexFunc(all, func(o option) bool { return o.row.ID == r.ID }); i >= 0 {
		return all[i], nil
	}
	return option{}, usagef("", "provider %s cannot be used: %s", r.ID, r.Unsupported)
}

func (c *Command) credential(ctx context.Context, e *Env, o option) error {
	if c.NoLogin || o.usable && c.holds(e, o.row) || o.row.NeedsNothing() {
		return nil
	}
	add := login.AddOptions{NoBrowser: c.NoBrowser, Timeout: c.Timeout}
	kind := c.Type
	if kind == "" && c.PortalURL != "" {
		kind = login.KindOAuth
	}
	if e.Login.UI.Terminal && c.Type == "" {
		return e.credential(ctx, o, add)
	}
	return e.logIn(ctx, o.account, o.account.ByKey(kind), add)
}

// holds reports whether the credential that a run would use is of the kind that --type asks for.
func (c *Command) holds(e *Env, r provider.Row) bool {
	choice, err := e.Session.Resolve(provider.Flags{Provider: r.ID})
	return c.Type == "" || err == nil && choice.Credential.Value == map[string]string{"oauth": "login", "api-key": "key"}[c.Type]
}

// model settles address and model, and writes what was chosen.
func (c *Command) model(ctx context.Context, e *Env, o option) error {
	at, model, err := c.BaseURL, c.Model, error(nil)
	if e.Login.UI.Terminal && at == "" && !o.kept {
		at, err = e.address(ctx, o.row)
	}
	if err == nil && e.Login.UI.Terminal && model == "" {
		model, err = e.pickModel(ctx, o.row, at, true)
	}
	switch {
	case err != nil:
		return err
	case o.kept && model == "":
		return nil
	case o.kept:
		e.unlisted(o.row, model)
		return e.writeModel(o.row, model)
	}
	model, at = cmp.Or(model, e.presetModel(o.row)), cmp.Or(at, e.presetAddress(o.row))
	switch {
	case o.row.NeedsAddress() && at == "":
		return noAddress(o.row)
	case model == "" && len(o.row.Models) == 0 && !o.row.AsksModel && o.row.DefaultModel == "":
		return usagef("add --model M", "%s has no default model", o.row.ID)
	}
	e.unlisted(o.row, model)
	return e.write(o.row, model, at)
}

// test asks the test question unless that is declined, and says what came of it; "" is a setup that was left.
func (c *Command) test(ctx context.Context, e *Env, question func() error) (string, error) {
	if c.NoTest {
		return "skipped", nil
	}
	if e.Login.UI.Terminal {
		word, err := e.ask(ctx, "Ask a test question [Y/n]: ")
		word = strings.ToLower(word)
		switch left := (*Error)(nil); {
		case errors.As(err, &left), strings.HasPrefix(word, "n"), word == skip: // who leaves here has chosen already
			return "skipped", nil
		case err != nil:
			return "", err
		}
	}
	if err := question(); err != nil {
		return "failed", err
	}
	return "answered", nil
}

// summary tells what a run will use from now on.
func (e *Env) summary(tested string) error {
	s, err := e.Session.Again()
	if err != nil {
		return err
	}
	e.say("Summary:")
	for _, row := range s.Settings() {
		if slices.Contains([]string{"provider", "model", "base_url", "credential"}, row.Key) {
			e.say("  %-14s %s (%s)", row.Key, cmp.Or(row.Value, "-"), row.Source)
		}
	}
	e.say("  %-14s %s", "test question", tested)
	e.say("  %-14s %s", "settings", config.Paths(s.Home).Config)
	e.say("Try:\n  echo 'What is a pipe?' | hermes\n  hermes doctor\n  hermes config explain")
	return nil
}
