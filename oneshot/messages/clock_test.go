package messages

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
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
		if err := wait(r.Context(), headers); err != nil {
			return nil, err
		}
		pr, pw := io.Pipe()
		context.AfterFunc(r.Context(), func() { pw.CloseWithError(r.Context().Err()) })
		go func() {
			for _, p := range pieces {
				if wait(r.Context(), p.after) != nil {
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
		"idle before text":       {slowly(0, timed{sec(9.5), messageStart}), sec(13.5), "timeout", "silent for 4s (idle-timeout)", ""},
		"pings are life":         {slowly(0, timed{sec(9), ping}, timed{sec(3), ping}, timed{sec(3), ping}, timed{sec(3), ping + messageStart}), sec(22), "timeout", "idle-timeout", ""},
		"idle in the text":       {slowly(0, timed{0, messageStart + textOf("Hel")}), idle, "protocol", "the answer was cut: the server was silent for 4s (idle-timeout)", "Hel"},
		"slow, but within":       {slowly(sec(5), timed{sec(4.9), messageStart}, timed{sec(3.9), textOf("ok")}, timed{sec(3.9), messageEnd}), sec(17.7), "", "", "ok"},
		"half a line, then none": {slowly(0, timed{0, messageStart}, timed{sec(3), "event: con"}), sec(7), "timeout", "idle-timeout", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cl := client(&script{steps: []step{c.step}}, 0)
				cl.FirstByte, cl.Idle = first, idle
				begun := time.Now()
				o := collect(t, cl, hello())
				if took := time.Since(begun); took != c.end || o.text.String() != c.text {
					t.Errorf("took %v, want %v; text %q", took, c.end, o.text.String())
				}
				e, _ := o.err.(*Error)
				if (c.class == "") != (o.err == nil) || e != nil && (e.ErrClass != c.class || !strings.Contains(e.Message, c.words) || !e.Retryable) {
					t.Errorf("%+v", o.err)
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
	}{
		"an error":        {500, "x", "server_error", "status 500 Internal Server Error: xyy", errorTime},
		"a page":          {200, "<html>", "protocol", "an HTML page", errorTime},
		"another wire":    {101, "", "protocol", "status 101", 0},
		"a redirect":      {302, "", "protocol", "redirects", 0},
		"a whole message": {200, `{"type":"message",`, "timeout", "idle-timeout", 4*time.Second + 50*time.Second},
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
				e, ok := collect(t, cl, hello()).err.(*Error)
				if !ok || e.ErrClass != c.class || !strings.Contains(e.Message, c.words) || time.Since(begun) != c.ends {
					t.Errorf("%+v after %v", e, time.Since(begun))
				}
			})
		})
	}
}

func TestTimeoutIsRetriedBeforeText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{slowly(time.Hour), slowly(0, timed{0, messageStart}), slowly(0, timed{0, whole("ok")})}}
		cl := client(s, 3)
		cl.FirstByte, cl.Idle = time.Second, time.Second
		o := collect(t, cl, hello())
		if o.err != nil || o.text.String() != "ok" || len(o.retries) != 2 || o.retries[0].Class != "timeout" || o.retries[1].HTTPStatus != 200 {
			t.Errorf("%q, %v, %d retries", o.text.String(), o.err, len(o.retries))
		}
	})
}

func TestConsumersTimeDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cl := client(&script{steps: []step{slowly(0, timed{0, messageStart + textOf("a")}, timed{0, textOf("b")}, timed{0, messageEnd})}}, 0)
		cl.FirstByte, cl.Idle = time.Second, time.Second
		var got strings.Builder
		for ev, err := range cl.Stream(t.Context(), hello()) {
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
			if err := wait(r.Context(), pause); err != nil {
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
		cl := &Client{BaseURL: "http://h", FirstByte: 2 * time.Second, Transport: sipping(time.Second, slowly(time.Second, timed{0, whole("ok")}))}
		if o := collect(t, cl, hello()); o.err != nil || o.ends[0].TTFB < 5*time.Second {
			t.Errorf("%v after %v", o.err, o.ends[0].Duration)
		}
		cl.Transport = sipping(3*time.Second, slowly(0))
		if o := collect(t, cl, hello()); o.err == nil || o.err.(*Error).ErrClass != "timeout" || o.ends[0].Duration != 2*time.Second {
			t.Errorf("a stalled upload: %v after %v", o.err, o.ends[0].Duration)
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
		"in the text":        {slowly(0, timed{0, messageStart + textOf("Hel")}), "Hel"},
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
				o := collectCtx(t, ctx, cl, hello())
				if o.err != stopped || time.Since(begun) != time.Second || o.text.String() != c.text || len(o.ends) != 1 {
					t.Errorf("%v after %v, text %q", o.err, time.Since(begun), o.text.String())
				}
			})
		})
	}
}

func TestLeavingTheLoopCancelsTheRequest(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{KindRequestStart, KindResponse, KindText, KindPause, KindRetry, KindRequestEnd, KindThinking, KindToolUse} {
		synctest.Test(t, func(t *testing.T) {
			var ctx context.Context
			tail := event(`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`) +
				event(`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}`) + event(`{"type":"content_block_stop","index":1}`)
			s := &script{steps: []step{refuse(errReset), func(r *http.Request) (*http.Response, error) {
				ctx = r.Context()
				return slowly(0, timed{0, messageStart + textOf("a") + tail})(r)
			}}}
			seen := false
			for ev, err := range client(s, 1).Stream(t.Context(), hello()) {
				if err != nil {
					t.Fatal(err)
				}
				if seen = ev.Kind == kind; seen && (len(s.times) == 2 || kind == KindRetry || kind == KindRequestEnd || kind == KindRequestStart || kind == KindPause) {
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
			return slowly(0, timed{0, whole("ok") + textOf("ghost")})(r)
		}}}
		begun := time.Now()
		o := collect(t, client(s, 0), hello())
		if o.err != nil || o.text.String() != "ok" || time.Since(begun) != 0 {
			t.Errorf("%q, %v after %v", o.text.String(), o.err, time.Since(begun))
		}
		time.Sleep(lingerTime)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("the connection is kept open")
		}
	})
}

// TestLateClock: a clock that runs out late gives what is waiting a moment to be read, once.
func TestLateClock(t *testing.T) {
	t.Parallel()
	for read, want := range map[bool]int32{true: 0, false: 1} {
		synctest.Test(t, func(t *testing.T) {
			var fired atomic.Int32
			c := clock{limit: time.Second, fire: func() { fired.Add(1) }}
			c.start()
			c.hold()
			c.since = time.Now().Add(-time.Minute) // stopped for so long
			c.expire()
			if fired.Load() != 0 {
				t.Error("it did not wait")
			}
			if read {
				c.hold()
			}
			time.Sleep(moment + time.Nanosecond)
			synctest.Wait()
			if n := fired.Load(); n != want {
				t.Errorf("read %v: it fired %d times", read, n)
			}
			c.end()
		})
	}
}
