package oneshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// call is one question to one model: the main one, or an auxiliary one beside it.
type call struct {
	target  Target
	req     *wire.Request
	sink    func([]byte) error
	restart func() bool // forgets what sink was given, for the answer is asked for again; false when it cannot
	purpose string      // empty for the main question; else vision, delegation or schema
	attempt int         // the run's number of the request under way

	calls *[]wire.Call // where the calls of the answer go; nil where none are offered
	kept  int64        // bytes of text that the sink was given
	bill  bill.Item    // what it costs
}

// counter numbers the requests of a run; auxiliary questions are asked side by side.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

func (c *counter) value() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (r *run) client(t Target) *wire.Client {
	l := r.job.Limits
	return &wire.Client{
		Protocol: t.Protocol, BaseURL: t.BaseURL, Header: t.Header, Secrets: t.Secrets, Token: t.Token, Transport: t.Transport,
		FirstByte: l.FirstByte, Idle: l.Idle, Retries: l.Retries, Trace: l.Trace,
		Pace: t.Pace, Patient: l.Patient, ForQuota: l.ForQuota,
	}
}

// ask puts the question, retries included, and gives each piece of text to the call's sink. It returns how the answer
// ended; the usage is on the bill already.
func (r *run) ask(ctx context.Context, c call) (wire.Result, error) {
	var result wire.Result
	if err := r.warn(c.target); err != nil {
		return result, err
	}
	c.bill = bill.Item{
		Model: c.target.Model, Price: c.target.Price, Auxiliary: c.purpose == purposeVision || c.purpose == purposeDelegation,
		Input: func() int64 { return bill.TokensIn(c.req, c.target.Protocol.Media().ImageTokens) },
	}
	if err := r.bill.Open(&c.bill); err != nil {
		return result, err
	}
	client := r.client(c.target)
	client.Restart, client.Tokens = c.restart, c.bill.Input
	for ev, err := range client.Stream(ctx, c.req) {
		if err == nil {
			err = r.handle(&c, ev, &result)
		}
		if err != nil {
			return result, err
		}
	}
	return result, nil
}

// warn emits the target's warnings, each once in the run.
func (r *run) warn(t Target) error {
	for _, w := range t.Warnings {
		if err := r.tell(w); err != nil {
			return err
		}
	}
	return nil
}

// tell emits a warning, once in the run.
func (r *run) tell(w output.Warning) error {
	fresh := false
	r.set(func(s *state) { fresh = !slices.Contains(s.told, w); s.told = append(s.told, w) })
	if !fresh {
		return nil
	}
	return r.em.Emit(w)
}

func (r *run) handle(c *call, ev wire.Event, result *wire.Result) error {
	switch ev.Kind {
	case wire.KindText:
		if err := r.keep(c, len(ev.Text)); err != nil {
			return err
		}
		if c.purpose == "" || c.purpose == purposeSchema {
			r.job.Progress.Answer(c.target.Model, bill.Tokens(c.kept))
		}
		if err := c.sink(ev.Text); err != nil {
			return err
		}
		return r.bill.Spend(&c.bill, len(ev.Text))
	case wire.KindPause:
		return r.em.Flush()
	case wire.KindReasoning:
		return r.reason(c, ev.Text)
	case wire.KindRequestStart:
		return r.requestStart(c, ev.Request)
	case wire.KindRetry:
		return r.retry(c, ev.Retry)
	case wire.KindRequestEnd:
		return r.requestEnd(c, ev.Request)
	case wire.KindCall:
		*c.calls = append(*c.calls, *ev.Call)
	case wire.KindDone:
		*result = *ev.Result
	}
	return nil
}

// keptAnswer bounds an answer that is kept until its end, in bytes.
const keptAnswer = 256 << 20

// keep counts what is kept of an answer, and ends one that would fill the memory or the disk. Text that goes out as it comes is not
// kept and has no bound.
func (r *run) keep(c *call, n int) error {
	limit := cmp.Or(r.job.Limits.Answer, keptAnswer)
	if c.kept += int64(n); c.kept <= limit {
		return nil
	}
	if c.purpose == "" && !r.holds() && !r.job.Keep && !r.em.Keeps() {
		return nil
	}
	return &AnswerError{
		ErrClass: class.Protocol, Msg: fmt.Sprintf("the answer is larger than %d MB, which is all that is kept of one until its end", limit>>20),
		Advice: "text on stdout without --atomic, --json and --events keeps nothing",
	}
}

// reason passes on the reasoning of the main model, not that of an auxiliary one.
func (r *run) reason(c *call, delta []byte) error {
	r.job.Progress.Await("thinking", c.target.Model, time.Time{})
	if c.purpose == "" || c.purpose == purposeSchema {
		if err := r.em.Reasoning(delta); err != nil {
			return err
		}
	}
	return r.bill.Spend(&c.bill, len(delta))
}

func (r *run) requestStart(c *call, i *wire.RequestInfo) error {
	if i.Attempt > 1 { // the first was opened before the credential was asked for
		if err := r.bill.Open(&c.bill); err != nil {
			return err
		}
	}
	c.attempt, c.kept = r.calls.next(), 0
	if c.calls != nil {
		*c.calls = nil // those of an attempt that failed are never run
	}
	r.job.Progress.Await("waiting for "+c.target.Provider, c.target.Model, time.Time{})
	return r.em.Emit(output.RequestStart{
		Attempt: c.attempt, Provider: c.target.Provider, Model: c.target.Model, URL: i.URL, Purpose: c.purpose,
	})
}

func (r *run) retry(c *call, i *wire.RetryInfo) error {
	r.job.Progress.Await("retry after "+string(i.Class), c.target.Model, i.At)
	return r.em.Emit(output.Retry{
		Attempt: c.attempt, Class: i.Class, HTTPStatus: i.HTTPStatus,
		DelayMS: i.Delay.Milliseconds(), RetryAt: &i.At, Source: i.Source,
	})
}

func (r *run) requestEnd(c *call, i *wire.RequestInfo) error {
	usage := usageOf(i.Usage)
	if i.Cached {
		c.bill.Price = bill.Price{Input: "0", Output: "0"}
	}
	r.bill.Charge(&c.bill, usage)
	r.set(func(s *state) { s.asked = s.asked || !i.Cached })
	end := output.RequestEnd{
		Attempt: c.attempt, Provider: c.target.Provider, Model: c.target.Model, Purpose: c.purpose,
		HTTPStatus: i.HTTPStatus, RequestID: i.RequestID, TTFBMS: ms(i.TTFB), TTFTMS: ms(i.TTFT),
		DurationMS: i.Duration.Milliseconds(), Usage: usage, Quota: quotaOf(i.Quota), Cached: i.Cached,
	}
	if c.purpose == "" {
		r.set(func(s *state) { s.timings.TTFBMS, s.timings.TTFTMS = end.TTFBMS, end.TTFTMS })
	}
	return r.em.Emit(end)
}

// ms is a duration in milliseconds, or nothing when it was not measured.
func ms(d time.Duration) *int64 {
	if d <= 0 {
		return nil
	}
	n := d.Milliseconds()
	return &n
}

func usageOf(u wire.Usage) *output.Usage {
	if u == (wire.Usage{}) {
		return nil
	}
	return &output.Usage{
		InputTokens: u.InputTokens, OutputTokens: u.OutputTokens, CacheReadTokens: u.CacheReadTokens,
		CacheWriteTokens: u.CacheWriteTokens, ReasoningTokens: u.ReasoningTokens,
		TotalTokens: u.InputTokens + u.OutputTokens + u.CacheReadTokens + u.CacheWriteTokens,
	}
}

func quotaOf(q wire.Quota) *output.Quota {
	if q == (wire.Quota{}) {
		return nil
	}
	return &output.Quota{Requests: allowanceOf(q.Requests), Tokens: allowanceOf(q.Tokens)}
}

func allowanceOf(a wire.Allowance) *output.Allowance {
	if a == (wire.Allowance{}) {
		return nil
	}
	told := &output.Allowance{Limit: a.Limit, Remaining: a.Remaining}
	if !a.ResetAt.IsZero() {
		told.ResetAt = new(a.ResetAt.UTC())
	}
	return told
}
