package oneshot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"hermes/oneshot/bill"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// preview is what --dry-run prints: the request as it would be sent, the credential left out, and who decided what.
type preview struct {
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers"`
	Body     json.RawMessage   `json:"body"`
	Settings map[string]string `json:"settings"`
	Input    output.Input      `json:"input"`
	// Tools are those that the model could call, Skipped what is said of others.
	Tools     []output.ListedTool `json:"tools,omitempty"`
	Skipped   []string            `json:"tools_skipped,omitempty"`
	TokensEst int64               `json:"tokens_est"`
	CostEst   *string             `json:"cost_est_usd"`
}

// DryRun writes the request that Run would send first, and sends nothing.
func DryRun(ctx context.Context, job Job, w io.Writer) error {
	r, t, req, err := prepare(ctx, job)
	if err != nil {
		return err
	}
	url, err := wire.Endpoint(t.Protocol, t.BaseURL, req)
	if err != nil {
		return err
	}
	encoded, err := t.Protocol.Encode(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(encoded.Open())
	if err != nil {
		return err
	}
	p := preview{
		URL: wire.Shown(url), Headers: dryHeaders(t), Body: body,
		Settings: map[string]string{
			"provider": fmt.Sprintf("%s (%s)", t.Provider, t.ProviderSource),
			"model":    fmt.Sprintf("%s (%s)", t.Model, t.ModelSource),
		},
		Input: r.in.Told(), TokensEst: bill.TokensIn(req, t.Protocol.Media().ImageTokens),
	}
	maps.Copy(p.Settings, t.Settings)
	p.Tools = r.listed()
	for _, w := range r.told {
		if w.Code == toolSkipped {
			p.Skipped = append(p.Skipped, w.Message)
		}
	}
	if cost := t.Price.Cost(output.Usage{InputTokens: p.TokensEst}); cost != nil {
		p.CostEst = new(bill.USD(cost))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}

// prepare makes the request that Run would send first, and tells to whom, and the run that made it.
func prepare(ctx context.Context, job Job) (*run, Target, *wire.Request, error) {
	r := newRun(job, output.NewEmitter())
	t, err := job.Targets[0].Resolve(ctx)
	if err != nil {
		return r, t, nil, err
	}
	if r.in, err = job.Input.Read(ctx); err != nil {
		return r, t, nil, err
	}
	if err := job.Params.check(); err != nil {
		return r, t, nil, err
	}
	if err := r.startTools(ctx)(); err != nil {
		return r, t, nil, err
	}
	t, req, err := r.opening(ctx, t)
	return r, t, req, err
}

// Question is the one request that Run would send to the first target, for who sends it in another way. What takes more than one
// request is refused: a helper that looks at images first, input in parts.
func Question(ctx context.Context, job Job) (Target, *wire.Request, error) {
	if job.Tools != nil {
		return Target{}, nil, misuse("--tools, or oneshot.tools_allowed of config.yaml, takes more than one request")
	}
	target := job.Targets[0]
	job.Targets = []Candidate{{Name: target.Name, Resolve: func(ctx context.Context) (Target, error) {
		t, err := target.Resolve(ctx)
		t.Vision, t.Delegate = nil, nil
		return t, err
	}}}
	if job.Limits.OverLimit == "map-reduce" {
		job.Limits.OverLimit = "fail"
	}
	_, t, req, err := prepare(ctx, job)
	return t, req, err
}

// opening is the first request of a run, and to whom: a helper where one has to be asked before the target can be.
func (r *run) opening(ctx context.Context, t Target) (Target, *wire.Request, error) {
	long, room, err := r.over(t)
	if err != nil {
		return t, nil, err
	}
	if long != nil && r.job.Limits.OverLimit == "map-reduce" {
		aux, parts, err := r.parts(ctx, t, long, room)
		if err != nil {
			return aux, nil, err
		}
		return aux, plain(aux, r.partQuestion(0, len(parts), parts[0])), nil
	}
	if long != nil {
		if err := r.shorten(ctx, t, long, room); err != nil {
			return t, nil, err
		}
	}
	if image := r.unseen(t); image != nil && t.Vision != nil {
		helper, err := r.visionTarget(ctx, t)
		return helper, plain(helper, question(image)), err
	}
	req, err := r.request(ctx, t)
	return t, req, err
}

// dryHeaders names the header of the credential without asking for it: a dry run renews no login.
func dryHeaders(t Target) map[string]string {
	credential := ""
	if t.Token != nil {
		credential = "****"
	}
	h := t.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	for name := range h {
		if wire.SecretHeader(name) || slices.Contains(t.Secrets, h.Get(name)) {
			h.Set(name, "****")
		}
	}
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "text/event-stream")
	t.Protocol.Header(h, credential)
	shown := map[string]string{}
	for name := range h {
		shown[strings.ToLower(name)] = h.Get(name)
	}
	return shown
}
