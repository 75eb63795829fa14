package wire_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/guard"
	"hermes/oneshot/pace"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/wiretest"
)

// timed is a piece of a body and the silence before it.
type timed struct {
	after time.Duration
	text  string
}

// slowly answers with headers after a while and then a piece at a time; at the
// end it stays silent for ever. It ends with the request's context, as a
// connection does.
func slowly(headers time.Duration, pieces ...timed) step {
	return func(r *http.Request) (*http.Response, error) {
		if err := guard.Sleep(r.Context(), headers); err != nil {
			return nil, err
		}
		pr, pw := io.Pipe()
		context.AfterFunc(r.Context(), func() { pw.CloseWithError(r.Context().Err()) })
		go func() {
			for _, p := range pieces {
				if guard.Sleep(r.Context(), p.after) != nil {
					return
				}
				_, _ = io.WriteString(pw, p.text)
			}
		}()
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: pr, Request: r}, nil
	}
}

func TestClocks(t *testing.T) {
	t.Parallel()
	const first, idle = 10 * time.Second, 4 * time.Second
	sec := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	ping := ": ping\n\n"
	for name, c := range map[string]struct {
		step  step
		end   time.Duration
		class string
		words string
		text  string
	}{
		"no headers":             {slowly(time.Hour), first, "timeout", "silent for 10s (first-byte-timeout)", ""},
		"headers, no byte":       {slowly(sec(9)), first, "timeout", "first-byte-timeout", ""},
		"idle before text":       {slowly(0, timed{sec(9.5), wiretest.MessageStart}), sec(13.5), "timeout", "silent for 4s (idle-timeout)", ""},
		"pings are life":         {slowly(0, timed{sec(9), ping}, timed{sec(3), ping}, timed{sec(3), ping}, timed{sec(3), ping + wiretest.MessageStart}), sec(22), "timeout", "idle-timeout", ""},
		"idle in the text":       {slowly(0, timed{0, wiretest.MessageStart + wiretest.MessageText("Hel")}), idle, "protocol", "the answer was cut: the server was silent for 4s (idle-timeout)", "Hel"},
		"slow, but within":       {slowly(sec(5), timed{sec(4.9), wiretest.MessageStart}, timed{sec(3.9), wiretest.MessageText("ok")}, timed{sec(3.9), wiretest.MessageEnd}), sec(17.7), "", "", "ok"},
		"half a line, then none": {slowly(0, timed{0, wiretest.MessageStart}, timed{sec(3), "event: con"}), sec(7), "timeout", "idle-timeout", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cl := client(&script{steps: []step{c.step}}, 0)
				cl.FirstByte, cl.Idle = first, idle
				begun := time.Now()
				o := wiretest.Collect(t, cl, wiretest.WithTools())
				if took := time.Since(begun); took != c.end || o.Text.String() != c.text {
					t.Errorf("took %v, want %v; text %q", took, c.end, o.Text.String())
				}
				e, _ := o.Err.(*wire.Error)
				if (c.class == "") != (o.Err == nil) || e != nil && (string(e.ErrClass) != c.class || !strings.Contains(e.Message, c.words) || !e.Retryable) {
					t.Errorf("%+v", o.Err)
				}
			})
		})
	}
}

// TestErrorThatDrips: the status of an error is enough; its body is read for some time and not for ever.
func TestErrorThatDrips(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status       int
		first        string
		class, words string
		ends         time.Duration
		again        bool
	}{
		"an error":        {500, "x", "server_error", "status 500 Internal Server Error: xyy", wire.ErrorTime, true},
		"a page":          {200, "<html>", "protocol", "an HTML page", wire.ErrorTime, true},
		"another wire":    {101, "", "protocol", "status 101", 0, false},
		"a redirect":      {302, "", "protocol", "redirects", 0, false},
		"a whole message": {200, `{"type":"message",`, "timeout", "idle-timeout", 4*time.Second + 50*time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pieces := []timed{{0, c.first}}
				for range 50 {
					pieces = append(pieces, timed{time.Second, "y"})
				}
				cl := client(&script{steps: []step{func(r *http.Request) (*http.Response, error) {
					resp, err := slowly(0, pieces...)(r)
					resp.StatusCode = c.status
					resp.Header.Del("Content-Type")
					return resp, err
				}}}, 0)
				cl.FirstByte, cl.Idle = 4*time.Second, 4*time.Second
				begun := time.Now()
				e, ok := wiretest.Collect(t, cl, wiretest.WithTools()).Err.(*wire.Error)
				if !ok || string(e.ErrClass) != c.class || !strings.Contains(e.Message, c.words) || time.Since(begun) != c.ends || e.Retryable != c.again {
					t.Errorf("%+v after %v", e, time.Since(begun))
				}
			})
		})
	}
}

func TestTimeoutIsRetriedBeforeText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{slowly(time.Hour), slowly(0, timed{0, wiretest.MessageStart}), slowly(0, timed{0, wiretest.Message("ok")})}}
		cl := client(s, 3)
		cl.FirstByte, cl.Idle = time.Second, time.Second
		o := wiretest.Collect(t, cl, wiretest.WithTools())
		if o.Err != nil || o.Text.String() != "ok" || len(o.Retries) != 2 || o.Retries[0].Class != "timeout" || o.Retries[1].HTTPStatus != 200 {
			t.Errorf("%q, %v, %d retries", o.Text.String(), o.Err, len(o.Retries))
		}
	})
}

func TestConsumersTimeDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cl := client(&script{steps: []step{slowly(0, timed{0, wiretest.MessageStart + wiretest.MessageText("a")}, timed{0, wiretest.MessageText("b")}, timed{0, wiretest.MessageEnd})}}, 0)
		cl.FirstByte, cl.Idle = time.Second, time.Second
		var got strings.Builder
		for ev, err := range cl.Stream(t.Context(), wiretest.WithTools()) {
			if err != nil {
				t.Fatal(err)
			}
			got.Write(ev.Text)
			time.Sleep(time.Minute) // a reader behind a full pipe
		}
		if got.String() != "ab" {
			t.Errorf("%q", got.String())
		}
	})
}

// sipping reads the request's body slowly before it answers.
func sipping(pause time.Duration, then step) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		p := make([]byte, 16)
		for {
			if _, err := r.Body.Read(p); err != nil {
				break
			}
			if err := guard.Sleep(r.Context(), pause); err != nil {
				return nil, err
			}
		}
		r.Body.Close()
		return then(r)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestUploadIsLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cl := &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: "http://h", FirstByte: 2 * time.Second, Transport: sipping(time.Second, slowly(time.Second, timed{0, wiretest.Message("ok")}))}
		if o := wiretest.Collect(t, cl, wiretest.WithTools()); o.Err != nil || o.Ends[0].TTFB < 5*time.Second {
			t.Errorf("%v after %v", o.Err, o.Ends[0].Duration)
		}
		cl.Transport = sipping(3*time.Second, slowly(0))
		if o := wiretest.Collect(t, cl, wiretest.WithTools()); o.Err == nil || o.Err.(*wire.Error).ErrClass != "timeout" || o.Ends[0].Duration != 2*time.Second {
			t.Errorf("a stalled upload: %v after %v", o.Err, o.Ends[0].Duration)
		}
	})
}

func TestCancelAnywhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step step
		text string
	}{
		"before the headers": {slowly(time.Hour), ""},
		"before a byte":      {slowly(0), ""},
		"in the text":        {slowly(0, timed{0, wiretest.MessageStart + wiretest.MessageText("Hel")}), "Hel"},
		"in an error body": {func(r *http.Request) (*http.Response, error) {
			resp, err := slowly(0)(r)
			resp.StatusCode = 500
			return resp, err
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stopped := errors.New("SIGTERM")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(stopped) })
				cl := client(&script{steps: []step{c.step}}, 3)
				cl.Idle, cl.FirstByte = time.Minute, time.Minute
				begun := time.Now()
				o := wiretest.CollectContext(t, ctx, cl, wiretest.WithTools())
				if o.Err != stopped || time.Since(begun) != time.Second || o.Text.String() != c.text || len(o.Ends) != 1 {
					t.Errorf("%v after %v, text %q", o.Err, time.Since(begun), o.Text.String())
				}
			})
		})
	}
}

func TestLeavingTheLoopCancelsTheRequest(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.Kind{wire.KindRequestStart, wire.KindText, wire.KindPause, wire.KindRetry, wire.KindRequestEnd, wire.KindReasoning, wire.KindCall} {
		synctest.Test(t, func(t *testing.T) {
			var ctx context.Context
			tail := wiretest.MessageEvent(`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`) +
				wiretest.MessageEvent(`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}`) + wiretest.MessageEvent(`{"type":"content_block_stop","index":1}`)
			s := &script{steps: []step{refuse(errReset), func(r *http.Request) (*http.Response, error) {
				ctx = r.Context()
				return slowly(0, timed{0, wiretest.MessageStart + wiretest.MessageText("a") + tail})(r)
			}}}
			seen := false
			for ev, err := range client(s, 1).Stream(t.Context(), wiretest.WithTools()) {
				if err != nil {
					t.Fatal(err)
				}
				if seen = ev.Kind == kind; seen && (len(s.times) == 2 || kind == wire.KindRetry || kind == wire.KindRequestEnd || kind == wire.KindRequestStart || kind == wire.KindPause) {
					break
				}
			}
			if !seen || ctx != nil && ctx.Err() == nil {
				t.Errorf("kind %d: seen %v, the request lives on", kind, seen)
			}
		})
	}
}

func TestWholeAnswerDoesNotWaitForTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ctx context.Context
		s := &script{steps: []step{func(r *http.Request) (*http.Response, error) {
			ctx = r.Context()
			return slowly(0, timed{0, wiretest.Message("ok") + wiretest.MessageText("ghost")})(r)
		}}}
		begun := time.Now()
		o := wiretest.Collect(t, client(s, 0), wiretest.WithTools())
		if o.Err != nil || o.Text.String() != "ok" || time.Since(begun) != 0 {
			t.Errorf("%q, %v after %v", o.Text.String(), o.Err, time.Since(begun))
		}
		time.Sleep(wire.LingerTime)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("the connection is kept open")
		}
	})
}

// TestTokensSpent: the pace hears of every kind of token that an answer took, in the place of what was estimated.
func TestTokensSpent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := wiretest.MessageEvent(`{"type":"message_start","message":{"id":"m","role":"assistant","model":"m","usage":{"input_tokens":4000,"cache_read_input_tokens":5000,"cache_creation_input_tokens":6000}}}`)
		end := wiretest.MessageEvent(`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":25000}}`) + wiretest.MessageEvent(`{"type":"message_stop"}`)
		s := &script{}
		for range 3 {
			s.steps = append(s.steps, slowly(0, timed{0, start + wiretest.MessageText("a") + end}))
		}
		cl := client(s, 0)
		cl.Pace, cl.Tokens = pace.New(pace.Options{TPM: 60000}), func() int64 { return 1000 }
		for range 3 {
			if o := wiretest.Collect(t, cl, wiretest.WithTools()); o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		if took := s.times[2].Sub(s.times[0]); took < 79*time.Second || took > 81*time.Second { // 80,000 at 1000 a second
			t.Errorf("two answers of 40,000 tokens left room for the next after %v, at 60,000 a minute", took)
		}
	})
}
