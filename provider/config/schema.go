package config

import (
	"encoding/json"
	"io"
	"maps"
	"strings"
)

// Schema is a JSON Schema (2020-12) of config.yaml, for editors and for what `config show --json` prints: the known keys with their types
// and help. Other keys are allowed, since the file is shared; so is null, and a text with ${NAME} in the place of a number.
func Schema(flags ...Key) ([]byte, error) {
	root := map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "hermes config", "type": "object"}
	for _, k := range Keys(flags...) {
		at, parts := root, strings.Split(k.Path, ".")
		for _, part := range parts {
			at = inside(at, part)
		}
		maps.Copy(at, keySchema(k))
		for _, other := range k.also { // another spelling of the last part
			parent := root
			for _, part := range parts[:len(parts)-1] {
				parent = inside(parent, part)
			}
			spelt := inside(parent, other)
			maps.Copy(spelt, keySchema(k))
		}
	}
	inside(root, "model")["type"] = []string{"object", "string", "null"}
	inside(root, "fallback_model")["type"] = []string{"object", "array", "null"}
	raw, err := json.MarshalIndent(root, "", "  ")
	return append(raw, '\n'), err
}

// inside is the schema of what stands under the name in a value with the schema at.
func inside(at map[string]any, name string) map[string]any {
	switch name {
	case "<name>":
		return member(at, "additionalProperties")
	case "<n>":
		return member(at, "items")
	}
	return member(member(at, "properties"), name)
}

func member(at map[string]any, name string) map[string]any {
	m, ok := at[name].(map[string]any)
	if !ok {
		m = map[string]any{}
		at[name] = m
	}
	return m
}

// keySchema is what the key says of its value.
func keySchema(k Key) map[string]any {
	types := map[string][]string{
		"int": {"integer", "string"}, "float": {"number", "string"}, "decimal": {"number", "string"}, "bool": {"boolean", "string"},
		"duration": {"string", "integer"}, "list": {"array"}, "map": {"object"},
	}[k.Type]
	if types == nil {
		types = []string{"string"}
	}
	if strings.HasSuffix(k.Path, ".models") { // a list, or a mapping whose keys are the names
		types = append(types, "object")
	}
	if strings.HasSuffix(k.Path, "headers.<name>") {
		types = append(types, "number", "boolean")
	}
	return map[string]any{"type": append(types, "null"), "description": k.Help}
}

// ShowJSON prints the file as one JSON object, keys in their order, masked as Show does. A missing file is {}.
func ShowJSON(path string, w io.Writer) error {
	src, err := readFile(path)
	if err != nil {
		return err
	}
	f, err := parse(path, src)
	if err != nil {
		return err
	}
	p := printer{mask: true}
	if f.Root == nil {
		p.WriteString("{}")
	} else if err := p.node(f.Root, nil, 0); err != nil {
		return &Error{Path: path, Msg: err.Error()}
	}
	p.WriteByte('\n')
	_, err = w.Write(p.Bytes())
	return err
}
