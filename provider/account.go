package provider

import "hermes/provider/login"

// Accounts gives the providers that can hold a credential, in registry order; with a name, that one alone.
func (s *Session) Accounts(name string) ([]login.Account, error) {
	if name != "" {
		r, ok := Lookup(name, s.Config.Providers)
		if !ok {
			return nil, unknownProvider(Setting{name, "argument"}, s.Config.Providers)
		}
		return []login.Account{account(r)}, nil
	}
	var all []login.Account
	for _, r := range Catalogue() {
		if r.Auth != AuthNone {
			all = append(all, account(r))
		}
	}
	for _, u := range s.Config.Providers {
		if r := userRow(u); r.Auth != AuthNone {
			all = append(all, account(r))
		}
	}
	return all, nil
}

func account(r Row) login.Account {
	a := login.Account{ID: r.ID, Name: r.Name, Kind: login.KindNone, Region: r.Region, Portal: r.Portal, Inference: r.BaseURL}
	switch r.Auth {
	case AuthOAuth, AuthOAuthOrKey:
		a.Kind = login.KindOAuth
	case AuthKey:
		a.Kind = login.KindKey
	}
	if len(r.KeyEnv) > 0 {
		a.KeyEnv = r.KeyEnv[0]
	}
	return a
}
