package oneshot

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/input"
)

// noticeAfter is how long a silent stdin keeps a run that has a prompt before it says what it waits for.
const noticeAfter = 2 * time.Second

// TestSilentStdin: when a run that waits for stdin says so, and when it gives up.
func TestSilentStdin(t *testing.T) {
	t.Parallel()
	const never = time.Duration(0)
	for name, c := range map[string]struct {
		in     input.Sources
		speaks time.Duration // when the first byte comes
		noted  bool
		gaveUp time.Duration
	}{
		"at once":                          {input.Sources{Prompt: "a"}, time.Millisecond, false, never},
		"just in time":                     {input.Sources{Prompt: "a"}, noticeAfter - 1, false, never},
		"after the notice":                 {input.Sources{Prompt: "a"}, time.Minute, true, never},
		"without a prompt nothing is said": {input.Sources{}, time.Minute, false, never},
		"a bound":                          {input.Sources{Prompt: "a", Wait: 5 * time.Second}, time.Minute, true, 5 * time.Second},
		"a bound before the notice":        {input.Sources{Prompt: "a", Wait: time.Second}, time.Minute, false, time.Second},
		"a bound without a prompt":         {input.Sources{Wait: time.Second}, time.Minute, false, time.Second},
		"a bound on a named stdin":         {input.Sources{Prompt: "a", Files: []string{"-"}, Wait: time.Second}, time.Minute, false, time.Second},
		"a byte within the bound":          {input.Sources{Prompt: "a", Wait: time.Second}, time.Second - 1, false, never},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pr, pw := io.Pipe()
				defer pr.Close()
				time.AfterFunc(c.speaks, func() { _, _ = pw.Write([]byte("x")) })
				time.AfterFunc(c.speaks+time.Minute, func() { pw.Close() }) // the rest takes its time, and nobody minds
				began, notes := time.Now(), 0
				c.in.Stdin, c.in.Notice = pr, func() { notes++ }
				s := serve(t)
				if c.gaveUp == never {
					s = serve(t, answers("hi"))
				}
				job := asks(Target{Transport: s})
				job.Input = c.in
				r := perform(t, t.Context(), job)
				if took := time.Since(began); c.gaveUp != never {
					r.fails(t, "no_input", "no byte on stdin within "+c.gaveUp.String())
					if took != c.gaveUp {
						t.Errorf("gave up after %v", took)
					}
				} else if r.err != nil || *r.end.Timings.StdinMS != (c.speaks+time.Minute).Milliseconds() {
					t.Errorf("%v after %v, %+v", r.err, took, r.end.Timings)
				}
				if (notes > 0) != c.noted || notes > 1 {
					t.Errorf("%d notices", notes)
				}
			})
		})
	}
}

// TestStdinHeeds a signal and the deadline, however silent it is.
func TestStdinHeeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pr, pw := io.Pipe()
		defer pw.Close()
		job := asks(Target{Transport: serve(t)})
		job.Input = input.Sources{Prompt: "a", Stdin: pr}
		job.Limits.Deadline = 3 * time.Second
		began := time.Now()
		r := perform(t, t.Context(), job)
		r.fails(t, "deadline", "the deadline of 3s has passed")
		if took := time.Since(began); took != 3*time.Second || r.end.Status != "cancelled" || r.end.FinishReason != "cancelled" {
			t.Errorf("after %v: %+v", took, r.end)
		}
		if *r.start.Limits.DeadlineMS != 3000 {
			t.Errorf("%+v", r.start.Limits)
		}
	})
}

// TestNamedPipe: a file that does not open is left behind by a signal.
func TestNamedPipe(t *testing.T) {
	t.Parallel()
	name := t.TempDir() + "/fifo"
	if err := mkfifo(name); err != nil {
		t.Skip(err)
	}
	for what, in := range map[string]input.Sources{
		"a prompt file": {PromptFile: name}, "an attachment": {Prompt: "a", Files: []string{name}}, "a template": {Prompt: "a", Template: name},
	} {
		ctx, stop := context.WithCancelCause(t.Context())
		why := &DeadlineError{time.Second}
		job := asks(Target{Transport: serve(t)})
		resolve := job.Targets[0].Resolve
		job.Targets[0].Resolve = func(ctx context.Context) (Target, error) { stop(why); return resolve(ctx) }
		job.Input = in
		if r := perform(t, ctx, job); !errors.Is(r.err, why) {
			t.Errorf("%s: %v", what, r.err)
		}
	}
	for range 2 { // lets those go that still wait
		if f, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
			f.Close()
		}
	}
}

// TestNullDevice is an empty stdin, and needs no goroutine.
func TestNullDevice(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	s := serve(t, answers("hi"))
	job := asks(Target{Transport: s})
	job.Input.Stdin, job.Input.Mode = null, "auto"
	if r := perform(t, t.Context(), job); r.err != nil || len(parse(t, s.asked()[0]).texts()) != 1 {
		t.Error(r.err)
	}
}
