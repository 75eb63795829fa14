package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"hermes/provider"
	"hermes/provider/login"
)

// ModelCommand is `hermes model`: its verbs and flags are the fields, for a parser that reads the tags.
type ModelCommand struct {
	Pick struct {
		PortalURL string `name:"portal-url" help:"Log in at this portal." placeholder:"URL"`
		NoBrowser bool   `name:"no-browser" help:"Print the login's address only."`
	} `cmd:"" default:"withargs" help:"Pick provider and model on a terminal (the default)."`
	List struct {
		JSON bool `help:"As JSON."`
	} `cmd:"" help:"Print every known model."`
	Set struct {
		Name     string `arg:"" name:"model" help:"Model name."`
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

// Do does what the verb says. Called Run, it would make the parser take a line without a verb.
func (c *ModelCommand) Do(ctx context.Context, verb string, d *Desk) error {
	switch verb {
	case "list":
		return c.list(d)
	case "set":
		return c.set(d)
	}
	return c.pick(ctx, d)
}

func (c *ModelCommand) pick(ctx context.Context, d *Desk) error {
	if !d.Login.UI.Terminal {
		return usagef("in a script: hermes model set NAME", "hermes model asks on a terminal, and there is none")
	}
	o, err := d.pickProvider(ctx, false)
	if err != nil {
		return err
	}
	if err := d.credential(ctx, o.at(c.Pick.PortalURL), login.AddOptions{NoBrowser: c.Pick.NoBrowser}); err != nil {
		return err
	}
	at, err := d.address(ctx, o.row)
	if err != nil {
		return err
	}
	model, err := d.pickModel(ctx, o.row, false)
	if err != nil {
		return err
	}
	return d.write(o.row, model, at)
}

// at is the option with another portal for its login.
func (o option) at(portal string) option {
	if portal != "" && o.row.HasLogin() {
		o.account = o.row.Account().At(portal)
	}
	return o
}

func (c *ModelCommand) list(d *Desk) error {
	all, err := d.options()
	if err != nil {
		return err
	}
	known := []Known{}
	for _, o := range all {
		for _, m := range o.row.Listed() {
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
		choice, err := d.Session.Resolve(provider.Flags{Model: c.Set.Name})
		if err != nil {
			return err
		}
		d.unlisted(choice.Row, c.Set.Name)
		return d.writeModel(choice.Row, c.Set.Name)
	}
	r, err := d.row(name)
	if err != nil {
		return err
	}
	at := d.presetAddress(r)
	switch {
	case r.Unsupported != "":
		return usagef("", "provider %s cannot be used: %s", r.ID, r.Unsupported)
	case r.NeedsAddress() && at == "":
		return noAddress(r)
	}
	d.unlisted(r, c.Set.Name)
	return d.write(r, c.Set.Name, at)
}

func (d *Desk) row(name string) (provider.Row, error) {
	if _, err := d.Session.Accounts(name); err != nil {
		return provider.Row{}, err
	}
	r, _ := d.Session.Rows().Lookup(name)
	return r, nil
}

func (d *Desk) unlisted(r provider.Row, model string) {
	if doubt := r.Doubt(model); doubt != "" {
		d.say("hermes: %s", doubt)
	}
}
