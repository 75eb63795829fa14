package oneshot

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"hermes/oneshot/class"
)

func compiled(t *testing.T, source string) *Schema {
	t.Helper()
	s, err := NewSchema("s.json", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const order = `{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}`

// TestSchemaAnswers: which answers are found to fit, in how many turns, and how the others end.
func TestSchemaAnswers(t *testing.T) {
	t.Parallel()
	bad := answers(`{"n":"many"}`)
	for name, c := range map[string]struct {
		retries int
		replies []reply
		data    string
		class   class.Class
		part    string
		invalid int
	}{
		"at once":             {1, []reply{answers(`{"n":`, `1}`)}, `{"n":1}`, "", "", 0},
		"in prose":            {1, []reply{answers(`Sure: {"n":1}. Anything else?`)}, `{"n":1}`, "", "", 0},
		"in a fence":          {1, []reply{answers("Here:\n```json\n{\"n\":1}\n```\n")}, `{"n":1}`, "", "", 0},
		"behind other braces": {1, []reply{answers(`A set {a, b} and [x] give {"n":1}`)}, `{"n":1}`, "", "", 0},
		"as it was written":   {1, []reply{answers("{\n  \"n\" : 1.0 }")}, "{\n  \"n\" : 1.0 }", "", "", 0},
		"corrected":           {1, []reply{bad, answers(`{"n":2}`)}, `{"n":2}`, "", "", 1},
		"corrected twice":     {2, []reply{bad, answers("sorry"), answers(`{"n":2}`)}, `{"n":2}`, "", "", 2},
		"never":               {1, []reply{bad, bad}, "", "schema", "/n: ", 2},
		"without another try": {0, []reply{bad}, "", "schema", "/n: ", 1},
		"prose alone":         {0, []reply{answers("sorry")}, "", "schema", "/: no JSON value in the answer", 1},
		"several problems":    {0, []reply{answers(`{}`)}, "", "schema", `required property "n" is missing`, 1},
		"cut":                 {1, []reply{{pieces: []string{`{"n":1`}, stop: "max_tokens"}}, "", "truncated", "", 0},
		"refused":             {1, []reply{{pieces: []string{`no`}, stop: "refusal"}}, "", "refusal", "", 0},
		"empty":               {1, []reply{answers(" ")}, "", "empty", "", 0},
		"the second is cut":   {1, []reply{bad, {pieces: []string{`{"n":2}`}, stop: "max_tokens"}}, "", "truncated", "", 1},
		"the second fails":    {1, []reply{bad, refuses(400)}, "", "invalid_request", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.replies...)
			job := asks(Target{Transport: s})
			job.Schema, job.SchemaRetries, job.Params.System = compiled(t, order), c.retries, "be brief"
			r := perform(t, t.Context(), job)
			if c.class != "" {
				r.fails(t, c.class, c.part)
				if r.stdout != "" || r.end.Text != nil || r.end.Status != "error" {
					t.Errorf("stdout %q, %+v", r.stdout, r.end)
				}
			} else if r.err != nil || r.stdout != c.data+"\n" || *r.end.Text != c.data || strings.Join(strings.Fields(string(r.end.Data)), "") != strings.Join(strings.Fields(c.data), "") {
				t.Errorf("%v: stdout %q, data %s", r.err, r.stdout, r.end.Data)
			}
			told := r.all("schema.invalid")
			if len(told) != c.invalid {
				t.Errorf("told of %+v", told)
			}
			for i, e := range told {
				if e.Attempt != i+1 || len(e.Errors) == 0 {
					t.Errorf("told of %+v", e)
				}
			}
			for i, body := range s.asked() {
				turns := parse(t, body)
				if !strings.HasPrefix(turns.System, "be brief\n\n") || !strings.HasSuffix(turns.System, order) || len(turns.Messages) != 1+2*i {
					t.Errorf("request %d: %+v", i, turns)
				}
			}
		})
	}
}

// TestCorrectiveTurn: the model gets its own answer back and each problem by its place; the events call the turn by its
// purpose.
func TestCorrectiveTurn(t *testing.T) {
	t.Parallel()
	s := serve(t, answers(" {\"n\":\"x\"}\n"), answers(`{"n":2}`))
	job := asks(Target{Transport: s})
	job.Schema, job.SchemaRetries = compiled(t, order), 1
	r := perform(t, t.Context(), job)
	m := parse(t, s.asked()[1]).Messages
	if r.err != nil || m[1].Role != "assistant" || m[1].Content[0].Text != `{"n":"x"}` || m[2].Role != "user" || !strings.Contains(m[2].Content[0].Text, "\n- /n: ") {
		t.Errorf("%v: %+v", r.err, m)
	}
	if p := r.all("request.start"); p[0].Purpose != "" || p[1].Purpose != "schema" || r.end.Attempts != 2 || r.end.Usage.InputTokens != 20 || r.end.Usage.Auxiliary != nil {
		t.Errorf("%+v %+v", p, r.end)
	}
}

// TestCorrectiveTurnIsBounded: an answer with thousands of problems makes a small correction; each further turn adds one.
func TestCorrectiveTurnIsBounded(t *testing.T) {
	t.Parallel()
	many := `["` + strings.Repeat(`é","`, 9_000) + `"]`
	s := serve(t, answers(many), answers(many), answers(many))
	job := asks(Target{Transport: s})
	job.Schema, job.SchemaRetries = compiled(t, `{"type":"array","items":{"type":"integer"}}`), 2
	perform(t, t.Context(), job).fails(t, "schema", "(and ")
	for i, body := range s.asked() {
		if limit := 1_000 + 2*i*(mostAnswer+mostProblems*mostProblem); len(body) > limit {
			t.Errorf("request %d has %d bytes, want at most %d", i+1, len(body), limit)
		}
	}
	if said := s.asked()[1]; !strings.Contains(said, "more\\nAnswer again") {
		t.Errorf("%.200q", said[len(said)-200:])
	}
}

// TestSchemaDataIsUTF8: bytes that are none, which a JSON string of the model's can hold, do not reach the events.
func TestSchemaDataIsUTF8(t *testing.T) {
	t.Parallel()
	doc, problems, _ := compiled(t, `{"type":"string"}`).check([]byte("\"a\xffb\""))
	if problems != nil || !utf8.Valid(doc) || string(doc) != "\"a\ufffdb\"" {
		t.Errorf("%q %v", doc, problems)
	}
}

// TestNewSchema: a schema that is none is misuse, named with its file in one line.
func TestNewSchema(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"", "{", "[]", `{"type":"thing"}`, `{"$ref":"other.json"}`, `{"$schema":"http://json-schema.org/draft-04/schema#"}`} {
		s, err := NewSchema("s.json", []byte(source))
		if s != nil || !class.Is(err, "usage") || !strings.HasPrefix(err.Error(), "--output-schema s.json: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", source, err)
		}
	}
}

// TestNewSchemaWithoutEnd: a schema that would be held against an answer for ever is refused before a request, and one
// whose work depends on the answer ends the run there, without another request.
func TestNewSchemaWithoutEnd(t *testing.T) {
	t.Parallel()
	if s, err := NewSchema("s.json", []byte(`{"$ref":"#"}`)); s != nil || !class.Is(err, "invalid_input") || !strings.HasPrefix(err.Error(), "--output-schema s.json: ") {
		t.Errorf("%v", err)
	}
	s := serve(t, answers(strings.Repeat(`{"a":`, 60)+"1"+strings.Repeat("}", 60)))
	job := asks(Target{Transport: s})
	job.Schema, job.SchemaRetries = compiled(t, `{"anyOf":[{"required":["x"],"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}]}`), 3
	r := perform(t, t.Context(), job)
	if r.fails(t, "schema", "cannot be judged"); len(s.asked()) != 1 {
		t.Errorf("%d requests", len(s.asked()))
	}
}

// TestFoundJSON in what models write around it.
func TestFoundJSON(t *testing.T) {
	t.Parallel()
	fence := "```"
	for in, want := range map[string]string{
		`"a string"`: `"a string"`, "null": "null", "-1.5e3": "-1.5e3", " [1] ": "[1]",
		fence + "\n[1]\n" + fence:                            `[1]`,
		fence + "json\r\n[1]\r\n" + fence:                    `[1]`,
		fence + "json\n[1]":                                  `[1]`, // never closed
		`{"code":"` + fence + `go\nx` + fence + `"}`:         `{"code":"` + fence + `go\nx` + fence + `"}`,
		"so " + `{"code":"` + fence + `"}` + "\nthat is all": `{"code":"` + fence + `"}`,
		"use " + fence + "sh\nls\n" + fence + ` and {"a":1}`: `{"a":1}`,
		`{"a":1} {"b":2}`:                                    `{"a":1}`, `{"a":"}"} x`: `{"a":"}"}`, `{not this} {"a":{}}`: `{"a":{}}`,
		"{": "", "[1,": "", "plain words": "", "```": "",
	} {
		if got := string(findJSON([]byte(in))); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	if got := findJSON([]byte(strings.Repeat("[", 100_000))); got != nil {
		t.Errorf("found %.20q", got)
	}
}

// TestSchemaErrorCounts its further problems.
func TestSchemaErrorCounts(t *testing.T) {
	t.Parallel()
	s := compiled(t, `{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"}}}`)
	_, problems, _ := s.check([]byte(`{"a":"","b":"","c":""}`))
	if msg := fmt.Sprint(&SchemaError{problems}); !strings.Contains(msg, ": /a: ") || !strings.HasSuffix(msg, "(and 2 more)") {
		t.Error(msg)
	}
}

func TestFindJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":1}`: `{"a":1}`, "```json\n{\"a\":1}\n```": `{"a":1}`, "Here: {\"a\":[1]} done": `{"a":[1]}`, "no": "", "": "", " 3 ": "3",
	} {
		if got := string(findJSON([]byte(in))); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
