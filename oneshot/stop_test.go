package oneshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// told is what the events say of a run.
type told struct {
	Type     string
	Status   string
	ExitCode int `json:"exit_code"`
	Error    struct{ Class, Message string }
}

// locked is memory that a run which was left behind may still write to.
type locked struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// listen runs a job whose answer and events go to memory, and wants one run.start first and one run.end last.
func listen(t *testing.T, ctx context.Context, job Job, stdout io.Writer) (told, error) {
	t.Helper()
	var events locked
	em := output.NewEmitter(&output.Sink{Name: "stdout", Encoder: output.NewText(stdout, output.TextOptions{})},
		&output.Sink{Name: "events", Encoder: output.NewStreamJSON(&events)})
	job.Explain = func(err error) output.Failure {
		f := output.Failure{Class: class.Internal, Code: 1, Message: err.Error()}
		var c interface{ Class() string }
		if errors.As(err, &c) {
			f.Class = class.Class(c.Class())
		}
		return f
	}
	err := Run(ctx, job, em)
	lines := strings.Split(strings.TrimSuffix(events.String(), "\n"), "\n")
	var last told
	for i, line := range lines {
		last = told{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if (last.Type == "run.start") != (i == 0) || (last.Type == "run.end") != (i == len(lines)-1) {
			t.Errorf("line %d of %d is %s", i+1, len(lines), last.Type)
		}
	}
	return last, err
}

// transport is a transport as a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// says answers every request with a whole stream.
func says(text string) transport {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		quoted, _ := json.Marshal(text)
		stream := "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\n" +
			"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":" + string(quoted) + "}}\n\n" +
			"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n" +
			"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
		h := http.Header{"Content-Type": {"text/event-stream"}}
		return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(stream))}, nil
	}
}

// asks is a job for one target.
func asks(t Target) Job {
	t.Provider, t.Model, t.BaseURL = "p", "m", "http://api.example"
	return Job{
		Input:   input.Sources{Args: []string{"hello"}, Mode: "never"},
		Targets: []Candidate{{Name: "p", Resolve: func(context.Context) (Target, error) { return speaks(t), nil }}},
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// TestPanics: a bug in any goroutine of a run is a run.end of class internal, and names itself.
func TestPanics(t *testing.T) {
	t.Parallel()
	bug := func() { panic("a bug") }
	good := asks(Target{Transport: says("hi")})
	cases := map[string]Job{}
	job := good
	job.Targets = []Candidate{{Resolve: func(context.Context) (Target, error) { bug(); return Target{}, nil }}}
	cases["while it resolves"] = job
	cases["on the wire"] = asks(Target{Transport: transport(func(*http.Request) (*http.Response, error) { bug(); return nil, nil })})
	cases["in the credential"] = asks(Target{Transport: says("hi"), Token: func(context.Context, string) (string, error) { bug(); return "", nil }})
	job = good
	job.Input = input.Sources{Mode: "auto", Stdin: readFunc(func([]byte) (int, error) { bug(); return 0, nil })}
	cases["in stdin"] = job
	for name, job := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end, err := listen(t, t.Context(), job, io.Discard)
			p, ok := errors.AsType[*guard.PanicError](err)
			if !ok || end.Status != "error" || end.Error.Class != "internal" || !strings.Contains(end.Error.Message, "a bug") {
				t.Fatalf("%+v %v", end, err)
			}
			if !strings.Contains(string(p.Stack), "stop_test.go") {
				t.Errorf("the stack does not lead to the bug:\n%s", p.Stack)
			}
		})
	}
}

// stuckWriter is a pipe that nobody reads.
type stuckWriter struct{ let chan struct{} }

func (w stuckWriter) Write(p []byte) (int, error) {
	<-w.let
	return len(p), nil
}

// TestStuck: what does not watch its context is left behind, a moment after the signal or the deadline, at once for a second
// signal; whoever can still be told is told. Real time: a held mutex stops synctest's.
func TestStuck(t *testing.T) {
	t.Parallel()
	const soon = 50 * time.Millisecond
	why := &DeadlineError{soon}
	for name, c := range map[string]struct {
		cut   func(job *Job, ctx context.Context) context.Context
		least time.Duration
	}{
		"a signal": {func(_ *Job, ctx context.Context) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(soon, func() { cancel(why) })
			return ctx
		}, soon + grace},
		"a second signal": {func(job *Job, ctx context.Context) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			kill, killed := context.WithCancelCause(ctx)
			job.Kill = kill
			time.AfterFunc(soon, func() { cancel(why) })
			time.AfterFunc(2*soon, func() { killed(why) })
			return ctx
		}, 0},
		"the deadline": {func(job *Job, ctx context.Context) context.Context {
			job.Limits.Deadline = soon
			return ctx
		}, soon + grace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job, pipe := asks(Target{Transport: says("hi")}), stuckWriter{make(chan struct{})}
			defer close(pipe.let)
			ctx := c.cut(&job, t.Context())
			began := time.Now()
			end, err := listen(t, ctx, job, pipe)
			if took := time.Since(began); took < c.least || took > c.least+10*time.Second {
				t.Errorf("it took %v, want %v", took, c.least)
			}
			if !class.Is(err, "deadline") || end.Error.Class != "deadline" {
				t.Errorf("%+v %v", end, err)
			}
		})
	}
}
