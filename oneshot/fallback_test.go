package oneshot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// chain is a job for targets in order; those named after an error are resolved to it.
func chain(all ...any) Job {
	job := Job{Input: input.Sources{Args: []string{"hello"}, Mode: "never"}}
	for i, one := range all {
		t, _ := one.(Target)
		err, _ := one.(error)
		name := fmt.Sprint("p", i+1)
		t.Provider, t.Model, t.BaseURL = name, fmt.Sprint("m", i+1), "http://"+name+".example"
		if err != nil {
			t = Target{}
		}
		job.Targets = append(job.Targets, Candidate{Name: name, Resolve: func(context.Context) (Target, error) { return speaks(t), err }})
	}
	return job
}

var errLoggedOut = &input.Error{ErrClass: "not_logged_in", Msg: "not logged in to p"}

// TestFallbackOrder: which failures lead to the next target, what the events say of it, and which error stands when all fail.
func TestFallbackOrder(t *testing.T) {
	t.Parallel()
	unreachable := reply{gone: errors.New("connection refused")}
	for name, c := range map[string]struct {
		first, second any // a reply, or the error of resolving
		class         class.Class
		falls         string
		provider      string
	}{
		"a server error":                  {refuses(500), answers("hi"), "", "server_error", "p2"},
		"a rate limit":                    {refuses(429), answers("hi"), "", "rate_limit", "p2"},
		"an overload":                     {refuses(529), answers("hi"), "", "overloaded", "p2"},
		"the network":                     {unreachable, answers("hi"), "", "network", "p2"},
		"a refused key":                   {refuses(401), answers("hi"), "", "auth_refused", "p2"},
		"no login":                        {errLoggedOut, answers("hi"), "", "not_logged_in", "p2"},
		"a stream cut before text":        {reply{cut: true}, answers("hi"), "", "protocol", "p2"},
		"cut after line breaks alone":     {reply{pieces: []string{"\n"}, cut: true}, answers("hi"), "", "protocol", "p2"},
		"a bad request stands":            {refuses(400), nil, "invalid_request", "", "p1"},
		"a refusal stands":                {reply{stop: "refusal"}, nil, "refusal", "", "p1"},
		"an empty answer stands":          {reply{}, nil, "empty", "", "p1"},
		"a cut answer stands":             {reply{pieces: []string{"a"}, cut: true}, nil, "protocol", "", "p1"},
		"both fail":                       {refuses(429), refuses(500), "rate_limit", "rate_limit", "p1"},
		"the second has no login":         {refuses(500), errLoggedOut, "server_error", "server_error", "p1"},
		"the second knows no such model":  {refuses(500), refuses(404), "server_error", "server_error", "p1"},
		"the second's answer is cut":      {refuses(500), reply{pieces: []string{"a"}, cut: true}, "protocol", "server_error", "p2"},
		"the second refuses":              {refuses(500), reply{stop: "refusal"}, "refusal", "server_error", "p2"},
		"the second's answer is too long": {refuses(500), reply{pieces: []string{"a"}, stop: "max_tokens"}, "truncated", "server_error", "p2"},
		"the second's answer is empty":    {refuses(500), reply{}, "empty", "server_error", "p2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := perform(t, t.Context(), chain(scripted(t, c.first), scripted(t, c.second)))
			if c.class != "" {
				r.fails(t, c.class, "")
			} else if r.err != nil || r.stdout != "hi\n" {
				t.Errorf("%q %v", r.stdout, r.err)
			}
			if r.end.Provider != c.provider && !(c.provider == "p1" && c.first == any(errLoggedOut)) {
				t.Errorf("run.end names %s, want %s", r.end.Provider, c.provider)
			}
			told := r.all("fallback")
			if c.falls == "" {
				if len(told) > 0 {
					t.Errorf("told of %+v", told)
				}
				return
			}
			if len(told) != 1 || told[0].Class != c.falls {
				t.Fatalf("told of %+v", told)
			}
		})
	}
}

// scripted is what chain takes: an error of resolving, or a target that replies or is never asked.
func scripted(t *testing.T, one any) any {
	switch one := one.(type) {
	case reply:
		return Target{Transport: serve(t, one)}
	case error:
		return one
	}
	return Target{Transport: serve(t)}
}

// TestFallbackNames: the event names provider and model on both sides, also where no flag named the first.
func TestFallbackNames(t *testing.T) {
	t.Parallel()
	job := chain(Target{Transport: serve(t, refuses(500))}, Target{Transport: serve(t, answers("hi"))})
	job.Targets[0].Name = ""
	r := perform(t, t.Context(), job)
	if told := r.all("fallback"); len(told) != 1 || told[0].From != "p1/m1" || told[0].To != "p2/m2" {
		t.Errorf("told of %+v", told)
	}
	if r.start.Provider != "p1" || r.end.Provider != "p2" || r.end.Model != "served" || r.end.Attempts != 2 {
		t.Errorf("%+v\n%+v", r.start, r.end)
	}
}

// TestFallbackEnds: what ends the run while a fallback answers is the run's end, not the failure that led there.
func TestFallbackEnds(t *testing.T) {
	t.Parallel()
	why := &DeadlineError{time.Second}
	for name, c := range map[string]struct {
		second reply
		class  class.Class
		status string
		budget string
	}{
		"a signal":   {reply{hang: true}, "deadline", "cancelled", ""},
		"mid-answer": {reply{pieces: []string{"a"}, hang: true}, "deadline", "cancelled", ""},
		"a budget":   {answers(strings.Repeat("word ", 4000)), "budget", "partial", "0.001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				c.second.before = func(*http.Request) { time.AfterFunc(time.Minute, func() { stop(why) }) }
				price := bill.Price{Input: "1", Output: "1"}
				job := chain(Target{Transport: serve(t, refuses(500)), Price: price}, Target{Transport: serve(t, c.second), Price: price})
				job.Limits.MaxCost = c.budget
				r := perform(t, ctx, job)
				r.fails(t, c.class, "")
				if r.end.Status != c.status {
					t.Errorf("%+v", r.end)
				}
			})
		})
	}
}

// TestFallbackGetsTheWholeInput: what was cut for a small window is whole again for the next.
func TestFallbackGetsTheWholeInput(t *testing.T) {
	t.Parallel()
	small, large := serve(t, refuses(500)), serve(t, answers("hi"))
	job := chain(Target{Transport: small, Context: 100}, Target{Transport: large, Context: 100_000})
	job.Input.Args, job.Limits.OverLimit = []string{strings.Repeat("line\n", 1000)}, "head"
	if r := perform(t, t.Context(), job); r.err != nil {
		t.Fatal(r.err)
	}
	if n := len(parse(t, small.asked()[0]).texts()[0]); n > 300 {
		t.Errorf("the small window got %d bytes", n)
	}
	if got := parse(t, large.asked()[0]).texts()[0]; got != job.Input.Args[0] {
		t.Errorf("the large window got %d bytes", len(got))
	}
}

// TestFallbackAfterRetries: each target has its own retries, and the attempts of the run are numbered through.
func TestFallbackAfterRetries(t *testing.T) {
	t.Parallel()
	soon := reply{status: 500, header: map[string]string{"Retry-After-Ms": "1"}}
	job := chain(Target{Transport: serve(t, soon, soon)}, Target{Transport: serve(t, soon, answers("hi"))})
	job.Limits.Retries = 1
	r := perform(t, t.Context(), job)
	var attempts []int
	for _, e := range r.all("request.start") {
		attempts = append(attempts, e.Attempt)
	}
	if r.err != nil || fmt.Sprint(attempts) != "[1 2 3 4]" || r.end.Attempts != 4 || len(r.all("retry")) != 2 {
		t.Errorf("%v: attempts %v, %d retries, %+v", r.err, attempts, len(r.all("retry")), r.end)
	}
	if e := r.all("retry")[1]; e.Attempt != 3 || class.Class(e.Class) != class.ServerError {
		t.Errorf("%+v", e)
	}
}

// TestFallbackAdvice: the first target's error comes with the advice that was for it.
func TestFallbackAdvice(t *testing.T) {
	t.Parallel()
	job := chain(Target{Transport: serve(t, refuses(401))}, Target{Transport: serve(t, refuses(401))})
	asked := ""
	for i, c := range job.Targets {
		job.Targets[i].Resolve = func(ctx context.Context) (Target, error) {
			asked = c.Name
			return c.Resolve(ctx)
		}
	}
	job.Explain = func(err error) output.Failure { return Explain(err, asked) }
	r := perform(t, t.Context(), job)
	r.fails(t, "auth_refused", "401")
	if hint := r.end.Error.Hint; hint != "run: hermes auth add p1" {
		t.Errorf("advice %q", hint)
	}
}
