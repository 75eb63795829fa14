package schema

import (
	"strings"
	"testing"
	"unicode/utf8"

	oracle "github.com/santhosh-tekuri/jsonschema/v6"
)

const order = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["id", "lines"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "integer", "minimum": 1},
    "state": {"enum": ["open", "done"]},
    "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
    "a/b": {"type": "string", "pattern": "^x"},
    "pair": {"prefixItems": [{"type": "string"}, {"type": "number"}]},
    "either": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/line"}]}
  },
  "$defs": {"line": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}, "next": {"$ref": "#/$defs/line"}}}}
}`

// TestCheck: where a document fails, each place once; and the verdict is that of another validator.
func TestCheck(t *testing.T) {
	t.Parallel()
	s, other := compile(t, order), judge(t, order)
	for doc, want := range map[string]string{
		`{"id":1,"lines":[{"sku":"a"}]}`:                    "",
		`{"id":1,"lines":[{"sku":"a","next":{"sku":"b"}}]}`: "",
		`{}`:                             ` required property "id" is missing; required property "lines" is missing`,
		`[]`:                             " type: [] has type",
		`{"id":"1","lines":[]}`:          `/id type: "1" has type;/lines minItems:`,
		`{"id":0,"lines":[{}]}`:          `/id minimum:;/lines/0 required property "sku" is missing`,
		`{"id":1.5,"lines":[{"sku":1}]}`: "/id type:;/lines/0/sku type:",
		`{"id":1,"lines":[{"sku":"a","next":{"next":{"sku":1},"sku":"c"}}]}`: "/lines/0/next/next/sku type:",
		`{"id":1,"lines":[{"sku":"a"}],"a/b":"y"}`:                           "/a~1b pattern:",
		`{"id":1,"lines":[{"sku":"a"}],"state":"lost"}`:                      "/state enum:",
		`{"id":1,"lines":[{"sku":"a"}],"more":1}`:                            " unexpected additional properties",
		`{"id":1,"lines":[{"sku":"a"}],"pair":[1,"x"]}`:                      "/pair/0 type:;/pair/1 type:",
		`{"id":1,"lines":[{"sku":"a"}],"either":1}`:                          "/either anyOf:",
		`{"id":1,"lines":[{"sku":"a"}],"either":{"sku":"x"}}`:                "",
	} {
		got := problems(t, s, doc)
		var said []string
		for _, p := range got {
			said = append(said, p.Path+" "+p.Message)
		}
		all := strings.Join(said, ";")
		for part := range strings.SplitSeq(want, ";") {
			if !strings.Contains(all, part) {
				t.Errorf("%s: %q lacks %q", doc, all, part)
			}
		}
		if (want == "") != (len(got) == 0) || len(got) != 0 && len(got) != strings.Count(want, ";")+1 {
			t.Errorf("%s: %d problems: %s", doc, len(got), all)
		}
		if valid := other(doc); valid != (len(got) == 0) {
			t.Errorf("%s: another validator says %v", doc, valid)
		}
	}
	if got := problems(t, s, "{"); len(got) != 1 || !strings.HasPrefix(got[0].Message, "not JSON") {
		t.Errorf("%+v", got)
	}
}

// TestShapes: whole schemas and whether a document fits, once more beside another validator.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`true`, `1`},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"type":"object","properties":{"x":{"type":"null"}}}}}`, `{"x":1}`},
		{`{"properties":{"child":{"$ref":"#"},"n":{"type":"number"}}}`, `{"child":{"child":{"n":"x"}}}`},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}],"additionalItems":false}`, `["a",1]`},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a~/b":{"type":"string"}},"properties":{"x":{"$ref":"#/definitions/a~0~1b"}}}`, `{"x":1}`},
		{`{"if":{"required":["a"]},"then":{"required":["b"]}}`, `{"a":1}`},
		{`{"oneOf":[{"type":"integer"},{"minimum":2}]}`, `3`},
		{`{"not":{}}`, `null`},
		{`{"type":["string","null"]}`, `1`},
		{`{"type":"object","properties":{"n":{"type":"integer","maximum":9007199254740993}}}`, `{"n":5}`},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`},
		{`{"const":{"a":[1,2]}}`, `{"a":[1,2]}`},
		{`{"uniqueItems":true}`, `[1,1.0]`},
		{`{"unevaluatedProperties":false,"allOf":[{"properties":{"a":{}}}]}`, `{"a":1,"b":2}`},
	} {
		s := compile(t, c[0])
		got := problems(t, s, c[1])
		if valid := judge(t, c[0])(c[1]); valid != (got == nil) {
			t.Errorf("%s on %s: %+v, another validator says %v", c[0], c[1], got, valid)
		}
		for _, p := range got {
			if p.Message == "" || strings.Contains(p.Message, "validating") {
				t.Errorf("%s: %+v", c[0], p)
			}
		}
	}
}

// TestRefused: a schema that cannot be obeyed is refused before it is used.
func TestRefused(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"type":"strnig"}`:                                     `/type: there is no type "strnig"`,
		`{"properties":{"a":{"items":{"type":"x"}}}}`:           `/properties/a/items/type: there is no type "x"`,
		`{"$schema":"http://json-schema.org/draft-04/schema#"}`: "draft-07 and draft 2020-12 are",
		`{"$ref":"other.json"}`:                                 "",
		`{"$ref":"#/$defs/none"}`:                               "",
		`{"$ref":"http://127.0.0.1:9/x"}`:                       "",
		`{"pattern":"("}`:                                       "pattern",
		`{"required":"a"}`:                                      "",
		`[]`:                                                    "",
		`{`:                                                     "",
	} {
		if _, err := Compile([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func compile(t *testing.T, raw string) *Schema {
	t.Helper()
	s, err := Compile([]byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return s
}

func problems(t *testing.T, s *Schema, doc string) []Problem {
	t.Helper()
	all, err := s.Check([]byte(doc))
	if err != nil {
		t.Errorf("%.100s: %v", doc, err)
	}
	return all
}

// judge is a validator by other hands.
func judge(t *testing.T, raw string) func(doc string) bool {
	t.Helper()
	s, ok := another(raw)
	if !ok {
		t.Fatalf("%s: another validator does not take it", raw)
	}
	return func(doc string) bool {
		value, err := oracle.UnmarshalJSON(strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(value) == nil
	}
}

// TestLongValues: a message is short whatever the value is, says what was wanted, and cuts no character.
func TestLongValues(t *testing.T) {
	t.Parallel()
	s, err := Compile([]byte(`{"type":"object","properties":{"n":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{`"` + strings.Repeat("é", 50_000) + `"`, `["` + strings.Repeat("a🎉", 50_000) + `"]`, `{"n":"` + strings.Repeat("x", 50_000) + `"}`} {
		all := problems(t, s, doc)
		if len(all) != 1 || len(all[0].Message) > 310 || !utf8.ValidString(all[0].Message) || !strings.Contains(all[0].Message, "want") {
			t.Errorf("%.20s: %d problems, %q", doc, len(all), all)
		}
	}
}
