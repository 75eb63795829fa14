package oneshot

import (
	"context"
	"fmt"
	"strings"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/wire"
)

// request makes the wire's request of the input and the parameters that were set.
func (r *run) request(ctx context.Context, t Target) (*wire.Request, error) {
	p := r.job.Params
	req := &wire.Request{
		Model: t.Model, System: p.System, MaxTokens: p.MaxTokens, Temperature: p.Temperature, TopP: p.TopP, Stop: p.Stop,
		Reasoning: p.Reasoning, DefaultTokens: t.MaxTokens, Extra: t.Extra, Keep: r.job.Thread != nil,
	}
	if err := checkTemperature(t, p.Temperature); err != nil {
		return nil, err
	}
	if t.NoReasoning && p.Reasoning != "" {
		if p.Reasoning != "none" {
			return nil, &wire.Unsupported{Flag: "--reasoning", Reason: "cannot be set for " + t.Model}
		}
		req.Reasoning = ""
	}
	if r.job.Schema != nil {
		req.System = strings.TrimSpace(req.System + "\n\n" + contract(r.job.Schema.source))
		if t.HoldsSchema {
			req.Schema = r.job.Schema.source
		}
	}
	if err := checkTurns(t, r.in.Turns); err != nil {
		return nil, err
	}
	var err error
	if req.Tools, err = r.offered(t); err != nil {
		return nil, err
	}
	parts, err := r.partsFor(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, turn := range r.in.Turns {
		req.Turns = append(req.Turns, turn.For(t.origin()))
	}
	if len(parts) > 0 {
		req.Turns = append(req.Turns, wire.Turn{Role: wire.User, Parts: parts})
	}
	return req, nil
}

// checkTurns refuses a conversation with what the target cannot see. Its images are not described by another model: their
// place in the conversation is a part of what they mean.
func checkTurns(t Target, turns []wire.Turn) error {
	for _, turn := range turns {
		for _, p := range turn.Parts {
			if p.Kind == wire.PartImage && !t.Images || p.Kind == wire.PartDocument && !t.PDF {
				return &input.Error{ErrClass: class.InvalidInput, Msg: fmt.Sprintf("the conversation holds %s: %s of %s takes none", p.MediaType, t.Model, t.Provider)}
			}
		}
	}
	return nil
}

func checkTemperature(t Target, v *float64) error {
	if v == nil || t.MaxTemperature == 0 {
		return nil
	}
	if *v > t.MaxTemperature || *v <= 0 {
		return &input.Error{ErrClass: class.Usage, Msg: fmt.Sprintf("--temperature %v: %s takes more than 0 and at most %v", *v, t.Model, t.MaxTemperature)}
	}
	return nil
}

// partsFor gives the content as the target can take it: documents where it reads them, images itself or through the
// auxiliary vision model.
func (r *run) partsFor(ctx context.Context, t Target) ([]wire.Part, error) {
	if pdf := r.in.PDF(); pdf != nil && !t.PDF {
		return nil, &input.Error{
			ErrClass: class.InvalidInput, Msg: fmt.Sprintf("%s: %s of %s takes no PDF", pdf.Name, t.Model, t.Provider),
			Advice: "convert it to text first, or ask a model that takes PDF",
		}
	}
	image := r.unseen(t)
	if image != nil && t.Vision == nil {
		return nil, &input.Error{
			ErrClass: class.InvalidInput, Msg: fmt.Sprintf("%s: %s of %s takes no images", image.Name, t.Model, t.Provider),
			Advice: "set auxiliary.vision.model in config.yaml",
		}
	}
	if image != nil {
		return r.describeImages(ctx, t)
	}
	return r.in.Parts(), r.in.Fits(t.Protocol.Media())
}

// unseen is the first image that the target cannot see, nil where it sees all.
func (r *run) unseen(t Target) *input.Data {
	if t.Images {
		return nil
	}
	return r.in.Image()
}
