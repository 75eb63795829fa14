package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/wire"
	"hermes/provider"
)

// modelListWait bounds the wait for a server's list of models, all its pages together.
const modelListWait = 10 * time.Second

// chooseModel asks the server which models it has where nobody named one: the only one is taken.
func (w *wiring) chooseModel(ctx context.Context, t *oneshot.Target, c *provider.Choice) (*provider.Choice, error) {
	if w.dry {
		return c, &input.Error{ErrClass: class.Usage, Msg: c.Row.ID + " has no default model, and a dry run asks no server for its list", Advice: "pass --model"}
	}
	names, err := listModels(ctx, t)
	if err != nil {
		return c, err
	}
	switch len(names) {
	case 0:
		return c, &input.Error{ErrClass: class.Config, Msg: c.Row.ID + " at " + c.Address().Value + " has no model", Advice: "load one into it first"}
	case 1:
		c = c.With(names[0])
		if !w.home.quiet {
			w.app.stderr.Notice("%s has one model, %s, which is asked", c.Row.ID, names[0])
		}
		return c, nil
	}
	return c, &input.Error{
		ErrClass: class.Config, Msg: fmt.Sprintf("%s has %d models: %s", c.Row.ID, len(names), strings.Join(names[:min(len(names), 12)], ", ")),
		Advice: "pass --model, or set model.default in config.yaml",
	}
}

// listModels are the names that the target's server lists.
func listModels(ctx context.Context, t *oneshot.Target) ([]string, error) {
	ctx, stop := context.WithTimeoutCause(ctx, modelListWait, &input.Error{ErrClass: class.Timeout, Msg: fmt.Sprintf("%s did not list its models within %s", t.Provider, modelListWait)})
	defer stop()
	client := wire.Client{Protocol: t.Protocol, BaseURL: t.BaseURL, Header: t.Header, Secrets: t.Secrets, Token: t.Token, Transport: t.Transport}
	names, err := client.Models(ctx)
	e, ok := errors.AsType[*wire.Error](err)
	switch {
	case !ok:
		return names, err
	case e.ErrClass == class.Network:
		return nil, &input.Error{ErrClass: class.Network, Msg: t.Provider + " does not answer at " + t.BaseURL + ": " + e.Error(), Advice: "start it, or name another address as base_url in a row of providers:"}
	case e.ErrClass == class.InvalidRequest || e.ErrClass == class.Protocol:
		return nil, &input.Error{ErrClass: class.Config, Msg: t.Provider + " gives no list of models: " + e.Error(), Advice: "pass --model"}
	}
	return nil, err
}

// modelsOf asks the server of a provider for its list, as a run would ask it; the home is read anew, since a login or key may just have
// been stored.
func (a *App) modelsOf(ctx context.Context, name, at string) (*provider.Choice, []string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h, err := a.open(opening{quiet: true})
	if err != nil {
		return nil, nil, err
	}
	c, err := h.Server(name, at)
	if err != nil {
		return c, nil, err
	}
	if name == "" || c.Credential.Value != "none" { // else setup looks around
		a.ask(c.AuthArgs())
	}
	w := &wiring{app: a, home: h, life: ctx}
	t, err := w.connected(ctx, c)
	if err == nil {
		err = c.Ready()
	}
	if err != nil {
		return c, nil, err
	}
	names, err := listModels(ctx, &t)
	return c, names, err
}

// listed asks a choice's server for its list, and takes a refusal of the credential as it is: nothing is renewed.
func (a *App) listed(h *home) func(context.Context, *provider.Choice) ([]string, error) {
	return func(ctx context.Context, c *provider.Choice) ([]string, error) {
		w := &wiring{app: a, home: h, life: ctx}
		t, err := w.connected(ctx, c)
		if err != nil {
			return nil, err
		}
		if token := t.Token; token != nil {
			t.Token = func(ctx context.Context, rejected string) (string, error) {
				if rejected != "" {
					return "", &input.Error{ErrClass: class.AuthRefused, Msg: "HTTP 401"}
				}
				return token(ctx, "")
			}
		}
		return listModels(ctx, &t)
	}
}
