// Package fit makes the JSON Schema of a tool's arguments fit for a kind of server. What a server refuses is taken out or said in
// other words, so that the model is told a little less; the caller holds the arguments against the whole schema all the same.
//
// One schema that a server refuses would fail the whole request (tools.md §b), so one that cannot be made fit is an error.
package fit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rules are what a kind of server refuses.
type Rules struct {
	// Only are the keywords that the server knows; nil is all.
	Only []string
	// Not are keywords that it refuses.
	Not []string
	// NoSlash says that no value of an enum may hold a slash.
	NoSlash bool
	// PlainKeys says that the name of an argument is of at most 64 letters, digits, _, . and -.
	PlainKeys bool
}

// Schema is the schema as the server takes it: raw itself where nothing has to change. The error says why there is none.
func Schema(raw json.RawMessage, r Rules) (json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage(`{}`)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var root map[string]any
	if err := dec.Decode(&root); err != nil || root == nil {
		return nil, errors.New("its schema is no object")
	}
	f := &fitter{Rules: r}
	f.root(root)
	if kind, ok := root["type"].(string); !ok || kind != "object" {
		return nil, errors.New("its schema is not one of an object")
	}
	f.node(root)
	if f.bad != nil {
		return nil, f.bad
	}
	if !f.changed {
		return raw, nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(root); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

type fitter struct {
	Rules
	changed bool
	bad     error
}

func (f *fitter) set(m map[string]any, key string, v any) { m[key], f.changed = v, true }

func (f *fitter) drop(m map[string]any, key string) {
	if _, ok := m[key]; ok {
		delete(m, key)
		f.changed = true
	}
}

// root makes an object with properties of the outermost schema, with no alternatives beside them: every server wants that.
func (f *fitter) root(m map[string]any) {
	if ref, ok := m["$ref"].(string); ok {
		if _, name, ok := strings.Cut(ref, "#/"); ok {
			f.drop(m, "$ref")
			place, last, _ := strings.Cut(name, "/")
			defs, _ := m[place].(map[string]any)
			f.hoist(m, defs[last], true)
		}
	}
	for _, key := range [...]string{"allOf", "anyOf", "oneOf"} {
		list, _ := m[key].([]any)
		for _, branch := range list {
			f.hoist(m, branch, key == "allOf")
		}
		f.drop(m, key)
	}
	for _, key := range [...]string{"not", "enum", "const", "if", "then", "else"} {
		f.drop(m, key)
	}
	if m["type"] == nil {
		f.set(m, "type", "object")
	}
	if kinds, ok := m["type"].([]any); ok && slices.Contains(kinds, any("object")) {
		f.set(m, "type", "object")
	}
	if _, ok := m["properties"].(map[string]any); !ok { // llama.cpp wants them
		f.set(m, "properties", map[string]any{})
	}
}

// hoist copies the properties of a branch to the root, and where it always holds what it requires.
func (f *fitter) hoist(root map[string]any, branch any, always bool) {
	from, _ := branch.(map[string]any)
	properties, _ := from["properties"].(map[string]any)
	to, ok := root["properties"].(map[string]any)
	if !ok {
		to = map[string]any{}
		f.set(root, "properties", to)
	}
	for name, schema := range properties {
		if to[name] == nil {
			to[name] = schema
		}
	}
	required, _ := root["required"].([]any)
	more, _ := from["required"].([]any)
	for _, name := range more {
		text, ok := name.(string) // what is none cannot be compared
		if always && ok && !slices.Contains(required, any(text)) {
			required = append(required, name)
			f.set(root, "required", required)
		}
	}
}

// node makes a schema and all within it fit.
func (f *fitter) node(v any) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	f.reword(m)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if f.Only != nil && !slices.Contains(f.Only, key) || slices.Contains(f.Not, key) {
			f.drop(m, key)
		}
	}
	f.required(m)
	for key, child := range m {
		switch key {
		case "properties", "$defs", "definitions", "patternProperties", "dependentSchemas":
			named, _ := child.(map[string]any)
			for name, schema := range named {
				if key == "properties" && f.PlainKeys && !plain(name) {
					f.bad = fmt.Errorf("the name %q of an argument is not taken", name)
				}
				f.node(schema)
			}
		case "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames":
			f.node(child)
		}
		if list, ok := child.([]any); ok && key != "enum" && key != "examples" && key != "default" {
			for _, schema := range list {
				f.node(schema)
			}
		}
	}
}

func plain(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == ""
}

// reword says in other keywords what the server's do not.
func (f *fitter) reword(m map[string]any) {
	if value, ok := m["const"]; ok && f.Only != nil {
		f.drop(m, "const")
		f.set(m, "enum", []any{value})
	}
	if one, ok := m["oneOf"]; ok && f.Only != nil && m["anyOf"] == nil {
		f.drop(m, "oneOf")
		f.set(m, "anyOf", one)
	}
	if defs, ok := m["definitions"]; ok && f.Only != nil && m["$defs"] == nil {
		f.drop(m, "definitions")
		f.set(m, "$defs", defs)
	}
	if ref, ok := m["$ref"].(string); ok && f.Only != nil && strings.HasPrefix(ref, "#/definitions/") {
		f.set(m, "$ref", "#/$defs/"+strings.TrimPrefix(ref, "#/definitions/"))
	}
	if kind, _ := m["type"].(string); kind == "array" && m["items"] == nil && f.Only != nil {
		f.set(m, "items", map[string]any{})
	}
	values, _ := m["enum"].([]any)
	if f.NoSlash && slices.ContainsFunc(values, func(v any) bool { s, _ := v.(string); return strings.Contains(s, "/") }) {
		f.drop(m, "enum")
	}
}

// required names only what is there: Gemini refuses more.
func (f *fitter) required(m map[string]any) {
	names, ok := m["required"].([]any)
	properties, has := m["properties"].(map[string]any)
	if !ok || !has {
		return
	}
	known := slices.DeleteFunc(slices.Clone(names), func(v any) bool {
		name, _ := v.(string)
		return properties[name] == nil
	})
	if len(known) != len(names) {
		f.set(m, "required", known)
	}
}
