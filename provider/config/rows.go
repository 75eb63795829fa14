package config

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

func rowFields() []field[Row] {
	return append(endpointFields(func(r *Row) *Endpoint { return &r.Endpoint }), []field[Row]{
		{Key: Key{Path: "default_model", Type: "string", Help: "model of a run without --model"}, also: []string{"model"}, dest: func(r *Row) any { return &r.DefaultModel }},
		{Key: Key{Path: "models", Type: "list", Help: "models that the server has"}, dest: func(r *Row) any { return (*modelNames)(&r.Models) }},
		{Key: Key{Path: "context_length", Type: "int", Help: "context window in tokens"}, dest: func(r *Row) any { return &r.ContextLength }},
		{Key: Key{Path: "max_tokens", Type: "int", Help: "most tokens of an answer"}, dest: func(r *Row) any { return &r.MaxTokens }},
		{Key: Key{Path: "name", Type: "string", Help: "name shown to people"}, dest: func(r *Row) any { return &r.DisplayName }},
		{Key: Key{Path: "enabled", Type: "bool", Default: "true", Help: "false hides the provider"}, dest: func(r *Row) any { return (*inverted)(&r.Disabled) }},
	}...)
}

// providers reads the mapping and the legacy list; a name in both is the mapping's.
func (r *reader) providers(root *yaml.Node) []Row {
	var rows []Row
	taken := make(map[string]bool)
	if m := r.section(root, "providers", "providers"); m != nil {
		for i := 0; i+1 < len(m.Content); i += 2 {
			k := m.Content[i]
			if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
				continue
			}
			row := Row{Name: strings.TrimSpace(k.Value), Line: k.Line}
			r.row(target(m.Content[i+1]), "providers."+k.Value, &row)
			taken[strings.ToLower(row.Name)] = true
			rows = append(rows, row)
		}
	}
	list := child(root, "custom_providers")
	if empty(list) {
		return rows
	}
	if list.Kind != yaml.SequenceNode {
		r.fail(list, "custom_providers", "must be a list, not "+kindName(list))
		return rows
	}
	for i, item := range list.Content {
		if row, ok := r.legacyRow(target(item), "custom_providers."+strconv.Itoa(i)); ok && !taken[strings.ToLower(row.Name)] {
			taken[strings.ToLower(row.Name)] = true
			rows = append(rows, row)
		}
	}
	return rows
}

func (r *reader) legacyRow(n *yaml.Node, key string) (Row, bool) {
	if n == nil || n.Kind != yaml.MappingNode || empty(child(n, "name")) {
		r.warn("row_skipped", key+" is no provider with a name")
		return Row{}, false
	}
	row := Row{Line: n.Line, Legacy: true}
	row.Name, _ = (&reader{}).str(child(n, "name"), key)
	r.row(n, key, &row)
	row.DisplayName = ""
	return row, row.Name != ""
}

// row reads one entry. What makes it unusable goes to row.Err, so that a run with another provider is not disturbed.
func (r *reader) row(n *yaml.Node, key string, row *Row) {
	own := &reader{path: r.path, lookup: r.lookup}
	switch {
	case n == nil:
		own.errs = append(own.errs, &Error{Path: r.path, Line: row.Line, Key: key, Msg: "is empty; it needs a base_url"})
		row.NoBase = true
	case n.Kind != yaml.MappingNode:
		own.fail(n, key, "must be a mapping with base_url, not "+kindName(n))
	default:
		readFields(own, n, key, rowFields(), row)
		if foreignWire := own.endpoint(n, key, &row.Endpoint); foreignWire != nil {
			own.errs = append(own.errs, foreignWire)
		}
		if len(own.errs) == 0 && row.BaseURL == "" {
			own.errs = append(own.errs, &Error{Path: r.path, Line: row.Line, Key: joinKey(key, "base_url"), Msg: "must be an http or https address with a host"})
			row.NoBase = true
		}
	}
	if len(own.errs) > 0 {
		row.Err = own.errs[0]
	}
	r.warnings = append(r.warnings, own.warnings...)
}
