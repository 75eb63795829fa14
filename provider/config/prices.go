package config

import (
	"hermes/provider/config/yamledit"
)

func priceFields() []field[Price] {
	return []field[Price]{
		{Key: Key{Path: "input", Type: "decimal", Help: "USD per million input tokens"}, dest: func(p *Price) any { return &p.Input }},
		{Key: Key{Path: "output", Type: "decimal", Help: "USD per million output tokens"}, dest: func(p *Price) any { return &p.Output }},
		{Key: Key{Path: "cache_read", Type: "decimal", Help: "USD per million tokens read from the cache"}, dest: func(p *Price) any { return &p.CacheRead }},
		{Key: Key{Path: "cache_write", Type: "decimal", Help: "USD per million tokens written to the cache"}, dest: func(p *Price) any { return &p.CacheWrite }},
	}
}

// prices reads the table by model name.
func (r *reader) prices(root *yamledit.Node) map[string]Price {
	m := r.section(root, "prices", "prices")
	if m == nil || len(m.Content) == 0 {
		return nil
	}
	out := make(map[string]Price, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content); i += 2 {
		name := m.Content[i].Value
		if m.Content[i].Tag == "!!merge" {
			continue
		}
		key := yamledit.JoinKey("prices", name)
		if row := r.section(m, name, key); row != nil {
			var p Price
			readFields(r, row, key, priceFields(), &p)
			out[name] = p
		}
	}
	return out
}

func modelsDevFields() []field[Config] {
	return []field[Config]{
		{Key: Key{Path: "url", Type: "string", Help: "what hermes model refresh fetches, in place of models.dev"}, dest: func(c *Config) any { return &c.ModelsDev }},
	}
}

// modelsDev is the address of the facts on models.
func (r *reader) modelsDev(root *yamledit.Node) string {
	var c Config
	section := r.section(root, "models_dev", "models_dev")
	readFields(r, section, "models_dev", modelsDevFields(), &c)
	if c.ModelsDev != "" && !webAddress(c.ModelsDev) {
		r.fail(yamledit.Child(section, "url"), "models_dev.url", "must be an http or https address with a host")
	}
	return c.ModelsDev
}
