package provider

import (
	"hermes/provider/config"
)

// automatic takes the active login, expired but refreshable included, then the first API key in registry order.
func automatic(q Query) (Setting, error) {
	active, mayLogIn := activeRow(q)
	if mayLogIn && entry(q, active).LoggedIn() {
		return Setting{active.ID, "auth.json active_provider"}, nil
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
	if mayLogIn && entry(q, active).LastError != nil {
		return Setting{active.ID, "auth.json active_provider"}, nil
	}
	return Setting{}, advise("run hermes setup, hermes auth add PROVIDER, or pass --provider sandbox"+q.keysSet(nobody),
		"config", "no provider is configured: no login in auth.json, no API key of a provider that hermes model list shows, no model.provider in config.yaml")
}

// automatic reports whether the row may be chosen because its key is there.
func (r Row) automatic() bool {
	return r.Unsupported != switchedOff && (r.Unsupported == "" || !r.User && r.Refused == "") && !r.ByName && r.Base.URL != ""
}

// activeRow is the row of the active provider, where it takes a login.
func activeRow(q Query) (Row, bool) {
	if q.Auth == nil || q.Auth.Active() == "" {
		return nobody, false
	}
	r, ok := q.Rows.Lookup(q.Auth.Active())
	return r, ok && r.Unsupported != switchedOff && r.HasLogin()
}
