package config

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

func modelFields() []field[Model] {
	return []field[Model]{
		{Key: Key{Path: "default", Type: "string", Help: "model of a run without --model"}, also: []string{"model", "name"}, dest: func(m *Model) any { return &m.Default }},
		{Key: Key{Path: "provider", Type: "string", Default: "auto", Help: "provider of a run without --provider; auto picks one by login and keys"}, dest: func(m *Model) any { return &m.Provider }},
		{Key: Key{Path: "base_url", Type: "string", Help: "endpoint of a key provider; a login brings its own"}, also: []string{"api_base"}, dest: func(m *Model) any { return &m.BaseURL }},
		{Key: Key{Path: "api_mode", Type: "string", Help: "wire of the endpoint; this program speaks anthropic_messages"}, dest: func(m *Model) any { return &m.APIMode }},
		{Key: Key{Path: "api_key", Type: "string", Secret: true, Help: "inline key; better kept in .env"}, dest: func(m *Model) any { return &m.APIKey }},
		{Key: Key{Path: "key_env", Type: "string", Help: "name of the variable that holds the key"}, also: []string{"api_key_env"}, dest: func(m *Model) any { return &m.KeyEnv }},
		{Key: Key{Path: "context_length", Type: "int", Help: "context window in tokens, when the catalogue is wrong"}, dest: func(m *Model) any { return &m.ContextLength }},
		{Key: Key{Path: "max_tokens", Type: "int", Help: "most tokens of an answer"}, dest: func(m *Model) any { return &m.MaxTokens }},
	}
}

// model reads the model section in each of its historic shapes, then the root-level keys that older versions wrote.
func (r *reader) model(root *yaml.Node, m *Model) {
	r.modelOnly(root, m)
	if m.APIKey != "" {
		r.warn("inline_key", "model.api_key holds a key in config.yaml; .env is the place for it")
	}
	r.legacyRoot(root, m)
}

// modelOnly reads the section alone.
func (r *reader) modelOnly(root *yaml.Node, m *Model) {
	section := child(root, "model")
	switch {
	case empty(section):
	case section.Kind == yaml.MappingNode:
		r.modelSection(section, "model", m)
	case section.Kind == yaml.ScalarNode:
		m.Default, _ = r.str(section, "model")
	default:
		r.fail(section, "model", "must be a model name or a mapping, not "+kindName(section))
	}
	m.Provider = providerName(m.Provider)
}

// modelSection reads one mapping. A mapping where the name belongs (model.default: {default: …}) fills what is still empty.
func (r *reader) modelSection(section *yaml.Node, prefix string, m *Model) {
	fields := modelFields()
	var nested Model
	if inner := child(section, "default"); inner != nil && inner.Kind == yaml.MappingNode && prefix == "model" {
		r.modelSection(inner, "model.default", &nested)
		fields[0].Path, fields[0].also = "model", []string{"name"}
	}
	readFields(r, section, prefix, fields, m)
	if nested.Default != "" {
		m.Default = nested.Default
	}
	for _, pair := range [][2]*string{{&m.Provider, &nested.Provider}, {&m.BaseURL, &nested.BaseURL}, {&m.APIMode, &nested.APIMode}, {&m.KeyEnv, &nested.KeyEnv}} {
		if *pair[0] == "" {
			*pair[0] = *pair[1]
		}
	}
}

// legacyRoot uses root-level provider, base_url and context_length only where the model section is silent.
func (r *reader) legacyRoot(root *yaml.Node, m *Model) {
	var old Model
	for _, f := range modelFields() {
		n := child(root, f.Path)
		if empty(n) {
			continue
		}
		switch f.Path {
		case "provider", "base_url", "context_length":
		default:
			continue
		}
		used := f.Path == "provider" && m.Provider == "" || f.Path == "base_url" && m.BaseURL == "" || f.Path == "context_length" && m.ContextLength == 0
		where := f.Path + " at the top level (line " + strconv.Itoa(n.Line) + ")"
		if !used {
			r.warn("stale_key", where+" has no effect beside model."+f.Path)
			continue
		}
		r.warn("legacy_key", where+" is an old place; it belongs to model."+f.Path)
		r.store(n, f.Path, f.Key, f.min, f.dest(&old))
	}
	if m.Provider == "" {
		m.Provider = providerName(old.Provider)
	}
	if m.BaseURL == "" {
		m.BaseURL = old.BaseURL
	}
	if m.ContextLength == 0 {
		m.ContextLength = old.ContextLength
	}
}

func fallbackFields() []field[Fallback] {
	return []field[Fallback]{
		{Key: Key{Path: "provider", Type: "string", Help: "provider to try next"}, dest: func(f *Fallback) any { return &f.Provider }},
		{Key: Key{Path: "model", Type: "string", Help: "model to ask there"}, dest: func(f *Fallback) any { return &f.Model }},
		{Key: Key{Path: "base_url", Type: "string", Help: "endpoint of that provider"}, dest: func(f *Fallback) any { return &f.BaseURL }},
		{Key: Key{Path: "api_key", Type: "string", Secret: true, Help: "inline key; better kept in .env"}, dest: func(f *Fallback) any { return &f.APIKey }},
		{Key: Key{Path: "key_env", Type: "string", Help: "name of the variable that holds the key"}, also: []string{"api_key_env"}, dest: func(f *Fallback) any { return &f.KeyEnv }},
	}
}

// fallbacks merges the list with the older key, which may be one mapping; entries that name no provider or model are
// skipped with a warning, as the other program skips them.
func (r *reader) fallbacks(root *yaml.Node) []Fallback {
	var out []Fallback
	seen := make(map[[3]string]bool)
	for _, key := range []string{"fallback_providers", "fallback_model"} {
		n := child(root, key)
		if empty(n) {
			continue
		}
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		for i, item := range items {
			f, ok := r.fallback(target(item), joinKey(key, strconv.Itoa(i)))
			id := [3]string{strings.ToLower(f.Provider), f.Model, f.BaseURL}
			if ok && !seen[id] {
				seen[id] = true
				out = append(out, f)
			}
		}
	}
	return out
}

func (r *reader) fallback(n *yaml.Node, key string) (Fallback, bool) {
	switch {
	case n == nil:
		return Fallback{}, false
	case n.Kind != yaml.MappingNode:
		r.fail(n, key, "must be a mapping with provider and model, not "+kindName(n))
		return Fallback{}, false
	}
	f := Fallback{Line: n.Line}
	readFields(r, n, key, fallbackFields(), &f)
	f.Provider = providerName(f.Provider)
	if f.Provider == "" || f.Model == "" {
		r.warn("fallback_skipped", key+" (line "+strconv.Itoa(n.Line)+") needs both provider and model")
		return f, false
	}
	if f.APIKey != "" {
		r.warn("inline_key", key+".api_key holds a key in config.yaml; .env and key_env are the place for it")
	}
	return f, true
}

func auxiliaryFields() []field[Aux] {
	return []field[Aux]{
		{Key: Key{Path: "provider", Type: "string", Default: "auto", Help: "provider of the helper; auto is the run's own"}, dest: func(a *Aux) any { return &a.Provider }},
		{Key: Key{Path: "model", Type: "string", Help: "model of the helper; empty is the provider's choice"}, dest: func(a *Aux) any { return &a.Model }},
		{Key: Key{Path: "base_url", Type: "string", Help: "endpoint of the helper"}, dest: func(a *Aux) any { return &a.BaseURL }},
		{Key: Key{Path: "api_key", Type: "string", Secret: true, Help: "inline key; better kept in .env"}, dest: func(a *Aux) any { return &a.APIKey }},
	}
}

func (r *reader) auxiliary(section *yaml.Node, name string, a *Aux) {
	key := "auxiliary." + name
	if m := r.section(section, name, key); m != nil {
		readFields(r, m, key, auxiliaryFields(), a)
		a.Provider = providerName(a.Provider)
	}
}
