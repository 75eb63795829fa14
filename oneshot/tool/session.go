package tool

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Bounds hold what the calls of a run may take. 0 is no bound.
type Bounds struct {
	Turns, Calls int
	// Timeout is for one call.
	Timeout time.Duration
	// Result is the most bytes of a result's text.
	Result int
	// OnDenied is tell (the model hears of it and the run ends with tool_denied), stop (the run ends at once) or ok.
	OnDenied string
}

// What ends a run that gets nowhere.
const (
	mostRepeats  = 3 // equal calls with equal results
	mostFailures = 3 // turns in a row in which every call failed
	atOnce       = 8 // calls that run side by side
)

// BudgetError is a bound that ended a run.
type BudgetError struct{ Msg, Advice string }

func (e *BudgetError) Error() string { return e.Msg }

// Class is budget.
func (e *BudgetError) Class() string { return string(class.Budget) }

// Hint is what to do next.
func (e *BudgetError) Hint() string { return e.Advice }

// DeniedError is a run in which a call was denied.
type DeniedError struct{ Denials []Denial }

func (e *DeniedError) Error() string {
	d := e.Denials[0]
	more := ""
	if n := len(e.Denials) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("the model called %s, which was not run: %s%s", d.Name, d.Reason, more)
}

// Class is tool_denied.
func (e *DeniedError) Class() string { return string(class.ToolDenied) }

// Denial is a call that was not run because the policy does not allow it. Server is "" where it is not known.
type Denial struct{ Server, Name, Reason string }

// The ways a call ends.
const (
	StatusOK      = "ok"
	StatusError   = "error"   // the tool's own error, or none that came back from it
	StatusTimeout = "timeout" // after Bounds.Timeout
	StatusDenied  = "denied"  // not run: the policy
	StatusUnknown = "unknown" // not run: nobody has a tool of that name
	StatusInvalid = "invalid" // not run: the arguments do not fit its schema
)

// Called is a call as it begins, Answered as it is over. Server and Tool are "" where the call names no tool there is.
type (
	Called struct {
		ID, Server, Tool, Name string // Name is what the model wrote
		Arguments              json.RawMessage
	}
	Answered struct {
		Called
		Status   string
		Result   Result
		Duration time.Duration
	}
)

// Hearer hears of the calls of a run, in several goroutines at once.
type Hearer struct {
	Call   func(Called)
	Result func(Answered)
}

// Totals sum up the calls of a run.
type Totals struct {
	Calls, Failed int // that were run; results that are errors, calls that were not run included
	Denied        []Denial
	Took          time.Duration  // sum over the calls
	ByName        map[string]int // calls that were run, by the name that the model calls
}

// Session answers the calls of one run.
type Session struct {
	offer  Offer
	policy Policy
	bounds Bounds

	mu     sync.Mutex
	totals Totals

	asked    int // calls so far
	failures int // turns in a row
	seen     map[string]repeat
	serial   map[string]*sync.Mutex
}

type repeat struct {
	sum [sha256.Size]byte
	n   int
}

// NewSession begins the calls of a run.
func NewSession(p Policy, o Offer, b Bounds) *Session {
	s := &Session{offer: o, policy: p, bounds: b, seen: map[string]repeat{}, serial: map[string]*sync.Mutex{}}
	s.totals = Totals{ByName: map[string]int{}}
	for _, t := range o.Tools {
		if t.Serial && s.serial[t.Server] == nil {
			s.serial[t.Server] = new(sync.Mutex)
		}
	}
	return s
}

// Offer is what may be called.
func (s *Session) Offer() Offer { return s.offer }

// Totals are those so far.
func (s *Session) Totals() Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.totals
	t.Denied, t.ByName = slices.Clone(t.Denied), maps.Clone(t.ByName)
	return t
}

// Denied is the error of a run that had a call denied and went on, nil where it had none or those do not matter.
func (s *Session) Denied() error {
	if all := s.Totals().Denied; len(all) > 0 && s.bounds.OnDenied != "ok" {
		return &DeniedError{all}
	}
	return nil
}

// Answer runs the calls of a turn and gives their results, in the order of the calls. turns is how many turns the model had. What the
// model did wrong is told to it; the error, a *BudgetError, a *DeniedError or the cause of ctx, ends the run.
func (s *Session) Answer(ctx context.Context, turns int, calls []wire.Call, hear Hearer) ([]Answered, error) {
	if err := s.room(turns, len(calls)); err != nil {
		return nil, err
	}
	s.asked += len(calls)
	plans := make([]plan, len(calls))
	for i, c := range calls {
		if plans[i] = s.plan(c); plans[i].status == StatusDenied && s.bounds.OnDenied == "stop" {
			s.deny(plans[i])
			return nil, s.Denied()
		}
	}
	results := make([]Answered, len(calls))
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, p := range plans {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		hear.Call(p.Called)
		all.Go(func() {
			results[i] = s.answer(ctx, p)
			<-slots
			if ctx.Err() == nil {
				hear.Result(results[i])
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return results, s.judge(results)
}

// room holds a turn against the bounds before any of its calls is run.
func (s *Session) room(turns, calls int) error {
	switch b := s.bounds; {
	case b.Turns > 0 && turns >= b.Turns:
		return &BudgetError{fmt.Sprintf("after %d turns the model still calls tools", turns), "raise --max-turns, or ask for less"}
	case b.Calls > 0 && s.asked+calls > b.Calls:
		return &BudgetError{fmt.Sprintf("the model wants %d calls, and the run may have %d", s.asked+calls, b.Calls), "raise --max-tool-calls, or ask for less"}
	}
	return nil
}

// plan is what becomes of a call: it is run where status is "".
type plan struct {
	Called
	tool   Offered
	status string
	reason string
}

func (s *Session) plan(c wire.Call) plan {
	p := plan{Called: Called{ID: c.ID, Name: c.Name, Arguments: c.Arguments}}
	var err error
	p.tool, err = s.offer.Find(c.Name)
	p.Server, p.Tool = p.tool.Server, p.tool.Name
	switch {
	case err == ErrUnknown:
		p.status, p.reason = StatusUnknown, err.Error()+"; "+s.offer.names()
	case err != nil:
		p.status, p.reason = StatusDenied, err.Error()
	default:
		if p.reason = p.tool.invalid(c.Arguments); p.reason != "" {
			p.status = StatusInvalid
		} else if p.reason = s.policy.Check(p.tool.Tool, c.Arguments); p.reason != "" {
			p.status = StatusDenied
		}
	}
	return p
}

func (s *Session) deny(p plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.Denied = append(s.totals.Denied, Denial{p.Server, p.Name, p.reason})
}

// answer runs one call, or says why it is not run.
func (s *Session) answer(ctx context.Context, p plan) Answered {
	a := Answered{Called: p.Called, Status: p.status}
	switch p.status {
	case "":
		a = s.call(ctx, p)
	case StatusDenied:
		s.deny(p)
		fallthrough
	default:
		a.Result = Text("not run: "+p.reason, true)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.status == "" {
		s.totals.Calls++
		s.totals.ByName[p.tool.As]++
		s.totals.Took += a.Duration
	}
	if a.Result.Failed {
		s.totals.Failed++
	}
	return a
}

func (s *Session) call(ctx context.Context, p plan) Answered {
	if lock := s.serial[p.Server]; lock != nil {
		lock.Lock()
		defer lock.Unlock()
	}
	bound := ctx
	if s.bounds.Timeout > 0 {
		var stop context.CancelFunc
		bound, stop = context.WithTimeout(ctx, s.bounds.Timeout)
		defer stop()
	}
	a := Answered{Called: p.Called, Status: StatusOK}
	begun := time.Now()
	result, err := p.tool.Source.Call(bound, p.Tool, p.Arguments)
	a.Duration = time.Since(begun)
	switch {
	case err != nil && bound.Err() != nil && ctx.Err() == nil:
		a.Status, result = StatusTimeout, Text(fmt.Sprintf("no result came within %v; the call may have had its effect", s.bounds.Timeout), true)
	case err != nil:
		a.Status, result = StatusError, Text(err.Error(), true)
	case result.Failed:
		a.Status = StatusError
	}
	a.Result = result.fit(s.bounds.Result)
	return a
}

// judge ends a run that gets nowhere.
func (s *Session) judge(results []Answered) error {
	failed, turn := true, map[string]bool{}
	for _, a := range results {
		failed = failed && a.Result.Failed
		key := a.Name + "\x00" + string(a.Arguments)
		if turn[key] || a.Result.Failed {
			continue
		}
		turn[key] = true
		r := repeat{a.Result.sum(), 1}
		if before := s.seen[key]; before.sum == r.sum {
			r.n += before.n
		}
		if s.seen[key] = r; r.n >= mostRepeats {
			return &BudgetError{fmt.Sprintf("the model called %s %d times with the same arguments and got the same result", a.Name, r.n), "rephrase the prompt, or ask another model"}
		}
	}
	if !failed {
		s.failures = 0
		return nil
	}
	if s.failures++; s.failures >= mostFailures {
		last := results[len(results)-1]
		return &BudgetError{fmt.Sprintf("in %d turns in a row every call failed, the last of %s: %s", s.failures, last.Name, strings.Join(strings.Fields(last.Result.head(200)), " ")), "try the tool alone: hermes tool call"}
	}
	return nil
}
