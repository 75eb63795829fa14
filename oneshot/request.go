package oneshot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hermes/oneshot/messages"
)

// budgets are the thinking tokens of each effort for models that take a budget. Source: hermes-agent §1.12 for low to
// xhigh; the API's floor is 1024.
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

// request makes the wire's request of the input and the parameters that were set.
func (r *run) request(ctx context.Context, t Target) (*messages.Request, error) {
	p := r.job.Params
	req := &messages.Request{
		Model: t.Model, System: p.System, MaxTokens: p.MaxTokens, Temperature: p.Temperature, TopP: p.TopP, Stop: p.Stop, Extra: t.Extra,
	}
	if req.MaxTokens == 0 {
		req.MaxTokens = t.MaxTokens
	}
	if err := checkTemperature(t, p.Temperature); err != nil {
		return nil, err
	}
	if err := setReasoning(req, t, p); err != nil {
		return nil, err
	}
	if r.job.Schema != nil {
		req.System = strings.TrimSpace(req.System + "\n\n" + contract(r.job.Schema.source))
	}
	blocks, err := r.blocksFor(ctx, t)
	if err != nil {
		return nil, err
	}
	req.Turns = []messages.Turn{{Role: "user", Content: blocks}}
	return req, nil
}

func checkTemperature(t Target, v *float64) error {
	if v == nil || t.MaxTemperature == 0 {
		return nil
	}
	if *v > t.MaxTemperature || *v <= 0 {
		return &InputError{ErrClass: "usage", Msg: fmt.Sprintf("--temperature %v: %s takes more than 0 and at most %v", *v, t.Model, t.MaxTemperature)}
	}
	return nil
}

// leastBudget is the smallest thinking budget that the API takes; the answer's maximum has to be above it.
const leastBudget = 1_024

// setReasoning writes the effort in the form the model takes. A budget needs room beside it and temperature 1. The user's
// own --max-tokens is a cap on both, of which the thinking gets half; without one there is room for the whole budget.
func setReasoning(req *messages.Request, t Target, p Params) error {
	level := p.Reasoning
	if level == "" {
		return nil
	}
	switch t.Thinking {
	case "adaptive", "effort":
		req.Thinking = &messages.Thinking{Type: "adaptive"}
		if level == "none" {
			req.Thinking.Type = "disabled"
		} else if t.Thinking == "effort" {
			req.Effort = effort(level)
		}
		return nil
	}
	if level == "none" {
		return nil
	}
	n := budget(level)
	switch {
	case p.MaxTokens == 0:
		req.MaxTokens = max(req.MaxTokens, n+4_096)
	case p.MaxTokens <= leastBudget:
		return &InputError{ErrClass: "usage", Msg: fmt.Sprintf(
			"--max-tokens %d leaves no room for --reasoning %s: %s thinks with at least %d tokens, which count", p.MaxTokens, level, t.Model, leastBudget)}
	default:
		n = min(n, max(p.MaxTokens/2, leastBudget))
	}
	req.Thinking = &messages.Thinking{Type: "enabled", Budget: n}
	if req.Temperature != nil && *req.Temperature != 1 {
		return &InputError{ErrClass: "usage", Msg: fmt.Sprintf("--temperature must be 1 with --reasoning %s on %s", level, t.Model)}
	}
	one := 1.0
	req.Temperature = &one
	return nil
}

// effort maps our levels to the wire's five.
func effort(level string) string {
	if level == "minimal" {
		return "low"
	}
	return level
}

// blocksFor gives the content as the target can take it: documents where it reads them, images itself or through the
// auxiliary vision model.
func (r *run) blocksFor(ctx context.Context, t Target) ([]messages.Block, error) {
	if pdf := r.in.media("application/pdf"); pdf != nil && !t.PDF {
		return nil, &InputError{ErrClass: "invalid_input", Msg: fmt.Sprintf("%s: %s of %s takes no PDF", pdf.name, t.Model, t.Provider)}
	}
	image := r.in.unseen(t)
	if image == nil {
		return slices.Clone(r.in.blocks), nil
	}
	if t.Vision == nil {
		return nil, &InputError{ErrClass: "invalid_input", Msg: fmt.Sprintf("%s: %s of %s takes no images; set auxiliary.vision.model in config.yaml", image.name, t.Model, t.Provider)}
	}
	return r.describeImages(ctx, t)
}

// unseen is the first image that the target cannot see, nil where it sees all.
func (g *gathered) unseen(t Target) *attachment {
	if t.Images {
		return nil
	}
	return g.media("image/")
}
