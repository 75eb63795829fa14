package fit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"hermes/oneshot/wire/fit"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	plain := fit.Rules{}
	few := fit.Rules{Only: []string{"type", "properties", "required", "enum", "items", "anyOf", "$defs", "$ref", "description"}}
	keys := fit.Rules{PlainKeys: true}
	for name, c := range map[string]struct {
		rules    fit.Rules
		in, want string // want "" is an error
	}{
		"fits":          {plain, `{"type":"object", "properties":{"b":{},"a":{}}}`, `{"type":"object", "properties":{"b":{},"a":{}}}`},
		"nothing":       {plain, ``, `{"properties":{},"type":"object"}`},
		"no properties": {plain, `{"type":"object"}`, `{"properties":{},"type":"object"}`},
		"true":          {plain, `true`, ``},
		"text":          {plain, `{"type":"string"}`, ``},
		"alternatives": {
			plain, `{"type":"object","oneOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{}}}]}`,
			`{"properties":{"a":{"type":"string"},"b":{}},"type":"object"}`,
		},
		"all of": {plain, `{"allOf":[{"properties":{"a":{}},"required":["a"]}]}`, `{"properties":{"a":{}},"required":["a"],"type":"object"}`},
		"a reference": {
			plain, `{"$ref":"#/$defs/x","$defs":{"x":{"type":"object","properties":{"a":{}},"required":["a"]}}}`,
			`{"$defs":{"x":{"properties":{"a":{}},"required":["a"],"type":"object"}},"properties":{"a":{}},"required":["a"],"type":"object"}`,
		},
		"required": {plain, `{"type":"object","properties":{"a":{}},"required":["a","b"]}`, `{"properties":{"a":{}},"required":["a"],"type":"object"}`},
		"few keywords": {
			few, `{"$schema":"x","type":"object","additionalProperties":false,"properties":{"a":{"const":1,"exclusiveMinimum":0},"b":{"type":"array"},"c":{"oneOf":[{"$ref":"#/definitions/d"}]},"type":{"pattern":"x"}},"definitions":{"d":{"format":"f"}}}`,
			`{"$defs":{"d":{}},"properties":{"a":{"enum":[1]},"b":{"items":{},"type":"array"},"c":{"anyOf":[{"$ref":"#/$defs/d"}]},"type":{}},"type":"object"}`,
		},
		"large number": {few, `{"type":"object","properties":{"a":{"enum":[12345678901234567890]}},"x":1}`, `{"properties":{"a":{"enum":[12345678901234567890]}},"type":"object"}`},
		"refused": {
			fit.Rules{Not: []string{"pattern", "format"}, NoSlash: true},
			`{"type":"object","properties":{"a":{"pattern":"x","enum":["a/b"]},"pattern":{"enum":["ab"]}}}`,
			`{"properties":{"a":{},"pattern":{"enum":["ab"]}},"type":"object"}`,
		},
		"null":               {plain, `null`, ``},
		"kinds":              {plain, `{"type":["null","object"]}`, `{"properties":{},"type":"object"}`},
		"kinds of none":      {plain, `{"type":["null","string"]}`, ``},
		"marks":              {plain, `{"type":"object","description":"<&>"}`, `{"description":"<&>","properties":{},"type":"object"}`},
		"the root's own":     {plain, `{"properties":{"a":{"type":"string"}},"anyOf":[{"properties":{"a":{},"b":{}}}]}`, `{"properties":{"a":{"type":"string"},"b":{}},"type":"object"}`},
		"no schema":          {plain, `{"type":"object","allOf":[7,{"required":[7,"a"]}],"properties":{"a":{}}}`, `{"properties":{"a":{}},"required":["a"],"type":"object"}`},
		"within items":       {few, `{"type":"object","properties":{"a":{"type":"array","items":{"pattern":"x"}}}}`, `{"properties":{"a":{"items":{},"type":"array"}},"type":"object"}`},
		"values":             {few, `{"type":"object","properties":{"a":{"enum":[{"pattern":"x"}],"format":"f"}}}`, `{"properties":{"a":{"enum":[{"pattern":"x"}]}},"type":"object"}`},
		"both alternatives":  {few, `{"type":"object","properties":{"a":{"oneOf":[{}],"anyOf":[{"format":"f"}]}},"$defs":{},"definitions":{}}`, `{"$defs":{},"properties":{"a":{"anyOf":[{}]}},"type":"object"}`},
		"another reference":  {few, `{"type":"object","properties":{"a":{"$ref":"#/$defs/d"}}}`, `{"type":"object","properties":{"a":{"$ref":"#/$defs/d"}}}`},
		"required of none":   {plain, `{"type":"object","properties":{"a":{"required":["b"]}}}`, `{"type":"object","properties":{"a":{"required":["b"]}}}`},
		"a long key":         {keys, `{"type":"object","properties":{"` + strings.Repeat("k", 64) + `":{}}}`, `{"type":"object","properties":{"` + strings.Repeat("k", 64) + `":{}}}`},
		"too long a key":     {keys, `{"type":"object","properties":{"` + strings.Repeat("k", 65) + `":{}}}`, ``},
		"a space, elsewhere": {keys, `{"type":"object","properties":{"a":{}},"$defs":{"d e":{}}}`, `{"type":"object","properties":{"a":{}},"$defs":{"d e":{}}}`},
		"any key":            {plain, `{"type":"object","properties":{"a b":{}}}`, `{"type":"object","properties":{"a b":{}}}`},
		"an empty key":       {keys, `{"type":"object","properties":{"":{}}}`, ``},
		"const, taken":       {plain, `{"type":"object","properties":{"a":{"const":1,"oneOf":[{}]},"b":{"type":"array"}},"definitions":{}}`, `{"type":"object","properties":{"a":{"const":1,"oneOf":[{}]},"b":{"type":"array"}},"definitions":{}}`},
		"key":                {keys, `{"type":"object","properties":{"a.b-c":{}}}`, `{"type":"object","properties":{"a.b-c":{}}}`},
		"bad key":            {keys, `{"type":"object","properties":{"o":{"type":"object","properties":{"a b":{}}}}}`, ``},
	} {
		got, err := fit.Schema(json.RawMessage(c.in), c.rules)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %s (%v), want %s", name, got, err, c.want)
		}
	}
}
