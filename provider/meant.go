package provider

import (
	"strings"

	"hermes/provider/config"
)

// meant is the query for what its model's name means: an alias of config.yaml, or a provider and its model in one word, as in
// minimax/MiniMax-M3 and custom:lab:qwen3. A name beside --provider is the provider's own, unless an alias means that provider.
func (q Query) meant() Query {
	if q.Entry != nil || q.settled {
		return q
	}
	q.settled = true
	if q.Flags.Model == "" {
		return q.unaliased()
	}
	if e, ok := q.Config.Alias(q.Flags.Model); ok {
		return q.alias(e, q.Flags.Provider)
	}
	if isAuto(q.Flags.Provider) {
		if provider, model, ok := q.qualified(q.Flags.Model); ok {
			q.Flags, q.byModel = Flags{Provider: provider, Model: model}, true
		}
	}
	return q
}

// unaliased is the query where the line names no model: the parent's name of it, else config.yaml's, may be an alias.
func (q Query) unaliased() Query {
	by, named := asked(q)
	name := q.Config.Model.Default
	if q.Handoff.Model != "" && (isAuto(q.Handoff.Provider) || by.Source == handoffProvider) {
		name = q.Handoff.Model
	}
	e, ok := q.Config.Alias(name)
	if !ok || e.Provider == "" && named && q.Flags.Provider != "" { // it means a model of config.yaml's own provider
		return q
	}
	return q.alias(e, by.Value)
}

// alias is the query for an alias, where by is the provider that somebody named, "" for nobody. The model of another provider is
// not asked there, so such an alias is no alias.
func (q Query) alias(e config.Entry, by string) Query {
	if e.Provider == "" && !q.apartFor(e) {
		q.Flags.Model, q.aliasKey = e.Model, "config.yaml "+e.Key
		return q
	}
	if !isAuto(by) {
		mine, _ := q.Rows.Lookup(e.Provider)
		if r, ok := q.Rows.Lookup(by); !ok || r.ID != mine.ID {
			return q
		}
	}
	q.Entry, q.Flags = &e, Flags{}
	return q
}

// apartFor reports whether an entry brings an address or a key of its own.
func (q Query) apartFor(e config.Entry) bool { q.Entry = &e; return q.apart() }

// qualified splits PROVIDER/MODEL and custom:NAME:MODEL. A slash is part of the name where the provider that is asked anyway has
// such names, or names that nobody knows: gateways and servers of one's own do.
func (q Query) qualified(name string) (provider, model string, ok bool) {
	if own, found := strings.CutPrefix(name, "custom:"); found {
		if i := strings.IndexAny(own, ":/"); i > 0 {
			provider, model = "custom:"+own[:i], own[i+1:]
			r, known := q.Rows.Lookup(provider)
			return provider, model, known && r.User && model != ""
		}
	}
	provider, model, ok = strings.Cut(name, "/")
	if !ok || provider == "" || model == "" {
		return "", "", false
	}
	if _, known := q.Rows.Lookup(provider); !known {
		return "", "", false
	}
	if now, err := resolveName(q); err == nil {
		r, _ := q.Rows.Lookup(now.Value)
		return provider, model, !r.takesSlashes()
	}
	return provider, model, true
}

// takesSlashes reports whether names of the row's models may hold a slash.
func (r Row) takesSlashes() bool {
	names := []string{r.DefaultModel}
	for _, m := range r.Models {
		names = append(names, m.ID)
	}
	return r.User || r.Own || r.DefaultModel == "" || strings.Contains(strings.Join(names, " "), "/")
}

// flag is the flag that named the provider.
func (q Query) flag(name string) string {
	if q.byModel {
		return "--model"
	}
	return name
}
