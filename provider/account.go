package provider

import (
	"hermes/provider/login"
	"hermes/provider/rows"
)

// Accounts gives the providers that can hold a credential, and those of config.yaml, in registry order; with a name, that one
// alone.
func (s *Session) Accounts(name string) ([]login.Account, error) {
	if name != "" {
		r, ok := s.Rows().Lookup(name)
		if !ok {
			return nil, s.Rows().unknown(Setting{name, "argument"})
		}
		if r.Refused != "" && !r.User {
			return nil, failf("config", "provider %s: %s", r.ID, r.Refused)
		}
		return []login.Account{s.account(r)}, nil
	}
	var all []login.Account
	for _, r := range s.Rows() {
		if r.User && r.Unsupported != "" || r.Refused != "" { // a login or key of a built-in provider is there, asked or not
			continue
		}
		if !r.NeedsNothing() || r.User && r.Base.URL != "" {
			all = append(all, s.account(r))
		}
	}
	return all, nil
}

// Rows gives every provider in registry order: the built-in rows, then those of config.yaml.
func (s *Session) Rows() Catalogue { return s.rows }

// AuthArgs are what `hermes auth add` needs to give the choice the credential that it has, or had.
func (c *Choice) AuthArgs() string {
	if c.Credential.Value == "login" || c.refused != "" {
		return c.Row.Account().AddArgs()
	}
	return c.Row.ID
}

// addHint says how the choice gets the credential that it has, or had.
func (c *Choice) addHint() string {
	if a := c.Row.Account(); a.File != "" {
		return a.AddHint()
	}
	return "run: hermes auth add " + c.AuthArgs()
}

// account is that of a row of this home.
func (s *Session) account(r Row) login.Account {
	a := r.Account()
	if store := s.storeOf(r); store != s.Store {
		a.Store = store
	}
	return a
}

// Account is the row as far as its credential goes.
func (r Row) Account() login.Account {
	a := login.Account{ID: r.ID, Name: r.Name, Kind: login.KindNone, Inference: r.Base.URL}
	key, hasKey := r.auth(rows.Key)
	device, hasLogin := r.auth(rows.Device)
	_, printed := r.auth(rows.Command)
	switch {
	case hasLogin:
		a.Kind, a.Issuer, a.Layout = login.KindOAuth, *device.Issuer, device.Layout
		if device.File != "" {
			a.File = "~/" + device.File
		}
	case hasKey && !printed && key.Value == "" && !r.NeedsNothing(): // else config.yaml holds the key, or the command that prints it
		a.Kind = login.KindKey
	}
	if len(key.Env) > 0 {
		a.KeyEnv = key.Env[0]
	}
	return a
}
