package chat

import (
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/body"
)

// messages writes the conversation. A turn of ours can be several messages: each result of a call is one of its own.
func (p Protocol) messages(b *body.Builder, r *wire.Request) {
	b.Member("messages").JSON(`[`)
	if r.System != "" {
		role := "system"
		if p.Developer {
			role = "developer"
		}
		b.Item().JSON(`{"role":"` + role + `","content":`).String([]byte(r.System)).JSON(`}`)
	}
	for _, t := range r.Turns {
		if t.Role == wire.Assistant {
			assistant(b, t.Parts)
		} else {
			user(b, t.Parts)
		}
	}
	b.JSON(`]`)
}

// user writes the results of calls, each as a message, and then what the user says.
func user(b *body.Builder, parts []wire.Part) {
	var said []wire.Part
	for _, p := range parts {
		if p.Kind == wire.PartCallResult {
			b.Item().JSON(`{"role":"tool","tool_call_id":`).Value(p.Call.ID).JSON(`,"content":`).String(p.Outcome()...).JSON(`}`)
		} else {
			said = append(said, p)
		}
	}
	switch {
	case len(said) == 0:
	case len(said) == 1 && said[0].Kind == wire.PartText: // the form that every server takes
		b.Item().JSON(`{"role":"user","content":`).String(said[0].Text...).JSON(`}`)
	default:
		b.Item().JSON(`{"role":"user","content":[`)
		for _, p := range said {
			content(b.Item(), p)
		}
		b.JSON(`]}`)
	}
}

func content(b *body.Builder, p wire.Part) {
	switch p.Kind {
	case wire.PartImage:
		b.JSON(`{"type":"image_url","image_url":{"url":"data:` + p.MediaType + `;base64,`).Base64(p.Data).JSON(`"}}`)
	case wire.PartDocument:
		b.JSON(`{"type":"file","file":{"filename":`).Value(p.Name).JSON(`,"file_data":"data:` + p.MediaType + `;base64,`).Base64(p.Data).JSON(`"}}`)
	default:
		b.JSON(`{"type":"text","text":`).String(p.Text...).JSON(`}`)
	}
}

// assistant writes a turn of the model: as the server sent it where that was kept, else its text and its calls.
func assistant(b *body.Builder, parts []wire.Part) {
	for _, p := range parts {
		if p.Raw != nil {
			b.Item().Raw(p.Raw) // the decoder keeps a turn as one message
			return
		}
	}
	b.Item().JSON(`{"role":"assistant","content":`)
	var text [][]byte
	var calls []wire.Part
	for _, p := range parts {
		switch p.Kind {
		case wire.PartText:
			text = append(text, p.Text...)
		case wire.PartCall:
			calls = append(calls, p)
		}
	}
	if text == nil && calls != nil {
		b.JSON(`null`)
	} else {
		b.String(text...)
	}
	if calls != nil {
		b.JSON(`,"tool_calls":[`)
	}
	for _, p := range calls {
		b.Item().JSON(`{"id":`).Value(p.Call.ID).JSON(`,"type":"function","function":{"name":`).Value(p.Call.Name).JSON(`,"arguments":`).String(p.Call.Arguments).JSON(`}}`)
	}
	if calls != nil {
		b.JSON(`]`)
	}
	b.JSON(`}`)
}
