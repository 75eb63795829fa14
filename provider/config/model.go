package config

import (
	"strconv"

	"hermes/provider/config/yamledit"
)

func modelFields() []field[Model] {
	return []field[Model]{
		{Key: Key{Path: "default", Type: "string", Help: "model of a run without --model", also: []string{"model", "name"}}, dest: func(m *Model) any { return &m.Default }},
		{Key: Key{Path: "provider", Type: "string", Default: "auto", Help: "provider of a run without --provider; auto picks one by login and keys"}, dest: func(m *Model) any { return &m.Provider }},
		{Key: Key{Path: "base_url", Type: "string", Help: "endpoint of a key provider; a login brings its own", also: []string{"api_base"}}, dest: func(m *Model) any { return &m.BaseURL }},
		{Key: Key{Path: "api_mode", Type: "string", Help: "wire of the server at base_url, as transport of a row"}, dest: func(m *Model) any { return &m.APIMode }},
		{Key: Key{Path: "api_key", Type: "string", Secret: true, Help: "inline key; better kept in .env"}, dest: func(m *Model) any { return &m.APIKey }},
		{Key: Key{Path: "key_env", Type: "string", Help: "name of the variable that holds the key", also: []string{"api_key_env"}}, dest: func(m *Model) any { return &m.KeyEnv }},
		{Key: Key{Path: "context_length", Type: "int", Help: "context window in tokens, when the catalogue is wrong"}, dest: func(m *Model) any { return &m.ContextLength }},
		{Key: Key{Path: "max_tokens", Type: "int", Help: "most tokens of an answer"}, dest: func(m *Model) any { return &m.MaxTokens }},
	}
}

// model reads the model section in each of its historic shapes, then the root-level keys that older versions wrote.
func (r *reader) model(root *yamledit.Node, m *Model) {
	r.modelOnly(root, m)
	if m.APIKey != "" {
		r.warn("inline_key", "model.api_key holds a key in config.yaml; .env is the place for it")
	}
	r.legacyRoot(root, m)
}

// modelOnly reads the section alone.
func (r *reader) modelOnly(root *yamledit.Node, m *Model) {
	section := yamledit.Child(root, "model")
	switch {
	case yamledit.Empty(section):
	case section.Kind == yamledit.Mapping:
		r.modelSection(section, "model", m)
	case section.Kind == yamledit.Scalar:
		m.Default, _ = r.str(section, "model")
	default:
		r.fail(section, "model", "must be a model name or a mapping, not "+yamledit.KindName(section))
	}
	m.Provider = providerName(m.Provider)
}

// modelSection reads one mapping. A mapping where the name belongs (model.default: {default: …}) fills what is still empty.
func (r *reader) modelSection(section *yamledit.Node, prefix string, m *Model) {
	fields := modelFields()
	var nested Model
	if inner := yamledit.Child(section, "default"); inner != nil && inner.Kind == yamledit.Mapping && prefix == "model" {
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
func (r *reader) legacyRoot(root *yamledit.Node, m *Model) {
	var old Model
	for _, f := range modelFields() {
		n := yamledit.Child(root, f.Path)
		if yamledit.Empty(n) {
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
			r.warn("stale_key", where+" has no effect beside model."+f.Path+"; remove the line")
			continue
		}
		r.warn("legacy_key", where+" is an old place; move it to model."+f.Path)
		r.store(n, f.Path, f.Key, f.dest(&old))
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
