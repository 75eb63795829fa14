package oneshot

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"hermes/oneshot/bill"
	"hermes/oneshot/output"
)

// one dollar per million tokens, in and out.
var dollar = bill.Price{Input: "1", Output: "1"}

func usage(in, out int) string { return fmt.Sprintf(`"input_tokens":%d,"output_tokens":%d`, in, out) }

// TestCostOfRun: what run.end says a run has cost, and on what ground.
func TestCostOfRun(t *testing.T) {
	t.Parallel()
	cached := `"input_tokens":1000,"output_tokens":500,"cache_read_input_tokens":200,"cache_creation_input_tokens":300`
	for name, c := range map[string]struct {
		price bill.Price
		usage string
		cost  string
		basis string
	}{
		"a table":                     {dollar, usage(1000, 500), "0.0015", "table"},
		"no price":                    {bill.Price{}, usage(1000, 500), "", "unknown"},
		"half a price":                {bill.Price{Input: "1"}, usage(1000, 500), "", "unknown"},
		"a free model":                {bill.Price{Input: "0", Output: "0"}, usage(1000, 500), "0.00", "table"},
		"a plan":                      {bill.Price{Plan: true}, usage(1000, 500), "0.00", "plan"},
		"cache without a price":       {dollar, cached, "0.002", "table"},
		"cache with prices":           {bill.Price{Input: "1", Output: "1", CacheRead: "0.1", CacheWrite: "2"}, cached, "0.00212", "table"},
		"long by input and cache":     {bill.Price{Input: "1", Output: "1", LongOver: 1400, Long: &bill.Price{Input: "2", Output: "4"}}, cached, "0.005", "table"},
		"just not long":               {bill.Price{Input: "1", Output: "1", LongOver: 1500, Long: &bill.Price{Input: "2", Output: "4"}}, cached, "0.002", "table"},
		"as many decimals as a token": {bill.Price{Input: "0.000001", Output: "0"}, usage(1, 1), "0.000000000001", "table"},
		"usage that was never told":   {dollar, `"input_tokens":0`, "", "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rep := answers("hi")
			rep.usage = c.usage
			r := perform(t, t.Context(), asks(Target{Transport: serve(t, rep), Price: c.price}))
			if r.err != nil || r.end.CostBasis != c.basis || (r.end.CostUSD == nil) != (c.cost == "") || c.cost != "" && *r.end.CostUSD != c.cost {
				t.Errorf("%v: cost %v, basis %s, want %s, %s", r.err, r.end.CostUSD, r.end.CostBasis, c.cost, c.basis)
			}
		})
	}
}

// TestCostOfAllRequests: retries and refused attempts are on the bill when the server counts them; a request that
// answered without a count makes the sum unknown instead of too small.
func TestCostOfAllRequests(t *testing.T) {
	t.Parallel()
	schema, err := NewSchema("s", []byte(`{"type":"integer"}`))
	if err != nil {
		t.Fatal(err)
	}
	counted, silent := answers("no"), answers("no")
	counted.usage, silent.usage = usage(100, 10), `"input_tokens":0`
	good := answers("3")
	good.usage = usage(200, 20)
	for name, c := range map[string]struct {
		first reply
		want  string
	}{"both told": {counted, "0.00033"}, "one did not tell": {silent, ""}} {
		job := asks(Target{Transport: serve(t, c.first, good), Price: dollar})
		job.Schema, job.SchemaRetries = schema, 1
		r := perform(t, t.Context(), job)
		if r.err != nil || (c.want == "") != (r.end.CostUSD == nil) || c.want != "" && *r.end.CostUSD != c.want {
			t.Errorf("%s: %v, %+v", name, r.err, r.end)
		}
		if name == "both told" && (r.end.Usage.InputTokens != 300 || r.end.Usage.OutputTokens != 30 || r.end.Usage.TotalTokens != 330) {
			t.Errorf("%+v", r.end.Usage)
		}
	}
}

// TestBudget: --max-cost refuses what is too dear before it is sent, and stops what becomes so; what fits is let be.
func TestBudget(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 8000) // 10,000 tokens as they are estimated
	none := func(*Job) {}
	for name, c := range map[string]struct {
		max    string
		reply  *reply
		change func(*Job)
		status string // empty: whole
		part   string
	}{
		"the input alone":      {"0.009", nil, func(j *Job) { j.Input.Args = []string{long} }, "error", "with the input alone the run would cost about 0.01"},
		"the system prompt":    {"0.009", nil, func(j *Job) { j.Params.System = long }, "error", "the input alone"},
		"no price":             {"1", nil, func(j *Job) { j.Targets = asks(Target{}).Targets }, "error", "prices.m"},
		"a plan costs nothing": {"0", &reply{pieces: []string{long}}, func(j *Job) { j.Targets = asks(Target{Price: bill.Price{Plan: true}}).Targets }, "", ""},
		"the answer":           {"0.009", &reply{pieces: []string{"a", long}}, none, "partial", "with the answer so far the run has cost about 0.01"},
		"the reasoning":        {"0.009", &reply{pieces: []string{"think:" + long, "a"}}, none, "error", "over the budget of 0.009"},
		"an answer within":     {"0.011", &reply{pieces: []string{"a", long}}, none, "", ""},
		"an image is no text":  {"0.009", &reply{pieces: []string{"a cat"}}, func(j *Job) { attaches(t, j, png(400_000)) }, "", ""},
		"what --over-limit cut": {"0.001", &reply{pieces: []string{"a"}}, func(j *Job) {
			j.Input.Args, j.Limits.OverLimit = []string{long}, "head"
			j.Targets = asks(Target{Price: dollar, Context: 1000}).Targets
		}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			if c.reply != nil {
				s = serve(t, *c.reply)
			}
			job := asks(Target{Price: dollar, Images: true})
			c.change(&job)
			over(&job, s)
			job.Limits.MaxCost = c.max
			r := perform(t, t.Context(), job)
			if c.status == "" {
				if r.err != nil {
					t.Error(r.err)
				}
				return
			}
			r.fails(t, "budget", c.part)
			if r.end.Status != c.status || r.end.FinishReason != "budget" || (c.reply == nil) != (r.end.Attempts == 0) {
				t.Errorf("%+v", r.end)
			}
		})
	}
}

// over lets a server answer all targets of a job.
func over(job *Job, s *server) {
	for i, c := range job.Targets {
		job.Targets[i].Resolve = func(ctx context.Context) (Target, error) {
			t, err := c.Resolve(ctx)
			t.Transport = s
			return t, err
		}
	}
}

// TestBudgetOfSchemaAnswers: each token of an answer counts once, also where the answer is held back and where a turn
// precedes it.
func TestBudgetOfSchemaAnswers(t *testing.T) {
	t.Parallel()
	schema, err := NewSchema("s", []byte(`{"type":"string"}`))
	if err != nil {
		t.Fatal(err)
	}
	long := `"` + strings.Repeat("word ", 8000) + `"`
	good, bad := answers(long), answers("{"+long+":1}")
	good.usage, bad.usage = usage(100, 10_000), usage(100, 10_000)
	for name, c := range map[string]struct {
		replies []reply
		max     string
		part    string
	}{
		"one turn within":                  {[]reply{good}, "0.011", ""},
		"two turns within":                 {[]reply{bad, good}, "0.032", ""}, // the second carries the first answer
		"the second turn is not sent":      {[]reply{bad}, "0.015", "the input alone"},
		"the second turn is stopped":       {[]reply{bad, good}, "0.025", "with the answer so far"},
		"the first turn is stopped midway": {[]reply{bad}, "0.005", "with the answer so far"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := asks(Target{Transport: serve(t, c.replies...), Price: dollar})
			job.Schema, job.SchemaRetries, job.Limits.MaxCost = schema, 1, c.max
			r := perform(t, t.Context(), job)
			if c.part == "" {
				if r.err != nil {
					t.Error(r.err)
				}
				return
			}
			r.fails(t, "budget", c.part)
			if r.stdout != "" {
				t.Errorf("stdout got %d bytes", len(r.stdout))
			}
		})
	}
}

// TestBudgetOfHelpers: the requests of auxiliary models count, before and while they are asked.
func TestBudgetOfHelpers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 8000)
	for name, c := range map[string]struct {
		price  bill.Price
		max    string
		viewer []reply
		part   string
	}{
		"too dear to ask": {bill.Price{Input: "100", Output: "100"}, "0.001", nil, "the input alone"},
		"no price":        {bill.Price{}, "1", nil, "prices.viewer"},
		"stopped midway":  {dollar, "0.005", []reply{answers("a", long)}, "over the budget of 0.005"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			viewer := Target{Provider: "h", Model: "viewer", BaseURL: "http://viewer.example", Images: true, Price: c.price, Transport: serve(t, c.viewer...)}
			job := asks(Target{Transport: serve(t), Price: dollar, Vision: func(context.Context) (Target, error) { return viewer, nil }})
			attaches(t, &job, png(40_000))
			job.Limits.MaxCost = c.max
			r := perform(t, t.Context(), job)
			r.fails(t, "budget", c.part)
			if r.end.Attempts != len(c.viewer) {
				t.Errorf("%d requests", r.end.Attempts)
			}
		})
	}
}

// TestMaxCost: run.start repeats the amount as the schema wants money.
func TestMaxCost(t *testing.T) {
	t.Parallel()
	job := asks(Target{Transport: serve(t, answers("hi")), Price: dollar})
	job.Limits.MaxCost = ".5"
	r := perform(t, t.Context(), job)
	if r.err != nil || r.start.Limits.MaxCostUSD == nil || *r.start.Limits.MaxCostUSD != "0.50" {
		t.Errorf("%v: %+v", r.err, r.start.Limits)
	}
	job.Limits.MaxCost = "much"
	job.Targets = asks(Target{Transport: serve(t)}).Targets
	perform(t, t.Context(), job).fails(t, "usage", "much")
}

// TestUsageByModel: the counts of a run add up, by model and with the helpers' share.
func TestUsageByModel(t *testing.T) {
	t.Parallel()
	seen, final := answers("a cat"), answers("yes")
	seen.usage, final.usage = usage(100, 10), usage(20, 2)
	viewer := Target{Provider: "h", Model: "viewer", BaseURL: "http://viewer.example", Images: true, Price: dollar, Transport: serve(t, seen)}
	job := asks(Target{Transport: serve(t, final), Price: bill.Price{Plan: true}, Vision: func(context.Context) (Target, error) { return viewer, nil }})
	attaches(t, &job, png(100))
	r := perform(t, t.Context(), job)
	u := r.end.Usage
	if r.err != nil || u.InputTokens != 120 || u.OutputTokens != 12 || u.TotalTokens != 132 || u.Auxiliary == nil || u.Auxiliary.TotalTokens != 110 {
		t.Errorf("%v: %+v", r.err, u)
	}
	if len(u.ByModel) != 2 || u.ByModel["viewer"].TotalTokens != 110 || u.ByModel["m"].TotalTokens != 22 {
		t.Errorf("%+v", u.ByModel)
	}
	if *r.end.CostUSD != "0.00011" || r.end.CostBasis != output.CostTable {
		t.Errorf("%s by %s", *r.end.CostUSD, r.end.CostBasis)
	}
}
