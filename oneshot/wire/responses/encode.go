package responses

import (
	"cmp"
	"fmt"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/body"
)

// leastLimit is the smallest max_output_tokens that the API takes (wires §2.1).
const leastLimit = 16

// Encode lays out the body. The order of keys is fixed. Nothing is stored at the server.
func (p Protocol) Encode(r *wire.Request) (body.Body, error) {
	if err := p.check(r); err != nil {
		return body.Body{}, err
	}
	var b body.Builder
	b.Member("model").Value(r.Model)
	if !r.Whole {
		b.Member("stream").Value(true)
	}
	b.Member("store").Value(false)
	if p.NoObfuscation && !r.Whole {
		b.Member("stream_options").JSON(`{"include_obfuscation":false}`)
	}
	if n := r.Limit(); n > 0 && !p.NoLimit {
		b.Member("max_output_tokens").Value(max(n, leastLimit))
	}
	if text := cmp.Or(r.System, p.Instructions); text != "" {
		b.Member("instructions").String([]byte(text))
	}
	if r.Temperature != nil {
		b.Member("temperature").Value(*r.Temperature)
	}
	if r.TopP != nil {
		b.Member("top_p").Value(*r.TopP)
	}
	if r.Reasoning != "" {
		b.Member("reasoning").JSON(`{"effort":`).Value(r.Reasoning).JSON(`}`)
	}
	if r.Schema != nil && !p.NoSchema {
		b.Member("text").JSON(`{"format":{"type":"json_schema","name":"answer","schema":`).Raw(r.Schema).JSON(`,"strict":`).Value(wire.Strict(r.Schema)).JSON(`}}`)
	}
	tools(&b, r.Tools)
	input(&b, r.Turns)
	for _, f := range r.Extra {
		b.Extra(f.Name, f.Value)
	}
	return b.JSON(`}`).Body(), nil
}

// check refuses what the API or the service cannot carry.
func (p Protocol) check(r *wire.Request) error {
	switch {
	case len(r.Stop) > 0:
		return &wire.Unsupported{Flag: "--stop", Reason: "is not taken by the Responses API, which " + r.Model + " is asked over"}
	case r.MaxTokens > 0 && p.NoLimit:
		return &wire.Unsupported{Flag: "--max-tokens", Reason: "is not taken by " + r.Model}
	case r.MaxTokens > 0 && r.MaxTokens < leastLimit:
		return &wire.Unsupported{Flag: "--max-tokens", Reason: fmt.Sprintf("%d is below %d, the least that the Responses API takes", r.MaxTokens, leastLimit)}
	case r.Temperature != nil && p.NoSampling:
		return &wire.Unsupported{Flag: "--temperature", Reason: "is not taken by " + r.Model}
	case r.TopP != nil && p.NoSampling:
		return &wire.Unsupported{Flag: "--top-p", Reason: "is not taken by " + r.Model}
	case r.Reasoning != "" && p.NoReasoning:
		return &wire.Unsupported{Flag: "--reasoning", Reason: "cannot be set for " + r.Model}
	}
	return nil
}

// tools offers functions, not held to their schemas by the server, which refuses most in its strict mode (tools.md §b.3). Encrypted reasoning is asked for with them: it has to go back with the results of calls.
func tools(b *body.Builder, all []wire.Tool) {
	if len(all) == 0 {
		return
	}
	b.Member("include").JSON(`["reasoning.encrypted_content"]`)
	b.Member("tools").JSON(`[`)
	for _, t := range all {
		t.Declare(b.Item().JSON(`{"type":"function",`), "parameters").JSON(`,"strict":false}`)
	}
	b.JSON(`]`)
}

// input writes the conversation as items: messages, calls and their results.
func input(b *body.Builder, turns []wire.Turn) {
	b.Member("input").JSON(`[`)
	for _, t := range turns {
		var said []wire.Part
		flush := func() {
			if len(said) > 0 {
				message(b.Item(), t.Role, said)
			}
			said = nil
		}
		for _, p := range t.Parts {
			switch {
			case p.Raw == nil && p.Kind == wire.PartReasoning: // goes back in the server's own form or not at all
			case p.Raw == nil && p.Kind != wire.PartCall && p.Kind != wire.PartCallResult:
				said = append(said, p)
			default:
				flush()
				inputItem(b.Item(), p)
			}
		}
		flush()
	}
	b.JSON(`]`)
}

// inputItem writes a part that is an item of its own.
func inputItem(b *body.Builder, p wire.Part) {
	switch {
	case p.Raw != nil:
		b.Raw(p.Raw)
	case p.Kind == wire.PartCall:
		b.JSON(`{"type":"function_call","call_id":`).Value(p.Call.ID).JSON(`,"name":`).Value(p.Call.Name).JSON(`,"arguments":`).String(p.Call.Arguments).JSON(`}`)
	default:
		b.JSON(`{"type":"function_call_output","call_id":`).Value(p.Call.ID).JSON(`,"output":`)
		if p.Media == nil {
			b.String(p.Outcome()...).JSON(`}`)
			return
		}
		b.JSON(`[{"type":"input_text","text":`).String(p.Outcome()...).JSON(`}`)
		for _, m := range p.Media {
			image(b.Item(), m)
		}
		b.JSON(`]}`)
	}
}

func message(b *body.Builder, role string, parts []wire.Part) {
	b.JSON(`{"role":`).Value(role).JSON(`,"content":[`)
	for _, p := range parts {
		b.Item()
		switch {
		case p.Kind == wire.PartImage:
			image(b, p)
		case p.Kind == wire.PartDocument:
			b.JSON(`{"type":"input_file","filename":`).Value(p.Name).JSON(`,"file_data":"data:` + p.MediaType + `;base64,`).Base64(p.Data).JSON(`"}`)
		case role == wire.Assistant:
			b.JSON(`{"type":"output_text","text":`).String(p.Text...).JSON(`}`)
		default:
			b.JSON(`{"type":"input_text","text":`).String(p.Text...).JSON(`}`)
		}
	}
	b.JSON(`]}`)
}

func image(b *body.Builder, p wire.Part) {
	b.JSON(`{"type":"input_image","image_url":"data:` + p.MediaType + `;base64,`).Base64(p.Data).JSON(`"}`)
}
