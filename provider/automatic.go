package provider

import (
	"hermes/provider/config"
)

// automatic takes the active login, expired but refreshable included, then the first API key in registry order.
func automatic(q Query) (Setting, error) {
	if q.Auth != nil {
		if active := q.Auth.Active(); active != "" {
			if e, ok := q.Auth.Entry(active); ok && e.LoggedIn() && hasOAuth(q, active) {
				return Setting{active, "auth.json active_provider"}, nil
			}
		}
	}
	for _, r := range q.Rows {
		if !r.automatic() {
			continue
		}
		for _, name := range r.KeyEnv() {
			if key := q.Secret(name); config.UsableSecret(key) && notKey(r, "", key) == "" {
				return Setting{r.ID, name + " is set"}, nil
			}
		}
	}
	if name, ok := pooled(q); ok {
		return name, nil
	}
	if q.Auth != nil && hasOAuth(q, q.Auth.Active()) {
		if e, ok := q.Auth.Entry(q.Auth.Active()); ok && e.LastError != nil {
			return Setting{q.Auth.Active(), "auth.json active_provider"}, nil
		}
	}
	return Setting{}, advise("run hermes setup, hermes auth add minimax-oauth, or pass --provider sandbox"+q.keysSet(Row{}),
		"config", "no provider is configured: no login in auth.json, no API key of a provider that hermes model list shows, no model.provider in config.yaml")
}

// automatic reports whether the row may be chosen because its key is there.
func (r Row) automatic() bool {
	return r.Unsupported != switchedOff && (r.Unsupported == "" || !r.User && r.Refused == "") && !r.ByName && r.Base.URL != ""
}

func hasOAuth(q Query, id string) bool {
	r, ok := q.Rows.Lookup(id)
	return ok && r.Unsupported != switchedOff && r.HasLogin()
}
