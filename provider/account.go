package provider

import "hermes/provider/login"

// Accounts gives the providers that can hold a credential, and those of config.yaml, in registry order; with a name, that one
// alone.
func (s *Session) Accounts(name string) ([]login.Account, error) {
	if name != "" {
		r, ok := Lookup(name, s.Config.Providers)
		if !ok {
			return nil, unknownProvider(Setting{name, "argument"}, s.Config.Providers)
		}
		return []login.Account{account(r)}, nil
	}
	var all []login.Account
	for _, r := range eachRow(s.Config.Providers) {
		if r.User && r.Unsupported != "" { // a login or key of a built-in provider is there, asked or not
			continue
		}
		if r.Auth != AuthNone || r.User && r.Base.URL != "" {
			all = append(all, account(r))
		}
	}
	return all, nil
}

// Rows gives every provider in registry order: the catalogue, then the usable rows of config.yaml.
func (s *Session) Rows() []Row { return usableRows(s.Config.Providers) }

// Account is the row as far as its credential goes.
func (r Row) Account() login.Account { return account(r) }

// AddWords are what `hermes auth add` needs to give the choice the credential that it has, or had.
func (c Choice) AddWords() string {
	if c.Credential.Value == "login" || c.refused != "" {
		return account(c.Row).AddWords()
	}
	return c.Row.ID
}

func account(r Row) login.Account {
	a := login.Account{ID: r.ID, Name: r.Name, Kind: login.KindNone, Region: r.Region, Portal: r.Portal, Inference: r.Base.URL}
	switch r.Auth {
	case AuthOAuth, AuthOAuthOrKey:
		a.Kind = login.KindOAuth
	case AuthKey:
		a.Kind = login.KindKey
		if r.KeyCmd != "" || r.APIKey != "" { // config.yaml holds the key, or the command that prints it
			a.Kind = login.KindNone
		}
	}
	if len(r.KeyEnv) > 0 {
		a.KeyEnv = r.KeyEnv[0]
	}
	return a
}
