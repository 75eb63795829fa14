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
func (c *Command) Run(ctx context.Context, d *Desk, question func() error) error {
	o, err := c.provider(ctx, d)
	if err != nil {
		return err
	}
	if err := c.credential(ctx, d, o.at(c.PortalURL)); err != nil {
		return err
	}
	if err := c.model(ctx, d, o); err != nil {
		return err
	}
	tested, err := c.test(ctx, d, question)
	if tested == "" {
		return err
	}
	return errors.Join(d.summary(tested), err)
}

func (c *Command) provider(ctx context.Context, d *Desk) (option, error) {
	if bad := provider.CheckBaseURL(provider.Setting{Value: c.BaseURL, Source: "--base-url"}); c.BaseURL != "" && bad != nil {
		return option{}, usagef("", "%v", bad)
	}
	if c.Provider == "" {
		if !d.Login.UI.Terminal {
			return option{}, usagef("in a script: hermes setup --provider P [--model M]", "hermes setup asks on a terminal, and there is none")
		}
		return d.pickProvider(ctx, true)
	}
	r, err := d.row(c.Provider)
	if err != nil {
		return option{}, err
	}
	all, err := d.options()
	if err != nil {
		return option{}, err
	}
	if i := slices.IndexFunc(all, func(o option) bool { return o.row.ID == r.ID }); i >= 0 {
		return all[i], nil
	}
	return option{}, usagef("", "provider %s cannot be used: %s", r.ID, r.Unsupported)
}

func (c *Command) credential(ctx context.Context, d *Desk, o option) error {
	if c.NoLogin || o.usable && c.holds(d, o.row) || o.row.NeedsNothing() {
		return nil
	}
	add := login.AddOptions{NoBrowser: c.NoBrowser, Timeout: c.Timeout}
	kind := c.Type
	if kind == "" && c.PortalURL != "" {
		kind = login.KindOAuth
	}
	if d.Login.UI.Terminal && c.Type == "" {
		return d.credential(ctx, o, add)
	}
	return d.logIn(ctx, o.account, o.account.ByKey(kind), add)
}

// holds reports whether the credential that a run would use is of the kind that --type asks for.
func (c *Command) holds(d *Desk, r provider.Row) bool {
	choice, err := d.Session.Resolve(provider.Flags{Provider: r.ID})
	return c.Type == "" || err == nil && choice.Credential.Value == map[string]string{"oauth": "login", "api-key": "key"}[c.Type]
}

// model settles address and model, and writes what was chosen.
func (c *Command) model(ctx context.Context, d *Desk, o option) error {
	at, model, err := c.BaseURL, c.Model, error(nil)
	if d.Login.UI.Terminal && at == "" && !o.kept {
		at, err = d.address(ctx, o.row)
	}
	if err == nil && d.Login.UI.Terminal && model == "" {
		model, err = d.pickModel(ctx, o.row, true)
	}
	switch {
	case err != nil:
		return err
	case o.kept && model == "":
		return nil
	case o.kept:
		d.unlisted(o.row, model)
		return d.writeModel(o.row, model)
	}
	model, at = cmp.Or(model, d.presetModel(o.row)), cmp.Or(at, d.presetAddress(o.row))
	switch {
	case o.row.NeedsAddress() && at == "":
		return noAddress(o.row)
	case model == "" && len(o.row.Models) == 0:
		return usagef("add --model M", "%s has no default model", o.row.ID)
	}
	d.unlisted(o.row, model)
	return d.write(o.row, model, at)
}

// test asks the test question unless that is declined, and says what came of it; "" is a setup that was left.
func (c *Command) test(ctx context.Context, d *Desk, question func() error) (string, error) {
	if c.NoTest {
		return "skipped", nil
	}
	if d.Login.UI.Terminal {
		word, err := d.ask(ctx, "Ask a test question [Y/n]: ")
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
func (d *Desk) summary(tested string) error {
	s, err := d.Session.Again()
	if err != nil {
		return err
	}
	d.say("Summary:")
	for _, row := range s.Settings() {
		if slices.Contains([]string{"provider", "model", "base_url", "credential"}, row.Key) {
			d.say("  %-14s %s (%s)", row.Key, cmp.Or(row.Value, "-"), row.Source)
		}
	}
	d.say("  %-14s %s", "test question", tested)
	d.say("  %-14s %s", "settings", config.Paths(s.Home).Config)
	d.say("Try:\n  echo 'What is a pipe?' | hermes\n  hermes doctor\n  hermes config explain")
	return nil
}
