package setup

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hermes/provider"
	"hermes/provider/rows"
)

const (
	pickWait    = 8 * time.Second        // the longest wait for a list of models to pick from
	lookWait    = 600 * time.Millisecond // the longest look for a server on this machine
	shownModels = 20                     // more are found by a part of the name
)

// lookAround asks the servers that have a port of their own on this machine whether they are there. Those that answer come first.
func (e *Env) lookAround(ctx context.Context, all []option) []option {
	if e.Models == nil {
		return all
	}
	ctx, stop := context.WithTimeout(ctx, lookWait)
	defer stop()
	var wait sync.WaitGroup
	for i := range all {
		if o := &all[i]; o.row.AsksModel && o.row.NeedsNothing() && provider.IsOwn(o.row.Base.URL) {
			wait.Go(func() {
				if c, names, err := e.Models(ctx, o.row.ID, ""); err == nil {
					o.found, o.usable, o.state = true, true, fmt.Sprintf("answers at %s, models: %d", c.Address().Value, len(names))
				}
			})
		}
	}
	wait.Wait()
	slices.SortStableFunc(all, func(a, b option) int { return rank(b.found) - rank(a.found) })
	return all
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// served are the models to pick from: the server's own list, those that the row knows first; the row's alone where the server cannot be
// asked. at is the address that was typed, "" for none.
func (e *Env) served(ctx context.Context, r provider.Row, at string) []string {
	var known []string
	for _, m := range r.Models {
		known = append(known, m.ID)
	}
	if e.Models == nil {
		return known
	}
	ctx, stop := context.WithTimeout(ctx, pickWait)
	defer stop()
	_, names, err := e.Models(ctx, r.ID, at)
	if err != nil || len(names) == 0 {
		return known
	}
	known = slices.DeleteFunc(known, func(m string) bool { return !slices.Contains(names, m) })
	return append(known, slices.DeleteFunc(names, func(m string) bool { return slices.Contains(known, m) })...)
}

// pickModel asks which model of the row; "" is a step that was skipped.
func (e *Env) pickModel(ctx context.Context, r provider.Row, at string, maySkip bool) (string, error) {
	names, preset := e.served(ctx, r, at), e.presetModel(r)
	if preset == "" && len(names) == 1 {
		preset = names[0]
	}
	e.say("Model of %s:", r.Name)
	shown := e.showModels(names)
	for {
		word, err := e.ask(ctx, fmt.Sprintf("Which one, or another name [%s]%s: ", preset, orSkip(maySkip)))
		if err != nil {
			return "", err
		}
		if word == skip {
			if maySkip {
				return "", nil
			}
			e.say("nothing is skipped here: an empty line takes %s, q changes nothing", cmp.Or(preset, "nothing"))
			continue
		}
		if n, err := strconv.Atoi(word); err == nil {
			if n >= 1 && n <= len(shown) {
				return shown[n-1], nil
			}
			e.say("%d is no number from 1 to %d", n, len(shown))
			continue
		}
		if among := holding(names, word); word != "" && len(among) > 1 && !slices.Contains(names, word) {
			shown = e.showModels(among)
			continue
		} else if len(among) == 1 && word != "" {
			return among[0], nil
		}
		if word = cmp.Or(word, preset); word != "" || r.AsksModel {
			return word, nil
		}
	}
}

// holding are the names with the word in them, case aside.
func holding(names []string, word string) []string {
	word = strings.ToLower(word)
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.Contains(strings.ToLower(n), word) })
}

// showModels lists as many as are read, by their numbers.
func (e *Env) showModels(names []string) []string {
	shown := names[:min(len(names), shownModels)]
	for i, name := range shown {
		e.say("  %2d) %s", i+1, name)
	}
	if more := len(names) - len(shown); more > 0 {
		e.say("  and %d more: type a part of the name", more)
	}
	return shown
}

// Known is a model of the list. Its JSON names are a promise; hermes schema models describes them.
type Known struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Usable   bool   `json:"usable" desc:"there is a credential, or none is needed"`
	Current  bool   `json:"current"`
	Known    bool   `json:"known" desc:"what stands below is known of the model; else it is a guess"`
	Context  int    `json:"context,omitempty" desc:"tokens"`
	Output   int    `json:"max_output,omitempty" desc:"tokens"`
	Images   bool   `json:"images"`
	PDF      bool   `json:"pdf"`
	Thinks   bool   `json:"reasoning"`
	Input    string `json:"usd_per_m_input,omitempty"`
	Answer   string `json:"usd_per_m_output,omitempty"`
}

// ListFlags are the flags of `hermes model list`, for a parser that reads the tags.
type ListFlags struct {
	Provider string `arg:"" optional:"" help:"Provider or alias; all without one."`
	Online   bool   `help:"Ask the provider's server which models it has."`
	JSON     bool   `help:"As JSON, as the schema models describes it."`
}

// List prints the known models, or those that a server lists.
func (e *Env) List(ctx context.Context, f ListFlags) error {
	all, err := e.known(f.Provider)
	if f.Online && err == nil {
		all, err = e.online(ctx, f.Provider)
	}
	if err != nil {
		return err
	}
	return e.print(listed(all, f.JSON))
}

// known are the models that the catalogue and config.yaml name.
func (e *Env) known(of string) ([]Known, error) {
	only := provider.Row{}
	if of != "" {
		var err error
		if only, err = e.row(of); err != nil {
			return nil, err
		}
	}
	all, err := e.options()
	if err != nil {
		return nil, err
	}
	var list []Known
	for _, o := range all {
		if of != "" && o.row.ID != only.ID {
			continue
		}
		for _, m := range o.row.Listed() {
			list = append(list, e.describe(&provider.Choice{Row: o.row}, m.ID, o.usable, o.current))
		}
	}
	return list, nil
}

// online are the models that the provider's server lists; without a name, of the provider that a run would ask.
func (e *Env) online(ctx context.Context, of string) ([]Known, error) {
	c, names, err := e.Models(ctx, of, "")
	if err != nil {
		return nil, err
	}
	var list []Known
	for _, name := range names {
		list = append(list, e.describe(c, name, true, e.isCurrent(c.Row)))
	}
	return list, nil
}

// describe is what is known of a model; current says that its provider is config.yaml's.
func (e *Env) describe(c *provider.Choice, name string, usable, current bool) Known {
	c = e.Session.About(c, name)
	m := c.Info
	return Known{
		Provider: c.Row.ID, Model: name, Usable: usable, Current: current && name == e.Session.Config.Model.Default,
		Known: c.Facts != "" || m.Price != (rows.Model{}).Price, Context: m.Context, Output: m.MaxOutput, Images: m.Images, PDF: m.PDF, Thinks: !m.NoReasoning,
		Input: m.Price.Input, Answer: m.Price.Output,
	}
}
