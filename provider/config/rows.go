package config

import (
	"strconv"
	"strings"

	"hermes/provider/config/yamledit"
)

func rowFields() []field[Row] {
	return append(endpointFields(func(r *Row) *Endpoint { return &r.Endpoint }), []field[Row]{
		{Key: Key{Path: "default_model", Type: "string", Help: "model of a run without --model", also: []string{"model"}}, dest: func(r *Row) any { return &r.DefaultModel }},
		{Key: Key{Path: "models", Type: "list", Help: "models that the server has"}, dest: func(r *Row) any { return (*modelNames)(&r.Models) }},
		{Key: Key{Path: "context_length", Type: "int", Help: "context window in tokens"}, dest: func(r *Row) any { return &r.ContextLength }},
		{Key: Key{Path: "max_tokens", Type: "int", Help: "most tokens of an answer"}, dest: func(r *Row) any { return &r.MaxTokens }},
		{Key: Key{Path: "catalog_provider", Type: "string", Help: "provider, here or at models.dev, whose models the server resells: their prices and windows hold"}, dest: func(r *Row) any { return &r.CatalogProvider }},
		{Key: Key{Path: "name", Type: "string", Help: "name shown to people"}, dest: func(r *Row) any { return &r.DisplayName }},
		{Key: Key{Path: "enabled", Type: "bool", Default: "true", Help: "false hides the provider"}, dest: func(r *Row) any { return (*inverted)(&r.Disabled) }},
	}...)
}

// providers reads the mapping and the legacy list; a name in both is the mapping's.
func (r *reader) providers(root *yamledit.Node) []Row {
	var rows []Row
	taken := make(map[string]bool)
	if m := r.section(root, "providers", "providers"); m != nil {
		for i := 0; i+1 < len(m.Content); i += 2 {
			k := m.Content[i]
			if k.Kind != yamledit.Scalar || k.Tag == "!!merge" {
				continue
			}
			row := Row{Name: strings.TrimSpace(k.Value), Line: k.Line}
			r.row(yamledit.Target(m.Content[i+1]), yamledit.JoinKey("providers", k.Value), &row)
			taken[strings.ToLower(row.Name)] = true
			rows = append(rows, row)
		}
	}
	list := yamledit.Child(root, "custom_providers")
	if yamledit.Empty(list) {
		return rows
	}
	if list.Kind != yamledit.Sequence {
		r.fail(list, "custom_providers", "must be a list, not "+yamledit.KindName(list))
		return rows
	}
	for i, item := range list.Content {
		if row, ok := r.legacyRow(yamledit.Target(item), "custom_providers."+strconv.Itoa(i)); ok && !taken[strings.ToLower(row.Name)] {
			taken[strings.ToLower(row.Name)] = true
			rows = append(rows, row)
		}
	}
	return rows
}

func (r *reader) legacyRow(n *yamledit.Node, key string) (Row, bool) {
	if n == nil || n.Kind != yamledit.Mapping || yamledit.Empty(yamledit.Child(n, "name")) {
		r.warn("row_skipped", key+" is no provider with a name")
		return Row{}, false
	}
	row := Row{Line: n.Line, Legacy: true}
	row.Name, _ = (&reader{}).str(yamledit.Child(n, "name"), key)
	r.row(n, key, &row)
	row.DisplayName = ""
	return row, row.Name != ""
}

// row reads one entry. What makes it unusable goes to row.Err, so that a run with another provider is not disturbed.
func (r *reader) row(n *yamledit.Node, key string, row *Row) {
	own := &reader{path: r.path, lookup: r.lookup}
	switch {
	case n == nil:
		own.errs = append(own.errs, &Error{Path: r.path, Line: row.Line, Key: key, Msg: "is empty; it needs a base_url"})
		row.NoBase = true
	case n.Kind != yamledit.Mapping:
		own.fail(n, key, "must be a mapping with base_url, not "+yamledit.KindName(n))
	default:
		readFields(own, n, key, rowFields(), row)
		if foreignWire := own.endpoint(n, key, &row.Endpoint); foreignWire != nil {
			own.errs = append(own.errs, foreignWire)
		}
		if len(own.errs) == 0 && row.BaseURL == "" {
			own.errs = append(own.errs, &Error{Path: r.path, Line: row.Line, Key: yamledit.JoinKey(key, "base_url"), Msg: "must be an http or https address with a host"})
			row.NoBase = true
		}
	}
	if len(own.errs) > 0 {
		row.Err = own.errs[0]
	}
	r.warnings = append(r.warnings, own.warnings...)
}
