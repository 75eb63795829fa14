package rows

import (
	"net/url"
	"strings"

	"hermes/provider/config"
)

// simple is a server of Chat Completions without quirks: the key is in PREFIX_API_KEY, another address in PREFIX_BASE_URL.
func simple(id, name, address, prefix, model string, aliases ...string) Row {
	host := ""
	if u, err := url.Parse(address); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	return Row{
		ID: id, Name: name, Aliases: aliases, Wire: Chat, Auth: keyed(prefix + "_API_KEY"), DefaultModel: model,
		Base: Base{URL: address, Env: []string{prefix + "_BASE_URL"}, Hosts: []string{host}},
	}
}

// at adds hosts that the credential may go to.
func (r Row) at(hosts ...string) Row {
	r.Base.Hosts = append(r.Base.Hosts, hosts...)
	return r
}

// key names the variables of the key.
func (r Row) key(env ...string) Row {
	r.Auth = keyed(env...)
	return r
}

// base names the variables of another address, none for no variable.
func (r Row) base(env ...string) Row {
	r.Base.Env = env
	return r
}

// over names another wire.
func (r Row) over(w Wire) Row {
	r.Wire = w
	return r
}

// with sets the quirks.
func (r Row) with(q Quirks) Row {
	r.Quirks = q
	return r
}

// limit sets the limit of an answer.
func (r Row) limit(tokens int) Row {
	r.MaxTokens = tokens
	return r
}

// models names the wires of models whose names begin so.
func (r Row) models(wires ...ModelWire) Row {
	r.Wires = wires
	return r
}

// yields lets a row of config.yaml with the same name take its place.
func (r Row) yields() Row {
	r.Yields = true
	return r
}

// dev names the provider at models.dev.
func (r Row) dev(id string) Row {
	r.ModelsDev = id
	return r
}

// knows says what is known of the default model, so that a question to it needs nothing else.
func (r Row) knows(m Model) Row {
	m.ID = r.DefaultModel
	r.Models = []Model{m}
	return r
}

// usd is a price per million tokens: input, output, input read from the cache and written to it.
func usd(in, out, read, write string) config.Price {
	return config.Price{Input: in, Output: out, CacheRead: read, CacheWrite: write}
}
