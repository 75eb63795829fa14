package oneshot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"hermes/oneshot/messages"
	"hermes/oneshot/output"
)

// preview is what --dry-run prints: the request as it would be sent, the credential left out, and who decided what.
type preview struct {
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	Settings  map[string]string `json:"settings"`
	Input     output.Input      `json:"input"`
	TokensEst int64             `json:"tokens_est"`
	CostEst   *string           `json:"cost_est_usd"`
}

// DryRun writes the request that Run would send first, and sends nothing.
func DryRun(ctx context.Context, job Job, w io.Writer) error {
	t, err := job.Targets[0].Resolve(ctx)
	if err != nil {
		return err
	}
	r := newRun(job, output.NewEmitter())
	if r.in, err = job.Input.read(ctx); err != nil {
		return err
	}
	if err := job.Params.check(); err != nil {
		return err
	}
	t, req, err := r.opening(ctx, t)
	if err != nil {
		return err
	}
	_, open := req.Body()
	body, err := io.ReadAll(open())
	if err != nil {
		return err
	}
	p := preview{
		URL: messages.Endpoint(t.BaseURL), Headers: dryHeaders(t), Body: body,
		Settings: map[string]string{
			"provider": fmt.Sprintf("%s (%s)", t.Provider, t.ProviderSource),
			"model":    fmt.Sprintf("%s (%s)", t.Model, t.ModelSource),
		},
		Input: output.Input{Bytes: r.in.bytes, SHA256: r.in.sum, Sources: r.in.sources}, TokensEst: tokensIn(req),
	}
	maps.Copy(p.Settings, t.Settings)
	if cost := t.Price.cost(output.Usage{InputTokens: p.TokensEst}); cost != nil {
		p.CostEst = usd(cost)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}

// opening is the first request of a run, and to whom: a helper where one has to be asked before the target can be.
func (r *run) opening(ctx context.Context, t Target) (Target, *messages.Request, error) {
	long, room, err := r.over(t)
	if err != nil {
		return t, nil, err
	}
	if long != nil && r.job.Limits.OverLimit == "map-reduce" {
		aux, parts, err := r.parts(ctx, t, long, room)
		if err != nil {
			return aux, nil, err
		}
		return aux, plain(aux, r.partBlocks(0, len(parts), parts[0])), nil
	}
	if long != nil {
		if err := r.shorten(ctx, t, long, room); err != nil {
			return t, nil, err
		}
	}
	if image := r.in.unseen(t); image != nil && t.Vision != nil {
		eye, err := t.eye(ctx)
		return eye, plain(eye, question(image)), err
	}
	req, err := r.request(ctx, t)
	return t, req, err
}

// dryHeaders names the header of the credential without asking for it: a dry run renews no login.
func dryHeaders(t Target) map[string]string {
	h := map[string]string{"content-type": "application/json", "accept": "text/event-stream", "anthropic-version": "2023-06-01"}
	for name := range t.Header {
		shown := strings.ToLower(name)
		h[shown] = t.Header.Get(name)
		if messages.SecretHeader(name) || slices.Contains(t.Secrets, h[shown]) {
			h[shown] = "****"
		}
	}
	switch t.Scheme {
	case messages.Bearer:
		h["authorization"] = "Bearer ****"
	case messages.APIKey:
		h["x-api-key"] = "****"
	}
	return h
}
