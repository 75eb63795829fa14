package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// How far the sandbox follows a schema that refers to itself, and how many values it makes of one.
const (
	deepest    = 32
	mostValues = 10_000
)

// maker makes the values of one schema.
type maker struct {
	root any
	left int
}

// instance is a small value that fits a JSON Schema, or Google's dialect of it. Patterns and formats are not looked at.
func instance(schema json.RawMessage) any {
	var root any
	if json.Unmarshal(schema, &root) != nil {
		return nil
	}
	m := &maker{root: root, left: mostValues}
	return m.value(root, 0)
}

func (m *maker) value(schema any, depth int) any {
	s, ok := schema.(map[string]any)
	if m.left--; !ok || depth > deepest || m.left < 0 {
		return "sandbox"
	}
	if v, ok := s["const"]; ok {
		return v
	}
	if list, ok := s["enum"].([]any); ok && len(list) > 0 {
		return list[0]
	}
	if ref, ok := s["$ref"].(string); ok {
		return m.value(resolve(m.root, ref), depth+1)
	}
	for _, key := range []string{"anyOf", "oneOf", "allOf"} {
		if list, ok := s[key].([]any); ok && len(list) > 0 {
			return m.value(list[0], depth+1)
		}
	}
	switch typeOf(s) {
	case "object":
		return m.object(s, depth)
	case "array":
		out := []any{}
		for least := int(numberOf(s, "minItems", 0)); len(out) < least && m.left > 0; {
			out = append(out, m.value(s["items"], depth+1))
		}
		return out
	case "integer", "number":
		least := max(numberOf(s, "minimum", 1), numberOf(s, "exclusiveMinimum", 0)+1)
		return min(least, numberOf(s, "maximum", least))
	case "boolean":
		return true
	case "null":
		return nil
	}
	text := cutTo("sandbox", int(numberOf(s, "minLength", 0)), int(numberOf(s, "maxLength", 1<<20)))
	m.left -= len(text) / 64 // long ones count for more
	return text
}

func cutTo(text string, least, most int) string {
	if len(text) < least {
		text += strings.Repeat("x", min(least, 1<<20)-len(text))
	}
	return text[:min(len(text), max(most, 0))]
}

// typeOf is the first type that is not null; Google writes types in capitals.
func typeOf(s map[string]any) string {
	switch t := s["type"].(type) {
	case string:
		return strings.ToLower(t)
	case []any:
		for _, one := range t {
			if name := strings.ToLower(fmt.Sprint(one)); name != "null" {
				return name
			}
		}
		return "null"
	}
	if s["properties"] != nil {
		return "object"
	}
	return ""
}

// object has the properties that are required.
func (m *maker) object(s map[string]any, depth int) any {
	out := map[string]any{}
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if name, ok := name.(string); ok {
			out[name] = m.value(properties[name], depth+1)
		}
	}
	return out
}

func numberOf(s map[string]any, key string, none float64) float64 {
	if n, ok := s[key].(float64); ok {
		return min(max(n, -1<<40), 1<<40)
	}
	return none
}

// resolve follows a reference inside of the schema.
func resolve(root any, ref string) any {
	at := root
	for name := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(ref, "#"), "/"), "/") {
		if name == "" {
			continue
		}
		m, _ := at.(map[string]any)
		at = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	return at
}

// strictness is what OpenAI's strict mode asks of a schema beyond JSON Schema: every object lists all of its properties as
// required and allows no others. "" is a schema that is good.
func strictness(schema json.RawMessage) string {
	var root any
	if json.Unmarshal(schema, &root) != nil {
		return "the schema is no JSON object"
	}
	if m, _ := root.(map[string]any); typeOf(m) != "object" {
		return "schema must be a JSON Schema of 'type: \"object\"'"
	}
	return strictAt(root, nil)
}

func strictAt(v any, way []string) string {
	s, _ := v.(map[string]any)
	properties, _ := s["properties"].(map[string]any)
	context := "In context=(" + strings.Join(way, ", ") + "), "
	if typeOf(s) == "object" && s["additionalProperties"] != false {
		return context + "'additionalProperties' is required to be supplied and to be false."
	}
	required, _ := s["required"].([]any)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(required, any(name)) {
			return context + "'required' is required to be supplied and to be an array including every key in properties. Missing '" + name + "'."
		}
		if bad := strictAt(properties[name], append(way, "'properties'", "'"+name+"'")); bad != "" {
			return bad
		}
	}
	if items := s["items"]; items != nil {
		return strictAt(items, append(way, "'items'"))
	}
	return ""
}
