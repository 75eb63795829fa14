package oneshot

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hermes/oneshot/output"
	"hermes/oneshot/tool"
	"hermes/oneshot/wire"
)

// Tools are what the model of a run may call. Several runs may share them: the rows of a batch.
type Tools struct {
	policy tool.Policy
	bounds tool.Bounds
	open   func(context.Context) ([]tool.Source, error)
	outer  *Tools // that these are a part of; nil for none

	once    sync.Once
	sources []tool.Source
	offer   tool.Offer
	err     error
}

// NewTools are the tools that the policy allows. open starts its sources; it is called once, by the first run.
func NewTools(p tool.Policy, b tool.Bounds, open func(context.Context) ([]tool.Source, error)) *Tools {
	return &Tools{policy: p, bounds: b, open: open}
}

// Start starts the sources at the first call and gives what they offer. Its error ends a run before any request.
func (t *Tools) Start(ctx context.Context) (tool.Offer, error) {
	t.once.Do(func() {
		if t.outer != nil {
			if t.offer, t.err = t.outer.Start(ctx); t.err == nil {
				t.offer, t.err = t.policy.Narrow(t.offer)
			}
			return
		}
		if t.sources, t.err = t.open(ctx); t.err == nil {
			t.offer, t.err = t.policy.Gather(ctx, t.sources)
		}
	})
	return t.offer, t.err
}

// Narrow are the tools as far as further words of --tools allow them, too: those of a row, which can allow no more than the line. What
// was started is shared.
func (t *Tools) Narrow(words []string) (*Tools, error) {
	p, err := tool.NewPolicy(words, nil)
	if err != nil {
		return nil, misuse("%v", err)
	}
	return &Tools{policy: p.Within(t.policy), bounds: t.bounds, outer: t}, nil
}

// Words say what is allowed and denied; none without tools.
func (t *Tools) Words() []string {
	if t == nil {
		return nil
	}
	return t.policy.Words()
}

// Close ends what was started. No run may use the tools any more.
func (t *Tools) Close() {
	if t == nil {
		return
	}
	t.once.Do(func() {})
	var all sync.WaitGroup
	for _, s := range t.sources {
		all.Go(func() { _ = s.Close() })
	}
	all.Wait()
}

// startTools begins to start the sources, while the input is still being read. The returned function waits for them, and begins
// the calls of the run.
func (r *run) startTools(ctx context.Context) (ready func() error) {
	if r.job.Tools == nil {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	var offer tool.Offer
	go func() {
		var err error
		offer, err = r.job.Tools.Start(ctx)
		done <- err
	}()
	return func() error {
		r.job.Progress.Set("starting tools")
		select {
		case err := <-done:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		s := tool.NewSession(r.job.Tools.policy, offer, r.job.Tools.bounds)
		r.set(func(st *state) { st.session = s })
		return r.listTools(offer)
	}
}

// listTools tells of what is offered, and of what cannot be.
func (r *run) listTools(offer tool.Offer) error {
	if err := r.em.Emit(output.ToolList{Tools: r.listed(), Denied: len(offer.Denied)}); err != nil {
		return err
	}
	lines := offer.Skipped
	if len(offer.Tools) == 0 {
		lines = append(slices.Clone(lines), "the servers that --tools names offer no tool")
	}
	for _, line := range lines {
		if err := r.tell(output.Warning{Code: toolSkipped, Message: line}); err != nil {
			return err
		}
	}
	return nil
}

// listed are the tools as events tell of them; nil without any.
func (r *run) listed() []output.ListedTool {
	if r.session == nil {
		return nil
	}
	list := []output.ListedTool{}
	for _, t := range r.session.Offer().Tools {
		list = append(list, output.ListedTool{Name: t.As, Server: t.Server, Tool: t.Name, ReadOnly: t.ReadOnly})
	}
	return list
}

// toolSkipped is the code of a warning about a tool that is not offered.
const toolSkipped = "tool_skipped"

// offered are the tools of a request to a target. A tool that its server would refuse is left out, and told.
func (r *run) offered(t Target) ([]wire.Tool, error) {
	if r.session == nil {
		return nil, nil
	}
	var all []wire.Tool
	for _, o := range r.session.Offer().Tools {
		schema, err := t.Protocol.Arguments(o.Schema)
		if err != nil {
			if err := r.tell(output.Warning{Code: toolSkipped, Message: fmt.Sprintf("%s is not offered to %s: %v", o.As, t.Model, err)}); err != nil {
				return nil, err
			}
			continue
		}
		all = append(all, wire.Tool{Name: o.As, Description: tool.Visible(o.Description), Schema: schema})
	}
	return all, nil
}

// callTools runs the calls of a turn and gives their results as the parts that go back.
func (c *conversation) callTools(ctx context.Context) ([]wire.Part, error) {
	if err := c.em.Flush(); err != nil {
		return nil, err
	}
	ids := slices.Clone(c.calls) // those of the events: Gemini before 3 sends none
	for i := range ids {
		if ids[i].ID == "" {
			ids[i].ID = fmt.Sprintf("call_%d_%d", c.turns, i)
		}
	}
	results, err := c.session.Answer(ctx, c.turns, ids, tool.Hearer{Call: c.called, Result: c.answered})
	if err != nil {
		return nil, err
	}
	var parts []wire.Part
	for i, a := range results {
		parts = append(parts, c.resultPart(&c.calls[i], a.Result))
	}
	return parts, nil
}

func (c *conversation) called(call tool.Called) {
	c.job.Progress.Set("running " + call.Name)
	_ = c.em.Emit(output.ToolCall{ID: call.ID, Server: call.Server, Name: call.Name, Arguments: call.Arguments})
}

// mostShown bounds the text of a tool.result, in bytes.
const mostShown = 2_000

func (c *conversation) answered(a tool.Answered) {
	sum := a.Result.Sum()
	text := a.Result.Plain()
	if len(text) > mostShown {
		text = []byte(strings.ToValidUTF8(string(text[:mostShown]), ""))
	}
	_ = c.em.Emit(output.ToolResult{
		ID: a.ID, Server: a.Server, Name: a.Name, Status: a.Status, Bytes: a.Result.Size(), SHA256: hex.EncodeToString(sum[:]),
		DurationMS: a.Duration.Milliseconds(), Text: string(text),
	})
}

// resultPart is a result as it goes back to the model. Media that its server does not take are named in the text.
func (c *conversation) resultPart(call *wire.Call, r tool.Result) wire.Part {
	p := wire.Part{Kind: wire.PartCallResult, Call: call, Failed: r.Failed}
	media := c.target.Protocol.Media()
	text := r.Plain()
	for _, m := range r.Parts {
		switch {
		case m.Kind == wire.PartText:
		case m.Kind == wire.PartImage && c.target.Images && media.Results && (media.Image == 0 || int64(len(m.Data)) <= media.Image):
			p.Media = append(p.Media, m)
		default:
			text = fmt.Appendf(text, "\n[%s of %d bytes, which this model is not shown]", m.MediaType, len(m.Data))
		}
	}
	p.Text = [][]byte{text}
	return p
}

// toolTotals are those of the run so far; nil where no tools were asked for.
func (s *state) toolTotals() *output.ToolTotals {
	if s.session == nil {
		return nil
	}
	t := s.session.Totals()
	out := &output.ToolTotals{
		Offered: len(s.session.Offer().Tools), Calls: t.Calls, Failed: t.Failed, DurationMS: t.Took.Milliseconds(), ByName: t.ByName,
		Denied: []output.ToolDenial{},
	}
	for _, d := range t.Denied {
		out.Denied = append(out.Denied, output.ToolDenial{Server: d.Server, Name: d.Name, Reason: d.Reason})
	}
	return out
}
