// Package setup chooses: `hermes model` picks provider and model, `hermes setup` leads through the first configuration.
//
// Questions go to stderr and answers come from stdin, one line each; an empty line takes the value in brackets, and q or
// the end of input changes nothing. What was chosen is written to the model section of config.yaml, nothing else.
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

// Desk is the home and the person in front of it.
type Desk struct {
	Session *provider.Session
	Login   login.Desk
	lines   *bufio.Reader
}

// Error is a choice that could not be made.
type Error struct{ class, msg string }

func (e *Error) Error() string { return e.msg }

// Class is usage or interrupted.
func (e *Error) Class() string { return e.class }

func usagef(format string, args ...any) error { return &Error{"usage", fmt.Sprintf(format, args...)} }

// option is a provider as the picker shows it.
type option struct {
	row     provider.Row
	usable  bool
	current bool
	state   string
}

// options lists the providers: usable ones first, registry order within.
func (d *Desk) options() ([]option, error) {
	now, _ := provider.Lookup(d.Session.Config.Model.Provider, d.Session.Config.Providers)
	var all []option
	for _, r := range d.Session.Rows() {
		o := option{row: r, current: r.ID == now.ID}
		reports, err := d.Login.Reports([]login.Account{r.Account()})
		if err != nil {
			return nil, err
		}
		for _, report := range reports {
			if o.state == "" || report.LoggedIn && !o.usable {
				o.state, o.usable = report.Summary(), report.LoggedIn
			}
		}
		if r.ID == "custom" && d.Session.Config.Model.BaseURL == "" {
			o.usable, o.state = false, "needs a base URL"
		}
		all = append(all, o)
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

// pickProvider asks which one.
func (d *Desk) pickProvider(ctx context.Context) (option, error) {
	all, err := d.options()
	if err != nil {
		return option{}, err
	}
	preset := max(slices.IndexFunc(all, func(o option) bool { return o.current }), 0)
	d.say("Provider:")
	for i, o := range all {
		mark := ""
		if o.current {
			mark = ", current"
		}
		d.say("  %2d) %-20s %s%s", i+1, o.row.Name, o.state, mark)
	}
	for {
		word, err := d.ask(ctx, fmt.Sprintf("Which one [%d]: ", preset+1))
		switch {
		case err != nil:
			return option{}, err
		case word == "":
			return all[preset], nil
		}
		if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(all) {
			return all[n-1], nil
		}
		if r, ok := provider.Lookup(word, d.Session.Config.Providers); ok {
			if i := slices.IndexFunc(all, func(o option) bool { return o.row.ID == r.ID }); i >= 0 {
				return all[i], nil
			}
		}
		d.say("%q is neither a number from 1 to %d nor a provider", word, len(all))
	}
}

// credential offers a login or asks for the key where there is none. It tells whether the provider can be used now.
func (d *Desk) credential(ctx context.Context, o option, add login.AddOptions) (bool, error) {
	if o.usable || o.row.Auth == provider.AuthNone {
		return true, nil
	}
	word, err := d.ask(ctx, fmt.Sprintf("%s: %s. Log in now [Y/n]: ", o.row.Name, o.state))
	if err != nil || strings.HasPrefix(strings.ToLower(word), "n") {
		return false, err
	}
	return true, d.logIn(ctx, o.row.Account(), add)
}

func (d *Desk) logIn(ctx context.Context, a login.Account, add login.AddOptions) error {
	if a.Kind == login.KindOAuth {
		return d.Login.Add(ctx, a, add)
	}
	return d.Login.AddKey(ctx, a, add)
}

// pickModel asks which model of the row.
func (d *Desk) pickModel(ctx context.Context, r provider.Row) (string, error) {
	preset := r.DefaultModel
	if now, ok := provider.Lookup(d.Session.Config.Model.Provider, d.Session.Config.Providers); ok && now.ID == r.ID && d.Session.Config.Model.Default != "" {
		preset = d.Session.Config.Model.Default
	}
	d.say("Model of %s:", r.Name)
	for i, m := range r.Models {
		d.say("  %2d) %s", i+1, m.ID)
	}
	for {
		word, err := d.ask(ctx, fmt.Sprintf("Which one, or another name [%s]: ", preset))
		if err != nil {
			return "", err
		}
		if n, err := strconv.Atoi(word); err == nil {
			if n >= 1 && n <= len(r.Models) {
				return r.Models[n-1].ID, nil
			}
			d.say("%d is no number from 1 to %d", n, len(r.Models))
			continue
		}
		if word = cmp.Or(word, preset); word != "" {
			return word, nil
		}
	}
}

// write stores the choice in config.yaml: the place where the program that shares the file looks for it, too.
func (d *Desk) write(r provider.Row, model, baseURL string) error {
	path := config.Paths(d.Session.Home).Config
	baseURL = cmp.Or(baseURL, d.inference(r))
	for _, s := range [][2]string{{"model.provider", r.ID}, {"model.default", model}, {"model.base_url", baseURL}} {
		if s[1] != "" {
			if _, err := config.Set(path, s[0], s[1], config.SetOptions{}); err != nil {
				return err
			}
			continue
		}
		if _, err := config.Unset(path, s[0]); err != nil {
			if e, ok := errors.AsType[*config.Error](err); !ok || !e.NotSet {
				return err
			}
		}
	}
	d.say("%s: %s of %s", path, cmp.Or(model, "the default model"), r.ID)
	return nil
}

// inference is where the row's login says that its token belongs, else the row's own address.
func (d *Desk) inference(r provider.Row) string {
	if snapshot, err := d.Session.Store.Read(); err == nil && r.Portal != "" {
		if e, ok := snapshot.Entry(r.ID); ok && e.InferenceBaseURL != "" {
			return e.InferenceBaseURL
		}
	}
	return r.BaseURL
}

// address asks where a server without one listens.
func (d *Desk) address(ctx context.Context, r provider.Row) (string, error) {
	if r.ID != "custom" {
		return "", nil
	}
	return d.ask(ctx, fmt.Sprintf("Base URL of the Anthropic-compatible server [%s]: ", d.Session.Config.Model.BaseURL))
}

// ask reads one line. It returns as soon as ctx ends: a read of a terminal cannot be interrupted, so it is left behind.
func (d *Desk) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(d.Login.UI.Err, question)
	if d.lines == nil {
		d.lines = bufio.NewReader(d.Login.UI.In)
	}
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := d.lines.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-got:
		word := strings.TrimSpace(a.line)
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", usagef("cannot read the answer: %v", a.err)
		}
		if a.err != nil && word == "" || word == "q" {
			fmt.Fprintln(d.Login.UI.Err)
			return "", usagef("no choice was made; config.yaml is as it was")
		}
		return word, nil
	}
}

func (d *Desk) say(format string, args ...any) { fmt.Fprintf(d.Login.UI.Err, format+"\n", args...) }
