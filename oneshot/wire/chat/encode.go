package chat

import (
	"fmt"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/body"
)

// Encode lays out the body. The order of keys is fixed.
func (p Protocol) Encode(r *wire.Request) (body.Body, error) {
	if err := p.check(r); err != nil {
		return body.Body{}, err
	}
	var b body.Builder
	b.Member("model").Value(r.Model)
	if !r.Whole {
		b.Member("stream").Value(true)
	}
	if !p.NoUsageOption && !r.Whole {
		b.Member("stream_options").JSON(`{"include_usage":true}`)
	}
	if n := r.Limit(); n > 0 {
		name := "max_tokens"
		if p.CompletionTokens {
			name = "max_completion_tokens"
		}
		b.Member(name).Value(n)
	}
	if r.Temperature != nil {
		b.Member("temperature").Value(*r.Temperature)
	}
	if r.TopP != nil {
		b.Member("top_p").Value(*r.TopP)
	}
	if len(r.Stop) > 0 {
		b.Member("stop").Value(r.Stop)
	}
	p.reasoning(&b, r.Reasoning)
	p.schema(&b, r)
	tools(&b, r.Tools)
	p.messages(&b, r)
	for _, f := range r.Extra {
		b.Extra(f.Name, f.Value)
	}
	return b.JSON(`}`).Body(), nil
}

// check refuses what the service cannot carry.
func (p Protocol) check(r *wire.Request) error {
	switch {
	case len(r.Stop) > 0 && p.NoStop:
		return &wire.Unsupported{Flag: "--stop", Reason: "is not taken by " + r.Model}
	case len(r.Stop) > 4: // wires §1.1
		return &wire.Unsupported{Flag: "--stop", Reason: fmt.Sprintf("is given %d times; the Chat Completions API takes 4", len(r.Stop))}
	case r.Temperature != nil && p.NoSampling:
		return &wire.Unsupported{Flag: "--temperature", Reason: "is not taken by " + r.Model}
	case r.TopP != nil && p.NoSampling:
		return &wire.Unsupported{Flag: "--top-p", Reason: "is not taken by " + r.Model}
	case r.Reasoning != "" && p.Reasoning == NoControl:
		return &wire.Unsupported{Flag: "--reasoning", Reason: "cannot be set for " + r.Model}
	}
	return nil
}

// reasoning writes an effort in the service's form; "" asks for nothing.
func (p Protocol) reasoning(b *body.Builder, level string) {
	if level == "" {
		return
	}
	off := level == "none"
	switch p.Reasoning {
	case OnOff:
		if !off {
			level = "high"
		}
		b.Member("reasoning_effort").Value(level)
	case Object:
		if off {
			b.Member("reasoning").JSON(`{"enabled":false}`)
		} else {
			b.Member("reasoning").JSON(`{"effort":`).Value(level).JSON(`}`)
		}
	case Enabled:
		b.Member("reasoning").JSON(`{"enabled":`).Value(!off).JSON(`}`)
		if !off {
			b.Member("reasoning_effort").Value(within(level, "low", "high"))
		}
	case Thinking, DeepSeek:
		b.Member("thinking").JSON(`{"type":`).Value(map[bool]string{true: "disabled", false: "enabled"}[off]).JSON(`}`)
		if p.Reasoning == DeepSeek && !off {
			b.Member("reasoning_effort").Value(within(level, "high", "max"))
		}
	case Budget:
		b.Member("enable_thinking").Value(!off)
		if !off {
			b.Member("thinking_budget").Value(budget(level))
		}
	case Template:
		b.Member("chat_template_kwargs").JSON(`{"enable_thinking":`).Value(!off).JSON(`}`)
	default:
		b.Member("reasoning_effort").Value(level)
	}
}

// within is the level, or the nearest one from low to high.
func within(level, low, high string) string {
	order := map[string]int{"minimal": 0, "low": 1, "medium": 2, "high": 3, "xhigh": 4, "max": 5}
	switch n := order[level]; {
	case n < order[low]:
		return low
	case n > order[high]:
		return high
	case level == "xhigh":
		return "high"
	}
	return level
}

// budget is the thinking tokens of an effort. Source: hermes-agent §1.12 for low to xhigh.
func budget(level string) int {
	return map[string]int{"minimal": 1_024, "low": 4_000, "medium": 8_000, "high": 16_000, "xhigh": 32_000, "max": 64_000}[level]
}

func (p Protocol) schema(b *body.Builder, r *wire.Request) {
	switch {
	case r.Schema == nil:
	case p.Schema == JSONObject:
		b.Member("response_format").JSON(`{"type":"json_object"}`)
	case p.Schema == JSONSchema:
		b.Member("response_format").JSON(`{"type":"json_schema","json_schema":{"name":"answer","schema":`).Raw(r.Schema)
		if wire.Strict(r.Schema) {
			b.JSON(`,"strict":true`)
		}
		b.JSON(`}}`)
	}
}

func tools(b *body.Builder, all []wire.Tool) {
	if len(all) == 0 {
		return
	}
	b.Member("tools").JSON(`[`)
	for _, t := range all {
		t.Declare(b.Item().JSON(`{"type":"function","function":{`), "parameters").JSON(`}}`)
	}
	b.JSON(`]`)
}
