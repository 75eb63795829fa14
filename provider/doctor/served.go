package doctor

import (
	"context"
	"errors"
	"slices"
	"time"

	"hermes/provider"
	"hermes/provider/config"
)

// served asks the server for its list of models with the credential of a run, which costs nothing: a key that is refused and a model that
// is not there show before a question does. A login whose token has run out is not renewed for it.
func served(ctx context.Context, e Env, c *provider.Choice) []Finding {
	if e.Models == nil || c.Ready() != nil || c.Model.Value == "" {
		return nil
	}
	if until, ok := e.Session.Expiry(c); ok && until.Before(e.Now().Add(skew)) {
		return []Finding{found(OK, "the token of %s has run out; the next run renews it, so it was not tried", c.Row.ID)}
	}
	start := e.Now()
	names, err := e.Models(ctx, c)
	if err != nil {
		return []Finding{refused(c, err)}
	}
	all := []Finding{found(OK, "%s takes the credential (%s) and lists %d models, in %d ms", c.Row.ID, c.Credential.Source, len(names), e.Now().Sub(start)/time.Millisecond)}
	if c.Credential.Value == "none" {
		all[0].Text = c.Row.ID + " wants no key"
	}
	if slices.Contains(names, c.Model.Value) || len(names) == 0 {
		return append(all, found(OK, "%s is among the models of %s", c.Model.Value, c.Row.ID))
	}
	near := "" // no more than a warning: llama-server takes any name, and a list may leave out variants
	if name := config.Nearest(c.Model.Value, names); name != "" {
		near = "; did you mean " + name + "?"
	}
	return append(all, found(Warning, "%s is not among the %d models that %s lists%s (hermes model list --online %s)", c.Model.Value, len(names), c.Row.ID, near, c.Row.ID))
}

// refused tells a credential that is not taken from a list that is not there, which says nothing against a question.
func refused(c *provider.Choice, err error) Finding {
	class := ""
	if e, ok := errors.AsType[interface {
		error
		Class() string
	}](err); ok {
		class = e.Class()
	}
	switch class {
	case "auth_refused", "not_logged_in", "reauth_required", "billing":
		return found(Problem, "%s refuses the credential (%s): %v", c.Row.ID, c.Credential.Source, err)
	case "config", "invalid_request", "protocol":
		return found(OK, "%s shows no list of models, so key and model were not tried", c.Row.ID)
	}
	return found(Warning, "the list of models: %v", err)
}
