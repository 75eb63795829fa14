package provider

import (
	"cmp"
	"maps"
	"slices"

	"hermes/provider/config"
	"hermes/provider/rows"
)

// refined is a built-in row with a row of config.yaml under its name. Hermes Agent reads no address and no key there, and
// a key that both programs hold must not go to two places: such a row is refused.
func (r Row) refined(u config.Row) Row {
	if r.NeedsAddress() || r.Yields && u.BaseURL != "" { // a server of the user's own, whichever of the two forms describes it
		own := userRow(u)
		own.ID, own.Aliases = r.ID, r.Aliases
		return own
	}
	r.detach()
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
	r.given = given{u.ContextLength, u.MaxTokens}
	r.Models, r.MaxTokens, r.Context = models, cmp.Or(u.MaxTokens, r.MaxTokens), cmp.Or(u.ContextLength, r.Context)
	return r
}

const switchedOff = "is switched off in config.yaml (enabled: false)"

// userRow turns three lines of config.yaml into a catalogue row.
func userRow(u config.Row) Row {
	r := Row{User: true, Headers: u.Headers, Extra: u.ExtraBody, given: given{u.ContextLength, u.MaxTokens}, Row: &rows.Row{
		ID: u.Name, Name: cmp.Or(u.DisplayName, u.Name), Wire: rows.Wire(u.Transport), Base: rows.Base{URL: u.BaseURL}, Auth: ownAuth(u.Endpoint),
		DefaultModel: u.DefaultModel, MaxTokens: u.MaxTokens, Context: u.ContextLength, ModelsDev: u.CatalogProvider,
	}}
	if u.Disabled {
		r.Unsupported = switchedOff
	}
	if u.Err != nil {
		r.Unsupported = u.Err.Error()
	}
	if u.AuthHeader != "" {
		r.Quirks.KeyHeader = keyHeader(u.AuthHeader)
	}
	for _, id := range u.Models {
		r.Models = append(r.Models, rows.Model{ID: id, Images: true, PDF: true, Thinking: rows.ThinkBudget})
	}
	if r.DefaultModel == "" && len(u.Models) > 0 {
		r.DefaultModel = u.Models[0]
	}
	return r
}

// ownAuth are the ways to authenticate that config.yaml names beside an address: a command, else a variable or the key
// itself. Without any of them the server is asked without a key, or with the one that stands beside model.provider.
func ownAuth(e config.Endpoint) []rows.Auth {
	key := rows.Auth{Kind: rows.Key, Value: e.APIKey}
	if e.KeyEnv != "" {
		key.Env = []string{e.KeyEnv}
	}
	switch {
	case e.KeyCmd != "":
		return []rows.Auth{{Kind: rows.Command, Command: e.KeyCmd}, key}
	case e.HasKey():
		return []rows.Auth{key}
	}
	return []rows.Auth{key, {Kind: rows.None}}
}

// keyHeader is the header of a word of auth_header.
func keyHeader(word string) string {
	if word == "x-api-key" {
		return rows.XAPIKey
	}
	return rows.Bearer
}

// with is the row as an entry of config.yaml asks for it. What the entry sets stands in place of the row's own: its key is
// the only one that goes to its address.
func (c Catalogue) with(r Row, e config.Entry) (Row, error) {
	err := e.Err
	if bad := c.misfit(r, e); err == nil && bad != nil {
		err = bad
	}
	if err != nil {
		return r, failf("config", "%v", err)
	}
	r.detach()
	if e.HasKey() {
		r.Auth = ownAuth(e.Endpoint)
	}
	if e.Transport != "" {
		r.Wire, r.Wires = rows.Wire(e.Transport), nil
	}
	if e.AuthHeader != "" {
		r.Quirks.KeyHeader = keyHeader(e.AuthHeader)
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
func (c Catalogue) misfit(r Row, e config.Entry) *config.Error {
	for _, key := range e.Given() {
		isKey := key == "api_key" || key == "key_env" || key == "key_cmd"
		other := c.strangerOf(r, e.BaseURL)
		switch {
		case r.Serve != "":
			return e.Refuse(key, "the sandbox answers inside of this process")
		case isKey && r.LoginOnly():
			return e.Refuse(key, r.ID+" takes a login alone")
		case key == "base_url" && r.LoginOnly() && !r.owns(hostOf(e.BaseURL)):
			return e.Refuse(key, r.ID+" takes its address from the login")
		case key == "base_url" && other != "" && !r.User && !e.HasKey():
			return e.Refuse(key, hostOf(e.BaseURL)+" belongs to "+other+", and the key of "+r.ID+" does not go there; name its own key beside it")
		case key == "key_env" && e.BaseURL == "" && !r.User && c.keyOwner(r, e.KeyEnv) != "":
			return e.Refuse(key, e.KeyEnv+" is the key of "+c.keyOwner(r, e.KeyEnv)+", which does not go to "+r.ID)
		}
	}
	return nil
}
