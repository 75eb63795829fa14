package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/provider"
)

// Bounds of a server's list of models.
const (
	modelListWait = 10 * time.Second
	modelListMax  = 1 << 20
)

// chooseModel asks the server which models it has where nobody named one: the only one is taken.
func (w *wiring) chooseModel(ctx context.Context, t *oneshot.Target, c provider.Choice) (provider.Choice, error) {
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
	ctx, stop := context.WithTimeout(ctx, modelListWait)
	defer stop()
	at := strings.TrimRight(t.BaseURL, "/") + "/models"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	req.Header = t.Header.Clone()
	if t.Token != nil {
		token, err := t.Token(ctx, "")
		if err != nil {
			return nil, err
		}
		t.Protocol.Header(req.Header, token)
	}
	res, err := t.Transport.RoundTrip(req)
	if err != nil {
		return nil, &input.Error{ErrClass: class.Network, Msg: t.Provider + " does not answer at " + t.BaseURL + ": " + err.Error(), Advice: "start it, or name another address as base_url in a row of providers:"}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, modelListMax))
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(raw, &list) != nil {
		return nil, &input.Error{ErrClass: class.Config, Msg: fmt.Sprintf("%s gives no list of models at %s (HTTP %d)", t.Provider, at, res.StatusCode), Advice: "pass --model"}
	}
	var names []string
	for _, m := range list.Data {
		if m.ID != "" {
			names = append(names, m.ID)
		}
	}
	return names, nil
}
