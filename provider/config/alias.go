package config

import (
	"cmp"
	"strings"

	"hermes/provider/config/yamledit"
)

// aliasKeys are the keys of both forms of an alias.
func aliasKeys() []Key {
	keys := []Key{
		{Path: "model.aliases", Type: "map", Help: "short names of models, each for PROVIDER/MODEL or a model of model.provider"},
		{Path: "model.aliases.<name>", Type: "string", Help: "one of them"},
		{Path: "model_aliases", Type: "map", Help: "short names of models that have an address or a key of their own"},
		{Path: "model_aliases.<name>", Type: "map", Help: "one of them"},
	}
	return append(keys, keyList("model_aliases.<name>", entryFields(""))...)
}

// aliases reads model_aliases:, then the short form model.aliases:, which gives way. An alias means an entry: a server of one's own
// where it has an address and names no provider. Names are in lower case, as Hermes Agent compares them.
func (r *reader) aliases(root *yamledit.Node) map[string]Entry {
	out := make(map[string]Entry)
	if m := r.section(root, "model_aliases", "model_aliases"); m != nil {
		for i := 0; i+1 < len(m.Content); i += 2 {
			name := m.Content[i].Value
			key := yamledit.JoinKey("model_aliases", name)
			if n := r.section(m, name, key); n != nil && m.Content[i].Tag != "!!merge" {
				e := r.entry(n, key)
				if e.Model == "" && e.Err == nil {
					e.Provider = cmp.Or(e.Provider, "custom")
					e.Err = &Error{Path: r.path, Line: e.Line, Key: yamledit.JoinKey(key, "model"), Msg: "must name the model that the alias means"}
				}
				out[aliasName(name)] = e
			}
		}
	}
	if section := yamledit.Child(root, "model"); section != nil && section.Kind == yamledit.Mapping {
		r.shortAliases(section, out)
	}
	return out
}

func (r *reader) shortAliases(section *yamledit.Node, out map[string]Entry) {
	m := r.section(section, "aliases", "model.aliases")
	if m == nil {
		return
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		name, n := aliasName(m.Content[i].Value), yamledit.Target(m.Content[i+1])
		if _, taken := out[name]; taken || yamledit.Empty(n) || m.Content[i].Tag == "!!merge" {
			continue
		}
		e := Entry{Key: yamledit.JoinKey("model.aliases", m.Content[i].Value), Line: n.Line}
		text, ok := r.str(n, e.Key)
		if !ok {
			continue
		}
		if provider, model, qualified := strings.Cut(text, "/"); qualified {
			e.Provider, e.Model = providerName(provider), strings.TrimSpace(model)
		} else {
			e.Model = text
		}
		out[name] = e
	}
}

func aliasName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Alias is what an alias of model_aliases: or model.aliases: means, by its name in any case.
func (c *Config) Alias(name string) (Entry, bool) {
	e, ok := c.Aliases[aliasName(name)]
	return e, ok
}
