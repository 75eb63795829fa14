package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestEndless: a schema that refers to itself without going into the value, or whose alternatives multiply, is refused
// before it is used, and says where.
func TestEndless(t *testing.T) {
	t.Parallel()
	var wide strings.Builder
	wide.WriteString(`{"$ref":"#/$defs/a0","$defs":{"a24":{"type":"string"}`)
	for i := range 24 {
		fmt.Fprintf(&wide, `,"a%d":{"anyOf":[{"$ref":"#/$defs/a%d"},{"$ref":"#/$defs/a%[2]d"}]}`, i, i+1)
	}
	for raw, want := range map[string]string{
		`{"$ref":"#"}`: "the schema refers to itself",
		`{"type":"object","allOf":[{"$ref":"#"}]}`:               "the schema refers to itself",
		`{"properties":{"a":{"not":{"$ref":"#/properties/a"}}}}`: "/properties/a: the schema refers to itself",
		`{"if":{"$ref":"#/$defs/x"},"$defs":{"x":{"oneOf":[{"$ref":"#/$defs/y"}]},"y":{"dependentSchemas":{"k":{"$ref":"#/$defs/x"}}}}}`: "itself",
		`{"$dynamicAnchor":"n","anyOf":[{"$dynamicRef":"#n"}]}`:                                                                          "itself",
		`{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":{"$ref":"#"}}}`:                                        "itself",
		strings.Repeat(`{"not":`, 9000) + "{}" + strings.Repeat("}", 9000):                                                               "too deep",
		wide.String() + "}}": "the alternatives multiply to more than 4000000 steps",
	} {
		_, err := Compile([]byte(raw))
		if bound, ok := errors.AsType[*BoundError](err); !ok || !strings.Contains(bound.Error(), want) {
			t.Errorf("%.80s: %v, want %q", raw, err, want)
		}
	}
}

// TestSteps: a schema that is sound, and a document that takes too long or goes too deep.
func TestSteps(t *testing.T) {
	t.Parallel()
	twice := `{"anyOf":[{"required":["x"],"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}]}`
	chain := `{"allOf":[{"allOf":[{"allOf":[{"allOf":[{"allOf":[{"items":{"$ref":"#"}}]}]}]}]}]}`
	for _, c := range []struct {
		raw, doc string
		over     bool
	}{
		{twice, strings.Repeat(`{"a":`, 10) + "1" + strings.Repeat("}", 10), false},
		{twice, strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60), true},
		{chain, strings.Repeat("[", 1000) + strings.Repeat("]", 1000), false},
		{chain, strings.Repeat("[", 9999) + strings.Repeat("]", 9999), true},
		{`{"items":{"$ref":"#"}}`, strings.Repeat("[", 9999) + strings.Repeat("]", 9999), false},
		{`{"uniqueItems":true}`, "[0" + numbers(100_000) + "]", false},
		{`{"items":{"pattern":"^(a|b)*$"}}`, `["` + strings.Repeat("ab", 500_000) + `"]`, false},
		{`{"allOf":[` + strings.TrimSuffix(strings.Repeat(`{"const":[]},`, 1000), ",") + `]}`, "[0" + numbers(100_000) + "]", true},
	} {
		_, err := compile(t, c.raw).Check([]byte(c.doc))
		if _, over := errors.AsType[*BoundError](err); over != c.over {
			t.Errorf("%.60s on %.20s…: %v, want over %v", c.raw, c.doc, err, c.over)
		}
	}
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",%d", i+1)
	}
	return b.String()
}

// TestNumbers are compared as they are written.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw   string
		fit   []string
		unfit []string
	}{
		{`{"const":9007199254740993}`, []string{"9007199254740993", "9007199254740993.0", "9.007199254740993e15", "90071992547409930E-1"}, []string{"9007199254740992", "9007199254740994", `"9007199254740993"`}},
		{`{"enum":[18446744073709551617, -0.0]}`, []string{"18446744073709551617", "0", "-0", "0e9"}, []string{"18446744073709551616", "-18446744073709551617"}},
		{`{"minimum":9007199254740993}`, []string{"9007199254740993", "1e400"}, []string{"9007199254740992", "-1e400", "9007199254740992.999999999"}},
		{`{"exclusiveMaximum":-0.1}`, []string{"-0.1000000000000000001", "-1e99999999999999999999"}, []string{"-0.1", "-0.09999999999999999999", "0", "1e-400"}},
		{`{"maximum":12}`, []string{"11.9", "12.0", "1.2e1", "-13"}, []string{"12.1", "120", "1e99999999999999999999"}},
		{`{"multipleOf":0.01}`, []string{"0.07", "4.35", "1e300", "-0.29", "0"}, []string{"0.075", "1e-3"}},
		{`{"multipleOf":3}`, []string{"9007199254740993", "3e1000000000000", "0.3e1"}, []string{"9007199254740992", "1e1000000000000", "0.3"}},
		{`{"type":"integer"}`, []string{"1.0", "1e400", "120e-1", "-0.0"}, []string{"1.5", "1e-400", "12e-1"}},
		{`{"uniqueItems":true}`, []string{"[9007199254740992,9007199254740993]", `[1,"1",true]`, `[["a"],["a",""]]`}, []string{"[10,1e1]", `[{"a":1,"b":2},{"b":2.0,"a":1}]`}},
		{`{"minLength":2.0,"maxLength":1e99}`, []string{`"éé"`}, []string{`"é"`}},
		{`{"maxItems":0}`, []string{"[]"}, []string{"[0]"}},
	} {
		s := compile(t, c.raw)
		for _, doc := range c.fit {
			if got := problems(t, s, doc); got != nil {
				t.Errorf("%s: %s has %+v", c.raw, doc, got)
			}
		}
		for _, doc := range c.unfit {
			if got := problems(t, s, doc); got == nil {
				t.Errorf("%s: %s fits", c.raw, doc)
			}
		}
	}
	for _, raw := range []string{`{"multipleOf":0}`, `{"minLength":-1}`, `{"minItems":1.5}`, `{"maximum":"1"}`} {
		if _, err := Compile([]byte(raw)); err == nil {
			t.Errorf("%s was taken", raw)
		}
	}
}
