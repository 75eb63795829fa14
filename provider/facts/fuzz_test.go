package facts

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFind: a model is found wherever it stands and whatever stands before it, and of a file that is cut nothing else is found in its
// place.
func FuzzFind(f *testing.F) {
	f.Add(`"openai":{"models":{"gpt":{}}}`, "gpt", uint32(0), uint32(50))
	f.Add("openai", "openai", uint32(block-60), uint32(block))
	f.Add("a\\", "é\"}", uint32(block-33), uint32(0))
	f.Fuzz(func(t *testing.T, note, model string, pad, cut uint32) {
		if !utf8.ValidString(model) {
			return
		}
		type object = map[string]any
		const facts = `{"limit":{"context":7}}`
		doc, err := json.Marshal(object{
			"first": object{"note": note, "pad": strings.Repeat(note, int(min(pad, 3*block))/max(len(note), 1)), "models": object{"openai": object{}}},
			"openai": object{"note": note, "models": object{
				model: json.RawMessage(facts), "a" + model: object{"name": model}, "z" + model: object{model: note},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := find(strings.NewReader(string(doc)), "openai", model); got != facts {
			t.Fatalf("%q: found %q", doc, got)
		}
		if int(cut) < len(doc) {
			if got := find(strings.NewReader(string(doc[:cut])), "openai", model); got != "" && got != facts {
				t.Fatalf("%q: found %q", doc[:cut], got)
			}
		}
	})
}

// FuzzScan: in no file is a model found that is not JSON, or that does not stand there.
func FuzzScan(f *testing.F) {
	f.Add([]byte(api), "openai", "gpt-4")
	f.Add([]byte(api), "gateway", "x/y:free")
	f.Add([]byte(`"openai":{"models":{"a":{"b":[}]}`), "openai", "a")
	f.Fuzz(func(t *testing.T, raw []byte, provider, model string) {
		got := find(strings.NewReader(string(raw)), provider, model)
		if got == "" {
			return
		}
		if !json.Valid([]byte(got)) || !strings.Contains(string(raw), got) || got[0] != '{' {
			t.Fatalf("%q: found %q", raw, got)
		}
		var e entry
		if json.Unmarshal([]byte(got), &e) == nil {
			if m := e.model(model); m.Thinking == "" || strings.HasPrefix(m.Price.Input+m.Price.Output, "-") {
				t.Fatalf("%q is %+v", got, m)
			}
		}
	})
}
