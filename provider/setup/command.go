package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"hermes/provider"
	"hermes/provider/login"
)

// Pick asks for provider and model, and writes them. portal and noBrowser are for a login that is needed first.
func (e *Env) Pick(ctx context.Context, portal string, noBrowser bool) error {
	if !e.Login.UI.Terminal {
		return usagef("in a script: hermes model set NAME", "hermes model asks on a terminal, and there is none")
	}
	o, err := e.pickProvider(ctx, false)
	if err != nil {
		return err
	}
	if err := e.credential(ctx, o.at(portal), login.AddOptions{NoBrowser: noBrowser}); err != nil {
		return err
	}
	at, err := e.address(ctx, o.row)
	if err != nil {
		return err
	}
	model, err := e.pickModel(ctx, o.row, at, false)
	if err != nil {
		return err
	}
	return e.write(o.row, model, at)
}

// Refresh fetches what models.dev knows of models.
func (e *Env) Refresh(ctx context.Context) error {
	got, err := e.Session.RefreshFacts(ctx)
	if err != nil {
		return err
	}
	news := ""
	if got.Unchanged {
		news = ", nothing newer"
	}
	e.say("%s: %d models of %d providers, %.1f MB%s", got.Path, got.Models, got.Providers, float64(got.Bytes)/1e6, news)
	return nil
}

// at is the option with another portal for its login.
func (o option) at(portal string) option {
	if portal != "" && o.row.HasLogin() {
		o.account = o.row.Account().At(portal)
	}
	return o
}

// listed writes the list, for a person or a script.
func listed(all []Known, asJSON bool) (string, error) {
	if asJSON {
		raw, err := json.Marshal(append([]Known{}, all...))
		return string(raw) + "\n", err
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROVIDER\tMODEL\tCONTEXT\tIMAGES\tUSD/M IN\tUSD/M OUT\tSTATE")
	for _, k := range all {
		images := ""
		if k.Known {
			images = yes(k.Images)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.Provider, k.Model, known(k.Context), images, k.Input, k.Answer, k.state())
	}
	err := w.Flush()
	return b.String(), err
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

// known is a number of tokens, "" for one that nobody knows.
func known(tokens int) string {
	if tokens == 0 {
		return ""
	}
	return strconv.Itoa(tokens)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (e *Env) print(text string, err error) error {
	if err == nil {
		_, err = io.WriteString(e.Login.UI.Out, text)
	}
	return err
}

// SetModel writes the model's name, and its provider where one is named. A name that the provider does not list is written with a warning, since lists grow old.
func (e *Env) SetModel(model, of string) error {
	if of == "" {
		choice, err := e.Session.Resolve(provider.Flags{Model: model})
		if err != nil {
			return err
		}
		e.unlisted(choice.Row, model)
		return e.writeModel(choice.Row, model)
	}
	r, err := e.row(of)
	if err != nil {
		return err
	}
	at := e.presetAddress(r)
	switch {
	case r.Unsupported != "":
		return usagef("", "provider %s cannot be used: %s", r.ID, r.Unsupported)
	case r.NeedsAddress() && at == "":
		return noAddress(r)
	}
	e.unlisted(r, model)
	return e.write(r, model, at)
}

func (e *Env) row(name string) (provider.Row, error) {
	if _, err := e.Session.Accounts(name); err != nil {
		return provider.Row{}, err
	}
	r, _ := e.Session.Rows().Lookup(name)
	return r, nil
}

func (e *Env) unlisted(r provider.Row, model string) {
	if warning := r.Unlisted(model); warning != "" {
		e.say("hermes: %s", warning)
	}
}
