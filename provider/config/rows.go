package config

import (
	"net/url"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

func rowFields() []field[Row] {
	return []field[Row]{
		{Key: Key{Path: "base_url", Type: "string", Help: "an Anthropic Messages endpoint, http or https; a trailing /v1 is fine"}, also: []string{"api", "url"}, dest: func(r *Row) any { return &r.BaseURL }},
		{Key: Key{Path: "key_env", Type: "string", Help: "name of the variable that holds the key"}, also: []string{"api_key_env"}, dest: func(r *Row) any { return &r.KeyEnv }},
		{Key: Key{Path: "default_model", Type: "string", Help: "model of a run without --model"}, also: []string{"model"}, dest: func(r *Row) any { return &r.DefaultModel }},
		{Key: Key{Path: "models", Type: "list", Help: "models that the server has"}, dest: func(r *Row) any { return (*modelNames)(&r.Models) }},
		{Key: Key{Path: "headers", Type: "map", Help: "extra request headers"}, also: []string{"extra_headers"}, dest: func(r *Row) any { return &r.Headers }},
		{Key: Key{Path: "auth_header", Type: "enum", Values: []string{"bearer", "x-api-key"}, Help: "how the key is sent"}, dest: func(r *Row) any { return &r.AuthHeader }},
		{Key: Key{Path: "transport", Type: "string", Default: "anthropic_messages", Help: "wire of the endpoint; only anthropic_messages can be used"}, also: []string{"api_mode"}, dest: func(r *Row) any { return &r.Transport }},
		{Key: Key{Path: "context_length", Type: "int", Help: "context window in tokens"}, dest: func(r *Row) any { return &r.ContextLength }},
		{Key: Key{Path: "max_tokens", Type: "int", Help: "most tokens of an answer"}, dest: func(r *Row) any { return &r.MaxTokens }},
		{Key: Key{Path: "name", Type: "string", Help: "name shown to people"}, dest: func(r *Row) any { return &r.DisplayName }},
		{Key: Key{Path: "api_key", Type: "string", Secret: true, Help: "inline key; better kept in .env"}, dest: func(r *Row) any { return &r.APIKey }},
		{Key: Key{Path: "enabled", Type: "bool", Default: "true", Help: "false hides the provider"}, dest: func(r *Row) any { return (*inverted)(&r.Disabled) }},
	}
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
	case n.Kind != yaml.MappingNode:
		own.fail(n, key, "must be a mapping with base_url, not "+kindName(n))
	default:
		readFields(own, n, key, rowFields(), row)
		own.checkRow(n, key, row)
	}
	if len(own.errs) > 0 {
		row.Err = own.errs[0]
	}
	if row.APIKey != "" {
		r.warn("inline_key", key+".api_key holds a key in config.yaml; .env and key_env are the place for it")
	}
}

func (r *reader) checkRow(n *yaml.Node, key string, row *Row) {
	at := func(names ...string) (*yaml.Node, string) {
		for _, name := range names {
			if v := child(n, name); !empty(v) {
				return v, joinKey(key, name)
			}
		}
		return &yaml.Node{Line: row.Line}, joinKey(key, names[0])
	}
	if row.Transport != "" && row.Transport != "anthropic_messages" {
		v, name := at("transport", "api_mode")
		r.fail(v, name, "this program speaks only anthropic_messages")
	}
	if len(r.errs) == 0 && !webAddress(row.BaseURL) {
		v, name := at("base_url", "api", "url")
		r.fail(v, name, "must be an http or https address with a host")
	}
	for name, value := range row.Headers {
		if !headerName(name) || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			v, where := at("headers", "extra_headers")
			r.fail(v, where, "holds a name or value that cannot be a request header")
			break
		}
	}
}

// webAddress reports whether s is an absolute http or https URL with a host.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// headerName reports whether s is a token of RFC 9110 §5.6.2.
func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}
