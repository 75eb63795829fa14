package gemini

import (
	"fmt"
	"strings"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/body"
)

// mostStops is how many stop sequences the API takes.
const mostStops = 5

// Encode lays out the body. The order of keys is fixed.
func (p Protocol) Encode(r *wire.Request) (body.Body, error) {
	if n := len(r.Stop); n > mostStops {
		return body.Body{}, &wire.Unsupported{Flag: "--stop", Reason: fmt.Sprintf("is given %d times; the Gemini API takes %d", n, mostStops)}
	}
	var b body.Builder
	b.Member("contents").JSON(`[`)
	for _, t := range r.Turns {
		turn(b.Item(), t)
	}
	b.JSON(`]`)
	if r.System != "" {
		b.Member("systemInstruction").JSON(`{"parts":[{"text":`).String([]byte(r.System)).JSON(`}]}`)
	}
	p.config(&b, r)
	tools(&b, r.Tools)
	for _, f := range r.Extra {
		b.Extra(f.Name, f.Value)
	}
	return b.JSON(`}`).Body(), nil
}

// config writes generationConfig, which is left out when nothing stands in it.
func (p Protocol) config(b *body.Builder, r *wire.Request) {
	var fields []func()
	add := func(name string, v any) {
		fields = append(fields, func() { b.Value(name).JSON(`:`).Value(v) })
	}
	if n := r.Limit(); n > 0 {
		add("maxOutputTokens", n)
	}
	if r.Temperature != nil {
		add("temperature", *r.Temperature)
	}
	if r.TopP != nil {
		add("topP", *r.TopP)
	}
	if len(r.Stop) > 0 {
		add("stopSequences", r.Stop)
	}
	if r.Schema != nil && !(p.Budget && len(r.Tools) > 0) { // before Gemini 3 the server takes one of the two
		add("responseMimeType", "application/json")
		fields = append(fields, func() { b.JSON(`"responseJsonSchema":`).Raw(r.Schema) })
	}
	if r.Reasoning != "" {
		fields = append(fields, func() { b.JSON(`"thinkingConfig":{` + p.thinking(r.Reasoning) + `}`) })
	}
	if fields == nil {
		return
	}
	b.Member("generationConfig").JSON(`{`)
	for _, write := range fields {
		b.Item()
		write()
	}
	b.JSON(`}`)
}

// thinking is an effort as a level or a budget. A level has no "none": the smallest is as near as Gemini 3 goes.
func (p Protocol) thinking(level string) string {
	budgets := map[string]int{"none": 0, "minimal": 512, "low": 4_000, "medium": 8_000, "high": 16_000, "xhigh": 24_576, "max": 24_576}
	shown := map[bool]string{true: "", false: `,"includeThoughts":true`}[level == "none"]
	if p.Budget {
		return fmt.Sprintf(`"thinkingBudget":%d%s`, budgets[level], shown)
	}
	switch level {
	case "none":
		level = "minimal"
	case "xhigh", "max":
		level = "high"
	}
	return `"thinkingLevel":"` + strings.ToUpper(level) + `"` + shown
}

func tools(b *body.Builder, all []wire.Tool) {
	if len(all) == 0 {
		return
	}
	b.Member("tools").JSON(`[{"functionDeclarations":[`)
	for _, t := range all {
		t.Declare(b.Item().JSON(`{`), "parametersJsonSchema").JSON(`}`)
	}
	b.JSON(`]}]`)
}

func turn(b *body.Builder, t wire.Turn) {
	role := "user"
	if t.Role == wire.Assistant {
		role = "model"
	}
	b.JSON(`{"role":"` + role + `","parts":[`)
	for _, p := range t.Parts {
		if p.Kind == wire.PartReasoning && p.Raw == nil {
			continue // thoughts go back with their signature or not at all
		}
		part(b.Item(), p)
	}
	b.JSON(`]}`)
}

func part(b *body.Builder, p wire.Part) {
	switch {
	case p.Raw != nil:
		b.Raw(p.Raw)
	case p.Kind == wire.PartImage, p.Kind == wire.PartDocument:
		b.JSON(`{"inlineData":{"mimeType":`).Value(p.MediaType).JSON(`,"data":"`).Base64(p.Data).JSON(`"}}`)
	case p.Kind == wire.PartCall:
		b.JSON(`{"functionCall":{"name":`).Value(p.Call.Name).JSON(`,"args":`).Raw(p.Call.Arguments)
		id(b, p.Call.ID)
	case p.Kind == wire.PartCallResult:
		key := "output"
		if p.Failed {
			key = "error"
		}
		b.JSON(`{"functionResponse":{"name":`).Value(p.Call.Name).JSON(`,"response":{"` + key + `":`).String(p.Text...).JSON(`}`)
		if p.Media != nil {
			b.JSON(`,"parts":[`)
			for _, m := range p.Media {
				part(b.Item(), m)
			}
			b.JSON(`]`)
		}
		id(b, p.Call.ID)
	default:
		b.JSON(`{"text":`).String(p.Text...).JSON(`}`)
	}
}

// id closes a call or a response, with its id where the server gave one: Gemini before 3 knows none.
func id(b *body.Builder, id string) {
	if id != "" {
		b.JSON(`,"id":`).Value(id)
	}
	b.JSON(`}}`)
}
