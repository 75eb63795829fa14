package fit_test

import (
	"encoding/json"
	"slices"
	"testing"

	"hermes/oneshot/wire/fit"
)

// FuzzSchema: whatever a server of tools calls a schema, what comes out is one of an object with properties, holds no keyword that is
// refused, and is left as it is when it is made fit again.
func FuzzSchema(f *testing.F) {
	for _, s := range []string{
		``, `true`, `{"type":["object","null"],"required":["a"]}`,
		`{"$ref":"#/definitions/x","definitions":{"x":{"properties":{"a":{"const":"b/c"}},"required":["a",1]}}}`,
		`{"allOf":[{"properties":{"a":{"oneOf":[{"format":"f"}]}},"required":["a"]}],"anyOf":[{}],"properties":{"b":{"type":"array"}},"required":["b"]}`,
		`{"required":[["a"],{}],"allOf":[{"required":[["a"],{}]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, rules := range []fit.Rules{
			{},
			{Only: []string{"type", "properties", "required", "enum", "items", "anyOf", "$defs", "$ref", "description"}},
			{Not: []string{"pattern", "format"}, NoSlash: true, PlainKeys: true},
		} {
			fitting, err := fit.Schema(raw, rules)
			if err != nil {
				continue
			}
			var root map[string]any
			if err := json.Unmarshal(fitting, &root); err != nil || root["type"] != "object" {
				t.Fatalf("%q gives %q: %v", raw, fitting, err)
			}
			if _, ok := root["properties"].(map[string]any); !ok {
				t.Fatalf("%q gives %q, without properties", raw, fitting)
			}
			for key := range root {
				if slices.Contains(rules.Not, key) || rules.Only != nil && !slices.Contains(rules.Only, key) {
					t.Fatalf("%q gives %q, which holds %s", raw, fitting, key)
				}
			}
			again, err := fit.Schema(fitting, rules)
			if err != nil || string(again) != string(fitting) {
				t.Fatalf("%q gives %q, and that gives %q: %v", raw, fitting, again, err)
			}
		}
	})
}
