package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/login"
)

// ModelCommand is `hermes model`: its verbs and flags are the fields, for a parser that reads the tags.
type ModelCommand struct {
	Pick struct{} `cmd:"" default:"1" help:"Pick provider and model on a terminal (the default)."`
	List struct {
		JSON bool `help:"As JSON."`
	} `cmd:"" help:"Print every known model."`
	Set struct {
		Name     string `arg:"" help:"Model name."`
		Provider string `help:"Its provider, where that changes too." placeholder:"P"`
	} `cmd:"" help:"Write model.default of config.yaml."`
}

// Known is a model of the list. Its JSON names are a promise.
type Known struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Usable   bool   `json:"usable"` // there is a credential, or none is needed
	Current  bool   `json:"current"`
	Context  int    `json:"context,omitempty"` // tokens
	Output   int    `json:"max_output,omitempty"`
	Images   bool   `json:"images"`
	PDF      bool   `json:"pdf"`
	Input    string `json:"usd_per_m_input,omitempty"`
	Answer   string `json:"usd_per_m_output,omitempty"`
}

// Run does what the verb says.
func (c *ModelCommand) Run(ctx context.Context, verb string, d *Desk) error {
	switch verb {
	case "list":
		return c.list(d)
	case "set":
		return c.set(d)
	}
	if !d.Login.UI.Terminal {
		return usagef("hermes model asks on a terminal, and there is none; in a script: hermes model set NAME")
	}
	o, err := d.pickProvider(ctx)
	if err != nil {
		return err
	}
	if _, err := d.credential(ctx, o, login.AddOptions{}); err != nil {
		return err
	}
	at, err := d.address(ctx, o.row)
	if err != nil {
		return err
	}
	model, err := d.pickModel(ctx, o.row)
	if err != nil {
		return err
	}
	return d.write(o.row, model, at)
}

func (c *ModelCommand) list(d *Desk) error {
	all, err := d.options()
	if err != nil {
		return err
	}
	known := []Known{}
	for _, o := range all {
		for _, m := range o.row.Models {
			m = o.row.Model(m.ID)
			known = append(known, Known{
				Provider: o.row.ID, Model: m.ID, Usable: o.usable, Current: o.current && m.ID == d.Session.Config.Model.Default,
				Context: m.Context, Output: m.MaxOutput, Images: m.Images, PDF: m.PDF, Input: m.Price.Input, Answer: m.Price.Output,
			})
		}
	}
	if c.List.JSON {
		raw, err := json.Marshal(known)
		return d.print(string(raw)+"\n", err)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROVIDER\tMODEL\tCONTEXT\tIMAGES\tUSD/M IN\tUSD/M OUT\tSTATE")
	for _, k := range known {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", k.Provider, k.Model, k.Context, yes(k.Images), k.Input, k.Answer, k.state())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return d.print(b.String(), nil)
}

func (k Known) state() string {
	switch {
	case k.Current:
		return "current"
	case k.Usable:
		return "usable"
	}
	return "needs hermes auth add " + k.Provider
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (d *Desk) print(text string, err error) error {
	if err == nil {
		_, err = io.WriteString(d.Login.UI.Out, text)
	}
	return err
}

// set writes the name; a name that the provider does not list is written with a warning, since lists grow old.
func (c *ModelCommand) set(d *Desk) error {
	name := c.Set.Provider
	if name == "" {
		choice, err := d.Session.Resolve(provider.Flags{})
		if err != nil {
			return err
		}
		d.unlisted(choice.Row, c.Set.Name)
		_, err = config.Set(config.Paths(d.Session.Home).Config, "model.default", c.Set.Name, config.SetOptions{})
		return err
	}
	r, err := d.row(name)
	if err != nil {
		return err
	}
	d.unlisted(r, c.Set.Name)
	return d.write(r, c.Set.Name, "")
}

func (d *Desk) row(name string) (provider.Row, error) {
	if _, err := d.Session.Accounts(name); err != nil {
		return provider.Row{}, err
	}
	r, _ := provider.Lookup(name, d.Session.Config.Providers)
	return r, nil
}

func (d *Desk) unlisted(r provider.Row, model string) {
	if doubt := r.Doubt(model); doubt != "" {
		d.say("hermes: %s", doubt)
	}
}

// Command is `hermes setup`: its flags are the fields, for a parser that reads the tags.
type Command struct {
	Provider  string        `help:"Provider; asked for on a terminal." placeholder:"P"`
	Model     string        `help:"Model; asked for on a terminal, else the provider's default." placeholder:"M"`
	BaseURL   string        `name:"base-url" help:"Server of the provider custom." placeholder:"URL"`
	PortalURL string        `name:"portal-url" help:"Log in at this portal." placeholder:"URL"`
	NoLogin   bool          `name:"no-login" help:"Skip the login or key."`
	NoBrowser bool          `name:"no-browser" help:"Print the login's address only."`
	NoTest    bool          `name:"no-test" help:"Skip the test question."`
	Timeout   time.Duration `help:"Longest wait for the login's approval." placeholder:"D"`
}

// Run leads through provider, credential, model, a test question and the summary. question asks the test question with
// the configuration as it is by then.
func (c *Command) Run(ctx context.Context, d *Desk, question func() error) error {
	o, err := c.provider(ctx, d)
	if err != nil {
		return err
	}
	if err := c.credential(ctx, d, o); err != nil {
		return err
	}
	at, model := c.BaseURL, c.Model
	if d.Login.UI.Terminal {
		if at == "" {
			if at, err = d.address(ctx, o.row); err != nil {
				return err
			}
		}
		if model == "" {
			if model, err = d.pickModel(ctx, o.row); err != nil {
				return err
			}
		}
	}
	if model == "" {
		model = o.row.DefaultModel
	}
	d.unlisted(o.row, model)
	if err := d.write(o.row, model, at); err != nil {
		return err
	}
	if err := c.test(ctx, d, question); err != nil {
		return err
	}
	d.say("Done. Try:\n  echo 'What is a pipe?' | hermes\n  hermes doctor\n  hermes config explain")
	return nil
}

func (c *Command) provider(ctx context.Context, d *Desk) (option, error) {
	if c.Provider == "" {
		if !d.Login.UI.Terminal {
			return option{}, usagef("hermes setup asks on a terminal, and there is none; in a script: hermes setup --provider P [--model M]")
		}
		return d.pickProvider(ctx)
	}
	r, err := d.row(c.Provider)
	if err != nil {
		return option{}, err
	}
	all, err := d.options()
	if err != nil {
		return option{}, err
	}
	for _, o := range all {
		if o.row.ID == r.ID {
			return o, nil
		}
	}
	return option{}, usagef("provider %s cannot be used: %s", r.ID, r.Unsupported)
}

func (c *Command) credential(ctx context.Context, d *Desk, o option) error {
	if c.NoLogin || o.usable || o.row.Auth == provider.AuthNone {
		return nil
	}
	add := login.AddOptions{NoBrowser: c.NoBrowser, Timeout: c.Timeout}
	if c.PortalURL != "" {
		o.row.Portal, o.row.BaseURL = c.PortalURL, strings.TrimRight(c.PortalURL, "/")+"/anthropic"
	}
	if d.Login.UI.Terminal {
		_, err := d.credential(ctx, o, add)
		return err
	}
	return d.logIn(ctx, o.row.Account(), add)
}

func (c *Command) test(ctx context.Context, d *Desk, question func() error) error {
	if c.NoTest {
		return nil
	}
	if d.Login.UI.Terminal {
		word, err := d.ask(ctx, "Ask a test question [Y/n]: ")
		if err != nil || strings.HasPrefix(strings.ToLower(word), "n") {
			return err
		}
	}
	return question()
}
