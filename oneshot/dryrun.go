package oneshot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"

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
	t.Vision = nil
	req, err := r.request(ctx, t)
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
		Input: output.Input{Bytes: r.in.bytes, SHA256: r.in.sum, Sources: r.in.sources}, TokensEst: tokensOf(r.in.bytes),
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

// dryHeaders names the header of the credential without asking for it: a dry run renews no login.
func dryHeaders(t Target) map[string]string {
	h := map[string]string{"content-type": "application/json", "accept": "text/event-stream", "anthropic-version": "2023-06-01"}
	for name := range t.Header {
		h[name] = t.Header.Get(name)
		if messages.SecretHeader(name) {
			h[name] = "****"
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
