package oneshot

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
)

// TestVerdict: only a whole, non-empty answer is a success; what each other one is called, and what became of its text.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply  reply
		class  class.Class
		status string
		finish string
		text   string
		stdout string
	}{
		"whole":                   {answers("hi", " there"), "", "ok", "stop", "hi there", "hi there\n"},
		"a newline of its own":    {answers("hi\n"), "", "ok", "stop", "hi\n", "hi\n"},
		"empty lines first":       {answers("\n", "\n\nhi"), "", "ok", "stop", "hi", "hi\n"},
		"white space is kept":     {answers("\n  hi"), "", "ok", "stop", "  hi", "  hi\n"},
		"a stop sequence":         {reply{pieces: []string{"hi"}, stop: "stop_sequence"}, "", "ok", "stop_sequence", "hi", "hi\n"},
		"a word never heard of":   {reply{pieces: []string{"hi"}, stop: "tired"}, "protocol", "partial", "error", "hi", "hi\n"},
		"a pause":                 {reply{pieces: []string{"hi"}, stop: "pause_turn"}, "protocol", "partial", "pause", "hi", "hi\n"},
		"a tool and some text":    {reply{pieces: []string{"hi"}, stop: "tool_use"}, "protocol", "partial", "tool_use", "hi", "hi\n"},
		"nothing":                 {reply{}, "empty", "error", "stop", "", ""},
		"reasoning alone":         {answers("think:hm"), "empty", "error", "stop", "", ""},
		"line breaks alone":       {answers("\n", "\n"), "empty", "error", "stop", "", ""},
		"white space alone":       {answers(" ", "\t"), "empty", "partial", "stop", " \t", " \t\n"},
		"a tool and no text":      {reply{stop: "tool_use"}, "protocol", "error", "tool_use", "", ""},
		"cut at max_tokens":       {reply{pieces: []string{"hi"}, stop: "max_tokens"}, "truncated", "partial", "length", "hi", "hi\n"},
		"cut before any text":     {reply{stop: "max_tokens"}, "truncated", "error", "length", "", ""},
		"a refusal":               {reply{pieces: []string{"no"}, stop: "refusal"}, "refusal", "partial", "refusal", "no", "no\n"},
		"a refusal without words": {reply{stop: "refusal"}, "refusal", "error", "refusal", "", ""},
		"a full window":           {reply{pieces: []string{"hi"}, stop: "model_context_window_exceeded"}, "context_length", "partial", "context", "hi", "hi\n"},
		"a stream that broke off": {reply{pieces: []string{"hi"}, cut: true}, "protocol", "partial", "error", "hi", "hi\n"},
		"one that never began":    {reply{cut: true}, "protocol", "error", "error", "", ""},
		"a bad request":           {refuses(400), "invalid_request", "error", "error", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := perform(t, t.Context(), asks(Target{Transport: serve(t, c.reply)}))
			if c.class != "" {
				r.fails(t, c.class, "")
			}
			text := ""
			if r.end.Text != nil {
				text = *r.end.Text
			}
			if r.end.Status != c.status || r.end.FinishReason != c.finish || text != c.text || (r.end.Text == nil) != (c.text == "") {
				t.Errorf("%+v, text %q", r.end, text)
			}
			if r.stdout != c.stdout {
				t.Errorf("stdout %q, want %q", r.stdout, c.stdout)
			}
			var deltas strings.Builder
			for _, e := range r.all("text.delta") {
				deltas.WriteString(e.Text)
			}
			if deltas.String() != c.text {
				t.Errorf("the deltas are %q", deltas.String())
			}
		})
	}
}

// TestRunEnd: who answered, how often was asked, what it used, how long it took.
func TestRunEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		later := reply{status: 503, header: map[string]string{"Retry-After": "3", "Request-Id": "r1"}}
		job := asks(Target{Transport: serve(t, later, answers("think:hm", "hi")), Price: dollar, ProviderSource: "a flag", ModelSource: "the default"})
		job.Version = "1.2.3"
		job.Params.MaxTokens = 7
		job.Limits = Limits{Retries: 1, Connect: time.Second, FirstByte: 2 * time.Second, Idle: 3 * time.Second}
		r := perform(t, t.Context(), job)
		if r.err != nil {
			t.Fatal(r.err)
		}
		if l := r.start.Limits; l.Retries != 1 || l.ConnectTimeoutMS != 1000 || l.FirstByteTimeoutMS != 2000 || l.IdleTimeoutMS != 3000 || l.DeadlineMS != nil || *l.MaxTokens != 7 {
			t.Errorf("%+v", l)
		}
		var kinds []string
		for _, e := range r.events {
			kinds = append(kinds, e.Type)
		}
		if got := strings.Join(kinds, " "); got != "run.start request.start request.end retry request.start reasoning.delta text.delta request.end run.end" {
			t.Error(got)
		}
		e := r.end
		if e.Provider != "p" || e.Model != "served" || e.Attempts != 2 || e.Usage.TotalTokens != 15 || e.Timings.DurationMS < 3000 || e.Timings.DurationMS > 4000 || *e.CostUSD != "0.000015" {
			t.Errorf("%+v", e)
		}
	})
}

// failing is a writer that takes a few bytes.
type failing struct {
	room int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, f.err
	}
	return len(p), nil
}

// TestOneOfTheSinksFails: the run ends, with the class of the sink's error; the other sinks still get their end.
func TestOneOfTheSinksFails(t *testing.T) {
	t.Parallel()
	full, gone := syscall.ENOSPC, syscall.EPIPE
	for name, c := range map[string]struct {
		stdout, events *failing
		asked          bool
		class          class.Class
		cancelled      bool
	}{
		"a full disk":             {&failing{0, full}, &failing{1 << 20, nil}, true, "io", false},
		"a reader that left":      {&failing{2, gone}, &failing{1 << 20, nil}, true, "pipe_closed", true},
		"no place for run.start":  {&failing{1 << 20, nil}, &failing{0, full}, false, "io", false},
		"the events' reader left": {&failing{1 << 20, nil}, &failing{1000, gone}, true, "pipe_closed", true},
		"both":                    {&failing{0, gone}, &failing{1000, full}, true, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			if c.asked {
				s = serve(t, answers("hi", " there", " you"))
			}
			var told locked
			var ends []output.RunEnd
			em := output.NewEmitter(&output.Sink{Name: "stdout", Encoder: output.NewText(c.stdout, output.TextOptions{})},
				&output.Sink{Name: "ev", Encoder: output.NewStreamJSON(c.events)},
				&output.Sink{Name: "doc", Encoder: output.NewJSON(&told), Done: func(end output.RunEnd, err error) error { ends = append(ends, end); return err }})
			job := asks(Target{Transport: s})
			job.Explain = func(err error) output.Failure { return Explain(err, "p") }
			err := Run(t.Context(), job, em)
			if _, ok := errors.AsType[*output.WriteError](err); !ok {
				t.Fatal(err)
			}
			if len(ends) != 1 || !strings.Contains(told.String(), `"type":"run.end"`) || ends[0].Error == nil {
				t.Fatalf("%+v %s", ends, told.String())
			}
			if e := ends[0]; c.class != "" && (e.Error.Class != c.class || (e.Status == "cancelled") != c.cancelled) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestLastWriteFails: an answer that cannot be ended is no success, and the events say so.
func TestLastWriteFails(t *testing.T) {
	t.Parallel()
	var events locked
	commit := errors.New("no rename")
	em := output.NewEmitter(
		&output.Sink{Name: "answer.md", Encoder: output.NewText(io.Discard, output.TextOptions{}), Done: func(output.RunEnd, error) error { return commit }},
		&output.Sink{Name: "events", Encoder: output.NewStreamJSON(&events)})
	job := asks(Target{Transport: serve(t, answers("hi"))})
	job.Explain = func(err error) output.Failure { return Explain(err, "p") }
	var recorded output.RunEnd
	job.Record = func(end output.RunEnd, _ string) { recorded = end }
	err := Run(t.Context(), job, em)
	if !errors.Is(err, commit) || recorded.ExitCode != 74 || recorded.Status != "partial" {
		t.Errorf("%v %+v", err, recorded)
	}
	var r ran
	r.hear(t, events.String())
	if r.end.ExitCode != 74 || r.end.Error.Message != "cannot write answer.md: no rename" {
		t.Errorf("%+v", r.end)
	}
}

// TestHeldAnswer: where every sink holds the answer back, a cut one is asked for again, of the same target and then of the
// next; what came of it is forgotten, but for the text of the last.
func TestHeldAnswer(t *testing.T) {
	t.Parallel()
	cut := reply{pieces: []string{"half a"}, cut: true}
	for name, c := range map[string]struct {
		first, second []reply
		text          string
		class         class.Class
		attempts      int
	}{
		"again":                 {[]reply{cut, answers("whole")}, nil, "whole", "", 2},
		"by the fallback":       {[]reply{cut, cut}, []reply{answers("whole")}, "whole", "", 3},
		"never":                 {[]reply{cut, cut}, nil, "half a", class.Protocol, 2},
		"not by the fallback":   {[]reply{cut, cut}, []reply{cut, cut}, "half a", class.Protocol, 4},
		"truncated is no cut":   {[]reply{cut, {pieces: []string{"long"}, stop: "max_tokens"}}, nil, "long", class.Truncated, 2},
		"the fallback is empty": {[]reply{cut, cut}, []reply{{}}, "", class.Empty, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				job := chain(Target{Transport: serve(t, c.first...)}, Target{Transport: serve(t, c.second...)})
				if c.second == nil {
					job.Targets = job.Targets[:1]
				}
				job.Limits.Retries, job.Keep = 1, true
				job.Explain = func(err error) output.Failure { return Explain(err, "p") }
				var end output.RunEnd
				job.Record = func(e output.RunEnd, _ string) { end = e }
				var text, doc locked
				_ = Run(t.Context(), job, output.NewEmitter(&output.Sink{Name: "stdout", Encoder: output.NewText(&text, output.TextOptions{Atomic: true})},
					&output.Sink{Name: "doc", Encoder: output.NewJSON(&doc)}))
				got, failed := "", class.Class("")
				if end.Text != nil {
					got = *end.Text
				}
				if end.Error != nil {
					failed = end.Error.Class
				}
				if got != c.text || failed != c.class || end.Attempts != c.attempts {
					t.Errorf("%q, class %q after %d attempts", got, failed, end.Attempts)
				}
				if want := c.text + "\n"; failed == "" && text.String() != want || failed != "" && text.String() != "" {
					t.Errorf("stdout %q", text.String())
				}
			})
		})
	}
}

// TestKeptAnswerIsBounded: what is kept until its end has a bound, each attempt by itself; what goes out has none.
func TestKeptAnswerIsBounded(t *testing.T) {
	t.Parallel()
	long, cut := answers("123", "456", "789"), reply{pieces: []string{"1234"}, cut: true}
	for name, c := range map[string]struct {
		atomic, keep, schema, events bool
		replies                      []reply
		class                        class.Class
	}{
		"text":            {false, false, false, false, []reply{long}, ""},
		"atomic":          {true, false, false, false, []reply{long}, "protocol"},
		"kept":            {false, true, false, false, []reply{long}, "protocol"},
		"for events":      {false, false, false, true, []reply{long}, "protocol"},
		"for a schema":    {false, false, true, false, []reply{long}, "protocol"},
		"each by itself":  {true, false, false, false, []reply{cut, answers("123", "4")}, ""},
		"within":          {true, true, false, true, []reply{answers("1234", "5")}, ""},
		"an empty schema": {true, true, true, false, []reply{answers("1234", "5")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				job := asks(Target{Transport: serve(t, c.replies...)})
				job.Limits, job.Keep = Limits{Answer: 5, Retries: 1}, c.keep
				if c.schema {
					job.Schema = compiled(t, `{}`)
				}
				job.Explain = func(err error) output.Failure { return Explain(err, "p") }
				sinks := []*output.Sink{{Name: "stdout", Encoder: output.NewText(new(locked), output.TextOptions{Atomic: c.atomic})}}
				if c.events {
					sinks = append(sinks, &output.Sink{Name: "events", Encoder: output.NewStreamJSON(new(locked))})
				}
				err := Run(t.Context(), job, output.NewEmitter(sinks...))
				if (err == nil) != (c.class == "") || c.class != "" && !class.Is(err, c.class) {
					t.Error(err)
				}
			})
		})
	}
}

// TestFail is the end of a run that could not begin.
func TestFail(t *testing.T) {
	t.Parallel()
	var events bytes.Buffer
	em := output.NewEmitter(&output.Sink{Name: "events", Encoder: output.NewStreamJSON(&events)})
	n := 0
	job := Job{Version: "1", Explain: func(err error) output.Failure { return Explain(err, "p") }, Record: func(output.RunEnd, string) { n++ }}
	bad := misuse("unknown flag --x")
	if err := Fail(job, em, bad); err != bad {
		t.Error(err)
	}
	var r ran
	r.hear(t, events.String())
	if len(r.events) != 2 || r.end.ExitCode != 2 || r.end.Error.Class != "usage" || r.end.Attempts != 0 || r.end.Usage != nil || r.end.CostBasis != "unknown" || n != 1 {
		t.Errorf("%+v", r.end)
	}
}

// TestSignalWhileTheModelIsSilent ends the run at once, with what came and what it cost.
func TestSignalWhileTheModelIsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		defer stop(nil)
		why := &DeadlineError{time.Second}
		time.AfterFunc(5*time.Second, func() { stop(why) })
		r := perform(t, ctx, asks(Target{Transport: serve(t, reply{pieces: []string{"half"}, hang: true})}))
		if !errors.Is(r.err, why) || r.end.Status != "cancelled" || r.end.FinishReason != "cancelled" || *r.end.Text != "half" || r.end.Timings.DurationMS != 5000 {
			t.Errorf("%v: %+v", r.err, r.end)
		}
		if r.end.Usage == nil || r.end.Usage.InputTokens != 10 {
			t.Errorf("what was used so far is lost: %+v", r.end.Usage)
		}
	})
}
