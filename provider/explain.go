package provider

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hermes/provider/config"
	"hermes/provider/rows"
)

// Settings tells what a run without flags would use, and who decided it, the parent's handoff included. Where no provider
// can be told, its row says why: a home without one is what most needs an explanation.
func (s *Session) Settings() []config.Setting {
	all := []config.Setting{{Key: "home", Value: s.Home, Source: s.homeSource()}}
	q, err := s.Query(Flags{})
	if err != nil {
		return append(all, config.Setting{Key: "provider", Value: "unknown", Source: err.Error()})
	}
	c, err := Resolve(q)
	if err != nil {
		name, _ := resolveName(q)
		return append(all, config.Setting{Key: "provider", Value: cmp.Or(name.Value, "none"), Source: err.Error()})
	}
	all = append(all, c.settings()...)
	all = append(all, limits(s.Config, c)...)
	return append(all, s.others(c)...)
}

// settings are the four answers of a resolution, and what it does not use.
func (c *Choice) settings() []config.Setting {
	all := []config.Setting{
		{Key: "provider", Value: c.Provider.Value, Source: c.Provider.Source},
		{Key: "model", Value: c.Model.Value, Source: c.Model.Source},
		{Key: "base_url", Value: c.Address().Value, Source: c.BaseURL.Source},
		{Key: "transport", Value: c.Wire.Value, Source: c.Wire.Source},
		{Key: "credential", Value: c.Credential.Value, Source: c.Credential.Source},
	}
	if err := c.Ready(); err != nil {
		all[4].Source = err.Error()
	}
	for _, n := range c.Notices {
		all = append(all, config.Setting{Key: "notice." + n.Code, Value: n.Text, Source: "config.yaml"})
	}
	return all
}

// limits are what is known of the model, or was set for it.
func limits(cfg *config.Config, c *Choice) []config.Setting {
	known := "known of " + c.Model.Value
	switch {
	case c.Facts != "":
		known = c.Facts
	case !c.Row.Has(c.Model.Value):
		known = "default of " + c.Row.ID
	}
	own := func(key string, set int) string {
		if set > 0 && cfg.Model.Default == c.Model.Value {
			return "config.yaml model." + key
		}
		return known
	}
	var all []config.Setting
	if n := c.Info.Context; n > 0 {
		all = append(all, config.Setting{Key: "context_length", Value: strconv.Itoa(n), Source: own("context_length", cfg.Model.ContextLength)})
	}
	if n := c.Info.MaxOutput; n > 0 {
		all = append(all, config.Setting{Key: "max_tokens", Value: strconv.Itoa(n), Source: own("max_tokens", cfg.Model.MaxTokens)})
	}
	source := cmp.Or(c.Facts, "built in, seen "+rows.PricesVerified)
	if _, ok := cfg.Prices[c.Model.Value]; ok {
		source = "config.yaml prices"
	}
	for _, p := range [][2]string{{"input", c.Info.Price.Input}, {"output", c.Info.Price.Output}} {
		if p[1] != "" {
			all = append(all, config.Setting{Key: "price." + p[0], Value: p[1], Source: source})
		}
	}
	return all
}

// others are whom a run may ask beside its provider, as the run resolves them.
func (s *Session) others(c *Choice) []config.Setting {
	var all []config.Setting
	for i, f := range s.Config.Fallbacks {
		choice, err := s.Fallback(f)
		all = append(all, beside(fmt.Sprintf("fallback.%d", i+1), f, fmt.Sprintf("config.yaml line %d", f.Line), choice, err))
	}
	for _, name := range []string{"delegation", "vision"} {
		set := map[string]config.Entry{"delegation": s.Config.Auxiliary.Delegation, "vision": s.Config.Auxiliary.Vision}[name]
		e, ok := c.Helper(set, name == "vision")
		if !ok {
			continue
		}
		source := "default of " + c.Row.ID
		if set.Any() {
			source = "config.yaml " + e.Key
		}
		choice, err := s.Helper(e)
		all = append(all, beside("auxiliary."+name, e, source, choice, err))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Config.Aliases)) {
		e := s.Config.Aliases[name]
		choice, err := s.Resolve(Flags{Model: name})
		all = append(all, beside("alias."+name, e, fmt.Sprintf("config.yaml line %d", e.Line), choice, err))
	}
	return all
}

// beside is one of them. What cannot be asked says why.
func beside(key string, e config.Entry, source string, c *Choice, err error) config.Setting {
	if err == nil {
		return config.Setting{Key: key, Value: c.Row.ID + " " + c.Model.Value, Source: source}
	}
	return config.Setting{Key: key, Value: strings.TrimSpace(e.Provider + " " + e.Model), Source: err.Error()}
}

// Warning says why a run would stumble over a value of config.yaml, "" when it would not.
func (s *Session) Warning(key, value string) string {
	switch key {
	case "model.provider":
		if isAuto(value) {
			return ""
		}
		r, ok := s.Rows().Lookup(value)
		if !ok {
			return s.Rows().unknown(Setting{value, key}).Error()
		}
		if r.Unsupported != "" {
			return r.Unsupported
		}
		return s.left(r)
	case "model.default":
		if r, ok := s.Rows().Configured(s.Config); ok {
			return r.Unlisted(value)
		}
		if c, err := s.Resolve(Flags{}); err == nil {
			return c.Row.Unlisted(value)
		}
	}
	return ""
}

// left says what config.yaml holds of another provider, which a run with the row would not use.
func (s *Session) left(r Row) string {
	cfg := *s.Config
	cfg.Model.Provider = r.ID
	c := &Choice{Row: r}
	q := Query{Config: &cfg, Rows: s.Rows()}
	keyNames(q, c, ownBase(q, c))
	var all []string
	for _, n := range c.Notices {
		all = append(all, n.Text)
	}
	return strings.Join(all, "; ")
}

// Unlisted warns of a model that the row does not list, "" when it does. Lists grow old: the model may exist all the same.
func (r Row) Unlisted(model string) string {
	if len(r.Models) < 2 || r.Has(model) { // the default alone is no list
		return ""
	}
	var names []string
	for _, m := range r.Models {
		names = append(names, m.ID)
	}
	text := model + " is not a model that " + r.ID + " is known to have"
	if near := config.Nearest(model, names); near != "" {
		text += "; did you mean " + near + "?"
	}
	return text
}

func (s *Session) homeSource() string {
	if s.Getenv("HERMES_HOME") != "" {
		return "HERMES_HOME"
	}
	return "default"
}
