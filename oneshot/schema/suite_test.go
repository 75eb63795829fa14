package schema

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	oracle "github.com/santhosh-tekuri/jsonschema/v6"
)

// group is a schema of the suite and documents that fit or do not.
type group struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

// suite is what json-schema.org has for all validators of a draft (github.com/json-schema-org/JSON-Schema-Test-Suite at
// 83e866b, MIT). Left out are format, which both drafts leave open, and references out of the file.
func suite(t testing.TB) map[string][]group {
	t.Helper()
	all := map[string][]group{}
	for file, draft := range map[string]string{
		"testdata/draft7.jsonl": `{"$schema":"http://json-schema.org/draft-07/schema#",`, "testdata/draft2020-12.jsonl": "{",
	} {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var g group
			if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
				t.Fatal(err)
			}
			if rest, ok := strings.CutPrefix(string(g.Schema), `{"`); ok {
				g.Schema = json.RawMessage(draft + `"` + rest)
			}
			all[file] = append(all[file], g)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for file, groups := range suite(t) {
		tests := 0
		for _, g := range groups {
			s := compile(t, string(g.Schema))
			for _, one := range g.Tests {
				tests++
				if got := problems(t, s, string(one.Data)); (got == nil) != one.Valid {
					t.Errorf("%s: %s: %s: %+v, want valid %v", file, g.Description, one.Description, got, one.Valid)
				}
			}
		}
		if tests < 700 {
			t.Errorf("%s has %d tests", file, tests)
		}
	}
}

// FuzzVerdict: no schema and no document makes it panic, every problem says what it is, and another validator agrees.
func FuzzVerdict(f *testing.F) {
	f.Add(order, `{"lines":[{"next":{"next":[]}}]}`)
	for _, groups := range suite(f) {
		for _, g := range groups {
			for _, one := range g.Tests {
				f.Add(string(g.Schema), string(one.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw, doc string) {
		s, err := Compile([]byte(raw))
		if err != nil {
			return
		}
		got, err := s.Check([]byte(doc))
		if err != nil {
			return
		}
		for _, p := range got {
			if p.Message == "" || len(p.Message) > maxMessage+len("…") {
				t.Errorf("%s on %s: no reason, or a long one, at %q", raw, doc, p.Path)
			}
		}
		if len(raw)+len(doc) > 4000 || exponents(raw+doc) {
			return // the other one writes huge powers out
		}
		other, ok := another(raw)
		value, err := oracle.UnmarshalJSON(strings.NewReader(doc))
		if !ok || err != nil {
			return
		}
		if bad := other.Validate(value); (bad == nil) != (got == nil) {
			t.Errorf("%s on %s: %+v, another validator says %v", raw, doc, got, bad)
		}
	})
}

// exponents says whether a text may hold a number with one.
func exponents(text string) bool {
	for i := 1; i < len(text); i++ {
		if before := text[i-1]; (text[i] == 'e' || text[i] == 'E') && before >= '0' && before <= '9' {
			return true
		}
	}
	return false
}

// another is the schema as compiled by other hands, if they take it.
func another(raw string) (*oracle.Schema, bool) {
	doc, err := oracle.UnmarshalJSON(strings.NewReader(raw))
	if err != nil {
		return nil, false
	}
	c := oracle.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		return nil, false
	}
	s, err := c.Compile("s.json")
	return s, err == nil
}
