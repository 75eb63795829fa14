package provider

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"hermes/provider/config"
	"hermes/provider/rows"
)

// Row is a provider as a home knows it: the built-in row with what config.yaml says of it, or a row of config.yaml.
type Row struct {
	*rows.Row // of all homes: see detach
	Headers   map[string]string
	Extra     []config.Member // further fields of the request's body
	User      bool            // a server of the user's own
	given     given           // what config.yaml says of all its models
	// Unsupported says why the row cannot be used: it is switched off, or meant for another program.
	Unsupported string
}

// detach gives the row a copy of what it points to, to be changed: the built-in rows are of all homes.
func (r *Row) detach() {
	own := *r.Row
	r.Row = &own
}

// nobody is a row that is not found.
var nobody = Row{Row: &rows.Row{}}

// given are tokens of a model; 0 says nothing.
type given struct{ context, maxOutput int }

// auth is the row's way to authenticate of that kind.
func (r Row) auth(kind rows.Kind) (rows.Auth, bool) {
	i := slices.IndexFunc(r.Auth, func(a rows.Auth) bool { return a.Kind == kind })
	if i < 0 {
		return rows.Auth{}, false
	}
	return r.Auth[i], true
}

// HasLogin reports whether the row can be logged in to.
func (r Row) HasLogin() bool { _, ok := r.auth(rows.Device); return ok }

// LoginOnly reports whether a login is the only way to authenticate.
func (r Row) LoginOnly() bool { _, key := r.auth(rows.Key); return r.HasLogin() && !key }

// NeedsNothing reports whether the row can be asked without a credential.
func (r Row) NeedsNothing() bool { _, ok := r.auth(rows.None); return ok }

// NeedsAddress reports whether the user has to say where the server is.
func (r Row) NeedsAddress() bool { return r.Base.URL == "" && r.Serve == "" && r.Refused == "" }

// Same reports whether the model section means both rows: they are one, or both a server of the user's own.
func (r Row) Same(other Row) bool { return r.ID == other.ID || r.Own && other.Own }

// KeyEnv are the variables that may hold the row's key.
func (r Row) KeyEnv() []string { a, _ := r.auth(rows.Key); return a.Env }

// Model returns what the row knows of the model id, or a model with the row's own defaults.
func (r Row) Model(id string) rows.Model {
	for _, m := range r.Models {
		if m.ID == id {
			m.MaxOutput, m.Context = cmp.Or(m.MaxOutput, r.MaxTokens), cmp.Or(m.Context, r.Context)
			return m
		}
	}
	return rows.Model{ID: id, Context: r.Context, MaxOutput: r.MaxTokens, Images: true, PDF: true, Thinking: rows.ThinkBudget}
}

// Listed are the models to show: those that the row lists, else its default, which may have no name.
func (r Row) Listed() []rows.Model {
	if len(r.Models) > 0 || r.NeedsAddress() {
		return r.Models
	}
	return []rows.Model{{ID: r.DefaultModel}}
}

// Has reports whether the row lists the model.
func (r Row) Has(model string) bool {
	return slices.ContainsFunc(r.Models, func(m rows.Model) bool { return m.ID == model })
}

// Catalogue is every provider in registry order: the built-in rows, then those of config.yaml whose name is not taken.
type Catalogue []Row

// NewCatalogue joins built-in rows with those of config.yaml.
func NewCatalogue(built []*rows.Row, user []config.Row) Catalogue {
	all := make(Catalogue, len(built), len(built)+len(user))
	for i, r := range built {
		all[i] = Row{Row: r, Unsupported: r.Refused, User: r.Base.URL == "" && r.Serve == "" && r.Refused == ""}
	}
	for _, u := range user {
		i := slices.IndexFunc(all, func(r Row) bool { return strings.EqualFold(r.ID, u.Name) })
		switch {
		case i < 0:
			all = append(all, userRow(u))
		case i < len(built):
			all[i] = all[i].refined(u)
		}
	}
	return all
}

// first is the first row that is so.
func (c Catalogue) first(so func(Row) bool) (Row, bool) {
	i := slices.IndexFunc(c, so)
	if i < 0 {
		return nobody, false
	}
	return c[i], true
}

// BuiltIn is the catalogue of a home whose config.yaml names no provider.
func BuiltIn() Catalogue { return NewCatalogue(rows.All(), nil) }

// Lookup finds a provider by id or alias, case and surrounding space aside. A row of config.yaml may take an alias's
// name, never a canonical one. It is also found as custom:NAME and by the slug of its name.
func (c Catalogue) Lookup(name string) (Row, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	own := strings.TrimPrefix(name, "custom:")
	for _, has := range []func(Row) bool{
		func(r Row) bool { return strings.ToLower(r.ID) == name },
		func(r Row) bool {
			return r.User && (strings.ToLower(r.ID) == own || slug(r.ID) == own || slug(r.Name) == own)
		},
		func(r Row) bool { return slices.Contains(r.Aliases, name) },
	} {
		if r, ok := c.first(has); ok {
			return r, true
		}
	}
	return nobody, false
}

// slug is a name in lower case with a hyphen for each run of other characters, as Hermes Agent makes it.
func slug(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), "-")
}

// Usable are the rows that can be asked.
func (c Catalogue) Usable() Catalogue {
	return slices.DeleteFunc(slices.Clone(c), func(r Row) bool { return r.Unsupported != "" })
}

// Names are the ids and aliases of those.
func (c Catalogue) Names() []string {
	var all []string
	for _, r := range c.Usable() {
		all = append(append(all, r.ID), r.Aliases...)
	}
	return all
}

// ModelNames are the models, each once.
func (c Catalogue) ModelNames() []string {
	var all []string
	for _, r := range c {
		for _, m := range r.Models {
			if !slices.Contains(all, m.ID) {
				all = append(all, m.ID)
			}
		}
	}
	return all
}

// keyVariables are the variables that hold a built-in provider's key.
func (c Catalogue) keyVariables() []string {
	var all []string
	for _, r := range c {
		all = append(all, r.KeyEnv()...)
	}
	return all
}

// strangerOf names the provider that the address belongs to, where that is another than row: "" for an address of the
// row itself, of nobody, or of a server of one's own.
func (c Catalogue) strangerOf(row Row, address string) string {
	host := hostOf(address)
	if host == "" || row.owns(host) {
		return ""
	}
	for _, r := range c {
		if r.ID != row.ID && r.owns(host) {
			return r.ID
		}
	}
	return ""
}

// keyOwner names the built-in provider whose key the variable holds, where that is another than row, "" for none.
func (c Catalogue) keyOwner(row Row, variable string) string {
	other := ""
	for _, r := range c {
		switch {
		case r.User || !slices.Contains(r.KeyEnv(), variable):
		case r.ID == row.ID:
			return ""
		case other == "":
			other = r.ID
		}
	}
	return other
}
