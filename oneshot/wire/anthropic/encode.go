package anthropic

import (
	"fmt"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/body"
)

// Encode lays out the body. The order of keys is fixed.
func (p Protocol) Encode(r *wire.Request) (body.Body, error) {
	t, err := p.thinking(r)
	if err != nil {
		return body.Body{}, err
	}
	var b body.Builder
	b.Member("model").Value(r.Model)
	b.Member("max_tokens").Value(t.maxTokens)
	if !r.Whole {
		b.Member("stream").Value(true)
	}
	p.system(&b, r.System)
	if t.temperature != nil {
		b.Member("temperature").Value(*t.temperature)
	}
	if r.TopP != nil {
		b.Member("top_p").Value(*r.TopP)
	}
	if len(r.Stop) > 0 {
		b.Member("stop_sequences").Value(r.Stop)
	}
	if t.kind != "" {
		b.Member("thinking").JSON(`{"type":`).Value(t.kind)
		if t.budget > 0 {
			b.JSON(`,"budget_tokens":`).Value(t.budget)
		}
		b.JSON(`}`)
	}
	if t.effort != "" {
		b.Member("output_config").JSON(`{"effort":`).Value(t.effort).JSON(`}`)
	}
	tools(&b, r.Tools)
	turns(&b, r.Turns)
	for _, f := range r.Extra {
		b.Extra(f.Name, f.Value)
	}
	return b.JSON(`}`).Body(), nil
}

// cacheFrom is the length in bytes from which a system text is marked: about the 1,024 tokens below which nothing is cached.
const cacheFrom = 4_096

func (p Protocol) system(b *body.Builder, text string) {
	switch {
	case text == "":
	case p.CacheMarks && len(text) >= cacheFrom:
		b.Member("system").JSON(`[{"type":"text","text":`).String([]byte(text)).JSON(`,"cache_control":{"type":"ephemeral"}}]`)
	default:
		b.Member("system").String([]byte(text))
	}
}

// thinking is a reasoning effort in the model's form, and what it does to the fields beside it.
type thinking struct {
	kind, effort string
	budget       int
	maxTokens    int
	temperature  *float64
}

// leastBudget is the smallest thinking budget that the API takes; the answer's maximum has to be above it.
const leastBudget = 1_024

// thinking writes the effort in the form that the model takes. A budget needs room beside it and temperature 1. The user's
// own maximum is a cap on both, of which the thinking gets half; without one there is room for the whole budget.
func (p Protocol) thinking(r *wire.Request) (thinking, error) {
	t := thinking{maxTokens: r.Limit(), temperature: r.Temperature}
	level := r.Reasoning
	switch {
	case level == "":
		return t, nil
	case p.Thinking == Adaptive, p.Thinking == Effort:
		t.kind = "adaptive"
		if level == "none" {
			t.kind = "disabled"
		} else if p.Thinking == Effort {
			t.effort = effort(level)
		}
		return t, nil
	case level == "none":
		return t, nil
	}
	t.kind, t.budget = "enabled", budget(level)
	switch {
	case r.MaxTokens == 0:
		t.maxTokens = max(r.DefaultTokens, t.budget+4_096)
	case r.MaxTokens <= leastBudget:
		return t, &wire.Unsupported{Flag: "--max-tokens", Reason: fmt.Sprintf(
			"%d leaves no room for --reasoning %s: %s thinks with at least %d tokens, which count", r.MaxTokens, level, r.Model, leastBudget)}
	default:
		t.budget = min(t.budget, max(r.MaxTokens/2, leastBudget))
	}
	if r.Temperature != nil && *r.Temperature != 1 {
		return t, &wire.Unsupported{Flag: "--temperature", Reason: fmt.Sprintf("must be 1 with --reasoning %s on %s", level, r.Model)}
	}
	t.temperature = new(1.0)
	return t, nil
}

// budget is the thinking tokens of an effort for models that take a budget. Source: hermes-agent §1.12 for low to xhigh;
// the API's floor is 1024.
func budget(level string) int {
	switch level {
	case "minimal":
		return leastBudget
	case "low":
		return 4_000
	case "high":
		return 16_000
	case "xhigh":
		return 32_000
	case "max":
		return 64_000
	}
	return 8_000
}

// effort maps our levels to the wire's five.
func effort(level string) string {
	if level == "minimal" {
		return "low"
	}
	return level
}

func tools(b *body.Builder, all []wire.Tool) {
	if len(all) == 0 {
		return
	}
	b.Member("tools").JSON(`[`)
	for _, t := range all {
		t.Declare(b.Item().JSON(`{`), "input_schema").JSON(`}`)
	}
	b.JSON(`]`)
}

func turns(b *body.Builder, turns []wire.Turn) {
	b.Member("messages").JSON(`[`)
	for _, t := range turns {
		b.Item().JSON(`{"role":`).Value(t.Role).JSON(`,"content":[`)
		for _, p := range t.Parts {
			if p.Kind == wire.PartReasoning && p.Raw == nil {
				continue // without its signature the API takes no reasoning back
			}
			part(b.Item(), p)
		}
		b.JSON(`]}`)
	}
	b.JSON(`]`)
}

func part(b *body.Builder, p wire.Part) {
	switch {
	case p.Raw != nil:
		b.Raw(p.Raw)
	case p.Kind == wire.PartText:
		b.JSON(`{"type":"text","text":`).String(p.Text...).JSON(`}`)
	case p.Kind == wire.PartCall:
		b.JSON(`{"type":"tool_use","id":`).Value(p.Call.ID).JSON(`,"name":`).Value(p.Call.Name).JSON(`,"input":`).Raw(asObject(p.Call.Arguments)).JSON(`}`)
	case p.Kind == wire.PartCallResult:
		b.JSON(`{"type":"tool_result","tool_use_id":`).Value(p.Call.ID).JSON(`,"content":`)
		if p.Media == nil {
			b.String(p.Text...)
		} else {
			b.JSON(`[`)
			for _, inner := range append([]wire.Part{wire.TextPart(p.Text...)}, p.Media...) {
				part(b.Item(), inner)
			}
			b.JSON(`]`)
		}
		if p.Failed {
			b.JSON(`,"is_error":true`)
		}
		b.JSON(`}`)
	default:
		media(b, p)
	}
}

func media(b *body.Builder, p wire.Part) {
	kind := "image"
	if p.Kind == wire.PartDocument {
		kind = "document"
	}
	b.JSON(`{"type":"` + kind + `","source":{"type":"base64","media_type":`).Value(p.MediaType).JSON(`,"data":"`).Base64(p.Data).JSON(`"}`)
	if kind == "document" && p.Name != "" {
		b.JSON(`,"title":`).Value(p.Name)
	}
	b.JSON(`}`)
}
