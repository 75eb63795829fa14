package provider

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"hermes/provider/config"
)

// Lookup finds a provider by id or alias, case and surrounding space aside. A row of config.yaml may take an alias's
// name, never a canonical one.
func Lookup(name string, user []config.Row) (Row, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	rows := builtIn(user)
	for _, r := range rows {
		if r.ID == name {
			return r, true
		}
	}
	for _, u := range user {
		if strings.ToLower(u.Name) == name {
			return userRow(u), true
		}
	}
	for _, r := range rows {
		if slices.Contains(r.Aliases, name) {
			return r, true
		}
	}
	return Row{}, false
}

// eachRow gives every provider in registry order: the catalogue, then the rows of config.yaml whose name is not taken.
func eachRow(user []config.Row) []Row {
	all := builtIn(user)
	for _, u := range user {
		if !slices.ContainsFunc(all, func(r Row) bool { return strings.EqualFold(r.ID, u.Name) }) {
			all = append(all, userRow(u))
		}
	}
	return all
}

// usableRows gives those that can be asked.
func usableRows(user []config.Row) []Row {
	return slices.DeleteFunc(eachRow(user), func(r Row) bool { return r.Unsupported != "" })
}

// builtIn is the catalogue with what config.yaml says of its rows: enabled: false, and facts of their models.
func builtIn(user []config.Row) []Row {
	rows := Catalogue()
	for _, u := range user {
		if i := slices.IndexFunc(rows, func(r Row) bool { return strings.EqualFold(r.ID, u.Name) }); i >= 0 {
			rows[i] = rows[i].refined(u)
		}
	}
	return rows
}

// refined is a built-in row with a row of config.yaml under its name. Hermes Agent reads no address and no key there, and
// a key that both programs hold must not go to two places: such a row is refused.
func (r Row) refined(u config.Row) Row {
	if r.ID == customID { // a server of the user's own, whichever of the two forms describes it
		own := userRow(u)
		own.ID, own.Aliases = r.ID, r.Aliases
		return own
	}
	switch set := u.Given(); {
	case u.Disabled:
		r.Unsupported = switchedOff
	case u.Err != nil && !u.NoBase:
		r.Unsupported = u.Err.Error()
	case len(set) > 0:
		r.Unsupported = u.Refuse(set[0], r.ID+" is a built-in provider; give a server of your own another name").Error()
	}
	if u.DefaultModel != "" {
		r.DefaultModel = u.DefaultModel
	}
	models := slices.Clone(r.Models)
	for _, id := range u.Models {
		if !r.Has(id) {
			models = append(models, r.Model(id))
		}
	}
	for i := range models {
		models[i].MaxOutput, models[i].Context = cmp.Or(u.MaxTokens, models[i].MaxOutput), cmp.Or(u.ContextLength, models[i].Context)
	}
	r.Models, r.MaxTokens, r.Context = models, cmp.Or(u.MaxTokens, r.MaxTokens), cmp.Or(u.ContextLength, r.Context)
	return r
}

const switchedOff = "is switched off in config.yaml (enabled: false)"

// userRow turns three lines of config.yaml into a catalogue row.
func userRow(u config.Row) Row {
	r := Row{
		ID: u.Name, Name: u.Name, Auth: AuthNone, Base: Base{URL: u.BaseURL}, Header: APIKey, Headers: u.Headers, Extra: u.ExtraBody,
		KeyCmd: u.KeyCmd, APIKey: u.APIKey, DefaultModel: u.DefaultModel, MaxTokens: u.MaxTokens, Context: u.ContextLength, User: true,
	}
	if u.Disabled {
		r.Unsupported = switchedOff
	}
	if u.Err != nil {
		r.Unsupported = u.Err.Error()
	}
	if u.KeyEnv != "" {
		r.KeyEnv = []string{u.KeyEnv}
	}
	if u.HasKey() {
		r.Auth = AuthKey
	}
	if u.AuthHeader == string(Bearer) {
		r.Header = Bearer
	}
	if r.MaxTokens == 0 {
		r.MaxTokens = 4_096
	}
	for _, id := range u.Models {
		r.Models = append(r.Models, Model{ID: id, Images: true, PDF: true, Thinking: ThinkBudget})
	}
	if r.DefaultModel == "" && len(u.Models) > 0 {
		r.DefaultModel = u.Models[0]
	}
	return r
}

// with is the row as an entry of config.yaml asks for it. What the entry sets stands in place of the row's own: its key is
// the only one that goes to its address.
func (r Row) with(e config.Entry) (Row, error) {
	err := e.Err
	if bad := r.misfit(e); err == nil && bad != nil {
		err = bad
	}
	if err != nil {
		return r, failf("config", "%v", err)
	}
	if e.HasKey() {
		r.Auth, r.KeyEnv, r.KeyCmd, r.APIKey = AuthKey, nil, e.KeyCmd, e.APIKey
		if e.KeyEnv != "" {
			r.KeyEnv = []string{e.KeyEnv}
		}
	}
	if e.AuthHeader != "" {
		r.Header = Header(e.AuthHeader)
	}
	if len(e.Headers) > 0 {
		headers := maps.Clone(r.Headers)
		if headers == nil {
			headers = make(map[string]string)
		}
		maps.Copy(headers, e.Headers)
		r.Headers = headers
	}
	r.Extra = append(slices.Clip(e.ExtraBody), r.Extra...)
	return r, nil
}

// misfit is what of an entry the row cannot obey, nil for nothing.
func (r Row) misfit(e config.Entry) *config.Error {
	for _, key := range e.Given() {
		isKey := key == "api_key" || key == "key_env" || key == "key_cmd"
		other := strangerOf(r, e.BaseURL)
		switch {
		case r.ID == "sandbox":
			return e.Refuse(key, "the sandbox answers inside of this process")
		case isKey && r.Auth == AuthOAuth:
			return e.Refuse(key, r.ID+" takes a login alone")
		case key == "base_url" && r.Auth == AuthOAuth && !r.Base.owns(hostOf(e.BaseURL)):
			return e.Refuse(key, r.ID+" takes its address from the login")
		case key == "base_url" && other != "" && !r.User && !e.HasKey():
			return e.Refuse(key, hostOf(e.BaseURL)+" belongs to "+other+", and the key of "+r.ID+" does not go there; name its own key beside it")
		case key == "key_env" && e.BaseURL == "" && !r.User && keyOwner(r, e.KeyEnv) != "":
			return e.Refuse(key, e.KeyEnv+" is the key of "+keyOwner(r, e.KeyEnv)+", which does not go to "+r.ID)
		}
	}
	return nil
}
