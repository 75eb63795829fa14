package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// deepest is how far the sandbox follows a schema that refers to itself.
const deepest = 32

// instance is a small value that fits a JSON Schema, or Google's dialect of it. Patterns and formats are not looked at.
func instance(schema json.RawMessage) any {
	var root any
	if json.Unmarshal(schema, &root) != nil {
		return nil
	}
	return instanceOf(root, root, 0)
}

func instanceOf(root, schema any, depth int) any {
	s, ok := schema.(map[string]any)
	if !ok || depth > deepest {
		return "sandbox"
	}
	if v, ok := s["const"]; ok {
		return v
	}
	if list, ok := s["enum"].([]any); ok && len(list) > 0 {
		return list[0]
	}
	if ref, ok := s["$ref"].(string); ok {
		return instanceOf(root, resolve(root, ref), depth+1)
	}
	for _, key := range []string{"anyOf", "oneOf", "allOf"} {
		if list, ok := s[key].([]any); ok && len(list) > 0 {
			return instanceOf(root, list[0], depth+1)
		}
	}
	switch typeOf(s) {
	case "object":
		return objectOf(root, s, depth)
	case "array":
		out := []any{}
		for range int(numberOf(s, "minItems", 0)) {
			out = append(out, instanceOf(root, s["items"], depth+1))
		}
		return out
	case "integer", "number":
		return max(numberOf(s, "minimum", 1), numberOf(s, "exclusiveMinimum", 0)+1)
	case "boolean":
		return true
	case "null":
		return nil
	}
	return cutTo("sandbox", int(numberOf(s, "minLength", 0)), int(numberOf(s, "maxLength", 1<<20)))
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

// objectOf has the properties that are required.
func objectOf(root any, s map[string]any, depth int) any {
	out := map[string]any{}
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if name, ok := name.(string); ok {
			out[name] = instanceOf(root, properties[name], depth+1)
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
