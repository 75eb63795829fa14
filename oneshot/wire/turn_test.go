package wire

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestKept: a turn is kept in neutral parts, and in the server's own form where that says more. It goes back so to the same server
// and model alone.
func TestKept(t *testing.T) {
	t.Parallel()
	home := Origin{Wire: "w", Server: "http://h", Model: "m"}
	text := func(s string) Part {
		return Part{Kind: PartText, Text: [][]byte{[]byte(s)}, Raw: json.RawMessage(`{"text":"` + s + `"}`)}
	}
	call := Part{Kind: PartCall, Call: &Call{ID: "1", Name: "f", Arguments: json.RawMessage(`{}`)}}
	other := func(raw string) Part { return Part{Kind: PartOther, Raw: json.RawMessage(raw)} }
	thought := Part{Kind: PartReasoning, Text: [][]byte{[]byte("so")}, Raw: json.RawMessage(`{"thinking":"so","signature":"s"}`)}
	for name, c := range map[string]struct {
		parts []Part
		kinds []PartKind
		own   int
	}{
		"text in pieces":             {[]Part{text("a"), text("b")}, []PartKind{PartText}, 0},
		"signed thoughts":            {[]Part{thought, text("a")}, []PartKind{PartText}, 2},
		"a signature beside a text":  {[]Part{{Kind: PartText, Text: [][]byte{[]byte("a")}, Raw: json.RawMessage(`{"text":"a","thoughtSignature":"s"}`)}}, []PartKind{PartText}, 1},
		"the word within a text":     {[]Part{text(`\"signature\":`)}, []PartKind{PartText}, 0},
		"a message with reasoning":   {[]Part{other(`{"reasoning_content":"so"}`), {Kind: PartText, Text: [][]byte{[]byte("a")}}}, []PartKind{PartText}, 0},
		"and a call":                 {[]Part{other(`{"reasoning_content":"so"}`), call}, []PartKind{PartCall}, 1},
		"a call alone":               {[]Part{other(`{"tool_calls":[]}`), call}, []PartKind{PartCall}, 0},
		"an item without encryption": {[]Part{{Kind: PartReasoning, Raw: json.RawMessage(`{"type":"reasoning","encrypted_content":null}`)}, text("a")}, []PartKind{PartText}, 0},
		"nothing":                    {[]Part{text("")}, nil, 0},
	} {
		kept := Turn{Role: Assistant, Parts: c.parts}.Kept(home)
		var kinds []PartKind
		for _, p := range kept.Parts {
			kinds = append(kinds, p.Kind)
			if p.Raw != nil {
				t.Errorf("%s: a neutral part is %s", name, p.Raw)
			}
		}
		own := 0
		if kept.Own != nil {
			own = len(kept.Own.Parts)
		}
		if !reflect.DeepEqual(kinds, c.kinds) || own != c.own {
			t.Errorf("%s: kinds %v, %d parts in the server's form", name, kinds, own)
		}
		back, away := kept.For(home), kept.For(Origin{Wire: "w", Server: "http://h", Model: "other"})
		if own > 0 && (len(back.Parts) != own || back.Parts[0].Raw == nil) || len(away.Parts) != len(kept.Parts) {
			t.Errorf("%s: back %+v, elsewhere %+v", name, back.Parts, away.Parts)
		}
	}
}
