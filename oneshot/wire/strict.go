package wire

import "encoding/json"

// Strict reports whether a schema is in the subset that OpenAI's strict mode takes: every object closed, and every
// property required (wires §1.1). A schema outside of it is sent without "strict", and held to by the local check alone.
func Strict(schema json.RawMessage) bool {
	var node any
	return json.Unmarshal(schema, &node) == nil && isObject(node) && strict(node)
}

func isObject(node any) bool {
	m, ok := node.(map[string]any)
	return ok && m["type"] == "object"
}

func strict(node any) bool {
	switch n := node.(type) {
	case []any:
		for _, item := range n {
			if !strict(item) {
				return false
			}
		}
	case map[string]any:
		if _, has := n["properties"]; has || n["type"] == "object" {
			if !closed(n) {
				return false
			}
		}
		for key, child := range n {
			switch key {
			case "properties", "$defs", "definitions": // names, each with a schema
				named, _ := child.(map[string]any)
				for _, schema := range named {
					if !strict(schema) {
						return false
					}
				}
			case "enum", "const", "default", "required", "examples": // data, not schemas
			case "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "oneOf":
				return false
			default:
				if !strict(child) {
					return false
				}
			}
		}
	}
	return true
}

// closed: no further properties, and all of them required.
func closed(object map[string]any) bool {
	if object["additionalProperties"] != false {
		return false
	}
	properties, _ := object["properties"].(map[string]any)
	required, _ := object["required"].([]any)
	named := map[any]bool{}
	for _, name := range required {
		named[name] = true
	}
	for name := range properties {
		if !named[name] {
			return false
		}
	}
	return true
}
