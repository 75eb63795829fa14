package wire

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Origin is who sent a turn. What only a server can read holds for the same three alone: a signature is bound to the model and to
// the route (tools.md §b).
type Origin struct {
	Wire   string `json:"wire"`
	Server string `json:"url"`
	Model  string `json:"model"`
}

// Own is a turn in the form of the server that sent it.
type Own struct {
	Origin
	// Parts are [Part.Raw] of each part, in order.
	Parts []json.RawMessage `json:"parts"`
}

// For is the turn as it goes to a server: in the server's own form where it came from there, else in neutral parts.
func (t Turn) For(to Origin) Turn {
	if t.Own == nil || t.Own.Origin != to {
		return Turn{Role: t.Role, Parts: t.Parts}
	}
	own := Turn{Role: t.Role, Parts: make([]Part, len(t.Own.Parts))}
	for i, raw := range t.Own.Parts {
		own.Parts[i] = Part{Kind: PartOther, Raw: raw}
	}
	return own
}

// Kept makes of a turn with [Result.Turn] one that outlives the run: in neutral parts, and in the server's own form beside them
// where that holds what only the server can read. Reasoning has no neutral form that a server takes back.
func (t Turn) Kept(from Origin) Turn {
	kept := Turn{Role: t.Role}
	var own []json.RawMessage
	for _, p := range t.Parts {
		if p.Raw != nil {
			own = append(own, p.Raw)
			p.Raw = nil
		}
		n := len(kept.Parts)
		switch {
		case p.Kind == PartReasoning || p.Kind == PartOther || p.Kind == PartText && p.size() == 0:
		case p.Kind == PartText && t.Role == Assistant && n > 0 && kept.Parts[n-1].Kind == PartText: // a stream cuts texts anywhere
			kept.Parts[n-1].Text = append(kept.Parts[n-1].Text, p.Text...)
		default:
			p.Text = slices.Clone(p.Text)
			kept.Parts = append(kept.Parts, p)
		}
	}
	called := slices.ContainsFunc(kept.Parts, func(p Part) bool { return p.Kind == PartCall })
	if slices.ContainsFunc(own, func(raw json.RawMessage) bool { return sealed(raw, called) }) {
		kept.Own = &Own{from, own}
	}
	return kept
}

func (p Part) size() int {
	n := 0
	for _, t := range p.Text {
		n += len(t)
	}
	return n
}

// sealed reports whether a part holds what only its server can read: a signature or encrypted reasoning, or, beside a call, the
// reasoning that some Chat Completions servers want back with it (wires.md §1). The names stand for members: within a text their
// quotes would be escaped.
func sealed(raw json.RawMessage, called bool) bool {
	for _, name := range [...]string{`"signature":`, `"thoughtSignature":`, `"encrypted_content":"`, `"redacted_thinking"`, `"reasoning_details":`} {
		if bytes.Contains(raw, []byte(name)) {
			return true
		}
	}
	return called && bytes.Contains(raw, []byte(`"reasoning`))
}
