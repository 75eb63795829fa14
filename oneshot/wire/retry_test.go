package wire_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/dial"
	"hermes/oneshot/wire/wiretest"
)

// step is one answer of a scripted transport.
type step func(r *http.Request) (*http.Response, error)

// script answers one request after another and keeps what was asked.
type script struct {
	steps []step
	times []time.Time
	auth  []string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	n := len(s.times)
	s.times, s.auth = append(s.times, time.Now()), append(s.auth, r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"))
	_, _ = io.Copy(io.Discard, r.Body)
	r.Body.Close()
	return s.steps[min(n, len(s.steps)-1)](r)
}

// gaps are the waits between the requests.
func (s *script) gaps() (out []time.Duration) {
	for i := 1; i < len(s.times); i++ {
		out = append(out, s.times[i].Sub(s.times[i-1]))
	}
	return out
}

// answer is a step that answers at once; pairs are header names and values.
func answer(status int, body string, pairs ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}}
		if status == 200 {
			h.Set("Content-Type", "text/event-stream")
		}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func refuse(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

var errReset = errors.New("connection reset by peer")

func client(s *script, retries int) *wire.Client {
	return &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: "https://api.example/anthropic", Transport: s, Retries: retries}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	overloaded := wiretest.MessageError("overloaded_error", "busy")
	for name, c := range map[string]struct {
		steps   []step
		retries int
		calls   int
		class   string // of the final error
		retried []string
		header  []time.Duration // exact waits the server asked for
	}{
		"at once":              {[]step{answer(200, wiretest.Message("ok"))}, 3, 1, "", nil, nil},
		"network, then whole":  {[]step{refuse(errReset), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"network"}, nil},
		"none allowed":         {[]step{refuse(errReset)}, 0, 1, "network", nil, nil},
		"all used up":          {[]step{answer(529, overloaded)}, 2, 3, "overloaded", []string{"overloaded", "overloaded"}, nil},
		"retry-after":          {[]step{answer(429, "", "Retry-After", "7"), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"rate_limit"}, []time.Duration{7 * time.Second}},
		"retry-after, 1 s":     {[]step{answer(429, "", "Retry-After", "1"), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"rate_limit"}, []time.Duration{time.Second}},
		"milliseconds win":     {[]step{answer(503, "", "Retry-After", "7", "Retry-After-Ms", "2500"), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"server_error"}, []time.Duration{2500 * time.Millisecond}},
		"a minute is waited":   {[]step{answer(429, "", "Retry-After", "60"), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"rate_limit"}, []time.Duration{time.Minute}},
		"more is not":          {[]step{answer(429, "", "Retry-After", "61")}, 3, 1, "rate_limit", nil, nil},
		"a date, skewed clock": {[]step{answer(429, "", "Retry-After", "Fri, 31 Dec 1999 23:59:30 GMT", "Date", "Fri, 31 Dec 1999 23:59:10 GMT"), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"rate_limit"}, []time.Duration{20 * time.Second}},
		"cut before text":      {[]step{answer(200, wiretest.MessageStart), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"protocol"}, nil},
		"cut in the text":      {[]step{answer(200, wiretest.MessageStart+wiretest.MessageText("Hel"))}, 3, 1, "protocol", nil, nil},
		"cut after a thought":  {[]step{answer(200, wiretest.MessageStart+wiretest.MessageEvent(`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`)), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"protocol"}, nil},
		"error before text":    {[]step{answer(200, wiretest.MessageStart+wiretest.MessageEvent(`{"type":"error","error":{"type":"overloaded_error"}}`)), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"overloaded"}, nil},
		"error in the text":    {[]step{answer(200, wiretest.MessageStart+wiretest.MessageText("a")+wiretest.MessageEvent(`{"type":"error","error":{"type":"overloaded_error"}}`))}, 3, 1, "overloaded", nil, nil},
		"never: balance":       {[]step{answer(500, wiretest.MessageError("api_error", "balance (1008)"))}, 3, 1, "billing", nil, nil},
		"never: quota":         {[]step{answer(429, wiretest.MessageError("rate_limit_error", "(2056)"), "Retry-After", "1")}, 3, 1, "quota", nil, nil},
		"never: quota, told":   {[]step{answer(429, wiretest.MessageError("rate_limit_error", "(2056)"), "X-Should-Retry", "true")}, 3, 1, "quota", nil, nil},
		"never: refusal":       {[]step{answer(500, wiretest.MessageError("api_error", "(1026)"), "X-Should-Retry", "true")}, 3, 1, "refusal", nil, nil},
		"bad request":          {[]step{answer(400, "{}")}, 3, 1, "invalid_request", nil, nil},
		"bad request, told":    {[]step{answer(400, "{}", "X-Should-Retry", "true"), answer(200, wiretest.Message("ok"))}, 3, 2, "", []string{"invalid_request"}, nil},
		"overload, told not":   {[]step{answer(529, overloaded, "X-Should-Retry", "false")}, 3, 1, "overloaded", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: c.steps}
				o := wiretest.Collect(t, client(s, c.retries), wiretest.Hello())
				if len(s.times) != c.calls || len(o.Starts) != c.calls || len(o.Ends) != c.calls {
					t.Fatalf("%d requests, %d starts, %d ends; want %d", len(s.times), len(o.Starts), len(o.Ends), c.calls)
				}
				if c.class == "" && (o.Err != nil || o.Text.String() != "ok") || c.class != "" && (o.Err == nil || string(o.Err.(*wire.Error).ErrClass) != c.class) {
					t.Fatalf("%q, %v", o.Text.String(), o.Err)
				}
				checkRetries(t, s, o, c.retried, c.header)
			})
		})
	}
}

// TestRestart: an answer that broke off is asked for again where the consumer can forget it, and counts as a retry.
func TestRestart(t *testing.T) {
	t.Parallel()
	cut, ok := answer(200, wiretest.MessageStart+wiretest.MessageText("Hel")), answer(200, wiretest.Message("ok"))
	busy := answer(200, wiretest.MessageStart+wiretest.MessageText("Hel")+wiretest.MessageEvent(`{"type":"error","error":{"type":"overloaded_error"}}`))
	tool := answer(200, wiretest.MessageStart+wiretest.MessageEvent(`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}`)+wiretest.MessageEvent(`{"type":"content_block_stop","index":0}`))
	for name, c := range map[string]struct {
		steps   []step
		retries int
		can     bool
		calls   int
		asked   int
	}{
		"a cut":                {[]step{cut, ok}, 1, true, 2, 1},
		"an error":             {[]step{busy, cut, ok}, 2, true, 3, 2},
		"a tool call":          {[]step{tool, ok}, 1, true, 2, 1},
		"an error before text": {[]step{cut, refuse(errReset), ok}, 2, true, 3, 1},
		"it cannot":            {[]step{cut, ok}, 1, false, 1, 1},
		"no retry is left":     {[]step{cut, ok}, 0, true, 1, 0},
		"nothing went out":     {[]step{answer(200, wiretest.MessageStart), ok}, 1, false, 2, 0},
		"nothing to be again":  {[]step{answer(200, wiretest.MessageStart+wiretest.MessageText("a")+wiretest.MessageEvent(`{"type":"error","error":{"type":"billing_error"}}`)), ok}, 1, true, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: c.steps}
				cl, asked := client(s, c.retries), 0
				cl.Restart = func() bool { asked++; return c.can }
				o := wiretest.Collect(t, cl, wiretest.WithTools())
				if len(s.times) != c.calls || asked != c.asked || (o.Err == nil) != (c.calls == len(c.steps)) {
					t.Errorf("%d requests, asked %d times, %v", len(s.times), asked, o.Err)
				}
			})
		})
	}
}

func checkRetries(t *testing.T, s *script, o *wiretest.Outcome, classes []string, header []time.Duration) {
	t.Helper()
	var got []string
	for i, r := range o.Retries {
		got = append(got, string(r.Class))
		if gap := s.gaps()[i]; gap != r.Delay || r.Attempt != i+1 || !r.At.Equal(s.times[i+1]) {
			t.Errorf("retry %d: %+v, waited %v", i, r, gap)
		}
		own := min(500*time.Millisecond<<i, 8*time.Second)
		least, source := own, "backoff"
		if header != nil {
			least, source = header[i], "header"
		}
		if over := r.Delay - least; over < 0 || over >= max(min(2*own, 8*time.Second), least/4) || r.Source != source {
			t.Errorf("retry %d: %v from %s, own %v, told %v", i, r.Delay, r.Source, own, header)
		}
	}
	if !slices.Equal(got, classes) {
		t.Errorf("retried for %v, want %v", got, classes)
	}
}

func TestBackoffGrowsToItsCap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{refuse(errReset)}}
		o := wiretest.Collect(t, client(s, 8), wiretest.Hello())
		if len(o.Retries) != 8 || o.Retries[7].Delay >= 16*time.Second || o.Retries[7].Delay < 8*time.Second {
			t.Errorf("%d retries, the last after %v", len(o.Retries), o.Retries[len(o.Retries)-1].Delay)
		}
		e := o.Err.(*wire.Error)
		if !e.Retryable || !strings.Contains(e.Message, "api.example: connection reset by peer") || !errors.Is(e, errReset) {
			t.Errorf("%+v", e)
		}
	})
}

// TestCrowd: 64 processes that a server refused in one moment do not all come back in one moment. The server takes four
// requests in a tenth of a second and says "in a second" to the others; without chance it refuses 216 times, and 48 give up.
func TestCrowd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		taken, refused, begun := map[time.Duration]int{}, 0, time.Now()
		server := roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			if slot := time.Since(begun) / (100 * time.Millisecond); taken[slot] < 4 {
				taken[slot]++
				return answer(200, wiretest.Message("ok"))(r)
			}
			refused++
			return answer(429, "", "Retry-After", "1")(r)
		})
		var crowd sync.WaitGroup
		for range 64 {
			crowd.Go(func() {
				if o := wiretest.Collect(t, &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: "http://h", Transport: server, Retries: 3}, wiretest.Hello()); o.Err != nil {
					t.Error(o.Err)
				}
			})
		}
		crowd.Wait()
		if refused > 120 {
			t.Errorf("%d refusals", refused)
		}
	})
}

func TestRetryAtOfALongWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := wiretest.Collect(t, client(&script{steps: []step{answer(429, "", "Retry-After", "3600")}}, 3), wiretest.Hello())
		if e := o.Err.(*wire.Error); !e.RetryAt.Equal(time.Now().Add(time.Hour)) || !e.Retryable {
			t.Errorf("%+v", e)
		}
	})
}

// TestQuotaIsWaitedFor: the reset of a quota is waited for where it comes soon enough for the caller, and not asked before.
func TestQuotaIsWaitedFor(t *testing.T) {
	t.Parallel()
	used := answer(429, wiretest.MessageError("rate_limit_error", "(2056)"), "Retry-After", "10")
	for most, want := range map[time.Duration]int{0: 1, 9 * time.Second: 1, 10 * time.Second: 2, time.Hour: 2} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: []step{used, answer(200, wiretest.Message("ok"))}}
			c := client(s, 0)
			c.ForQuota = most
			o := wiretest.Collect(t, c, wiretest.Hello())
			if len(s.times) != want || (o.Err == nil) != (want == 2) {
				t.Fatalf("at most %v: %d requests, %v", most, len(s.times), o.Err)
			}
			if want == 2 && (s.gaps()[0] < 10*time.Second || s.gaps()[0] > 13*time.Second || o.Retries[0].Source != "header") {
				t.Errorf("waited %v, %+v", s.gaps()[0], o.Retries[0])
			}
		})
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		interrupted := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(interrupted) })
		begun := time.Now()
		o := wiretest.CollectContext(t, ctx, client(&script{steps: []step{answer(429, "", "Retry-After", "50")}}, 3), wiretest.Hello())
		if o.Err != interrupted || time.Since(begun) != 3*time.Second {
			t.Errorf("%v after %v", o.Err, time.Since(begun))
		}
		o = wiretest.CollectContext(t, ctx, client(&script{steps: []step{answer(200, wiretest.Message("x"))}}, 3), wiretest.Hello())
		if o.Err != interrupted || len(o.Kinds) != 0 {
			t.Errorf("already over: %v, %v", o.Err, o.Kinds)
		}
	})
}

// tokens hands out one credential after another and keeps what was rejected.
type tokens struct {
	list     []string
	rejected []string
	err      error
}

func (k *tokens) token(_ context.Context, rejected string) (string, error) {
	k.rejected = append(k.rejected, rejected)
	if rejected != "" && k.err != nil {
		return "", k.err
	}
	return k.list[min(len(k.rejected), len(k.list))-1], nil
}

func TestRefusedCredential(t *testing.T) {
	t.Parallel()
	login := wiretest.MessageError("authorized_error", "login fail (1004)")
	denied := errors.New("log in again")
	ok := answer(200, wiretest.Message("ok"))
	for name, c := range map[string]struct {
		steps []step
		k     tokens
		calls int
		class string
		err   error
	}{
		"renewed":                  {[]step{answer(401, login), ok}, tokens{list: []string{"token-one", "token-two"}}, 2, "", nil},
		"renewed, other words":     {[]step{answer(401, "<html>"), ok}, tokens{list: []string{"token-one", "token-two"}}, 2, "", nil},
		"inside a 200":             {[]step{answer(200, `{"base_resp":{"status_code":1004}}`), ok}, tokens{list: []string{"token-one", "token-two"}}, 2, "", nil},
		"403, expired":             {[]step{answer(403, `{"error":"token expired"}`), ok}, tokens{list: []string{"token-one", "token-two"}}, 2, "", nil},
		"403, not the token":       {[]step{answer(403, wiretest.MessageError("permission_error", "no")), ok}, tokens{list: []string{"token-one", "token-two"}}, 1, "auth_refused", nil},
		"refused twice":            {[]step{answer(401, login)}, tokens{list: []string{"token-one", "token-two", "token-three"}}, 2, "auth_refused", nil},
		"no other token":           {[]step{answer(401, login)}, tokens{list: []string{"token-one"}}, 1, "auth_refused", nil},
		"the renewal fails":        {[]step{answer(401, login)}, tokens{list: []string{"token-one"}, err: denied}, 1, "", denied},
		"401 for another reason":   {[]step{answer(401, wiretest.MessageError("x", "balance (1008)"))}, tokens{list: []string{"token-one", "token-two"}}, 1, "billing", nil},
		"after a retry as well":    {[]step{answer(503, ""), answer(401, login), answer(503, ""), ok}, tokens{list: []string{"token-one", "token-two"}}, 4, "", nil},
		"with a space":             {[]step{ok}, tokens{list: []string{"token one"}}, 1, "", nil},
		"with a control character": {[]step{ok}, tokens{list: []string{"token-one\n"}}, 0, "config", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: c.steps}
				cl := client(s, 3)
				cl.Token = c.k.token
				o := wiretest.Collect(t, cl, wiretest.Hello())
				if len(s.times) != c.calls {
					t.Errorf("%d requests, want %d", len(s.times), c.calls)
				}
				e, _ := o.Err.(*wire.Error)
				switch {
				case c.err != nil && o.Err != c.err, c.class == "" && c.err == nil && o.Err != nil, c.class != "" && (e == nil || string(e.ErrClass) != c.class):
					t.Errorf("%v, want class %q", o.Err, c.class)
				}
				if len(o.Retries) > 2 || len(s.auth) > 1 && s.auth[0] != "Bearer token-one" {
					t.Errorf("%d retries, sent %q", len(o.Retries), s.auth)
				}
				if len(c.k.rejected) > 1 && !slices.Equal(c.k.rejected, []string{"", "token-one"}) {
					t.Errorf("rejected %q", c.k.rejected)
				}
				if e != nil && strings.Contains(e.Message, "token-one") {
					t.Errorf("the credential is in %q", e.Message)
				}
			})
		})
	}
}

// What the server said of a refused key stays known when its owner has no other.
func TestRefusedKeyKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cl := client(&script{steps: []step{answer(401, wiretest.MessageError("authentication_error", "login fail (1004)"))}}, 0)
		denied := &wire.Error{ErrClass: class.AuthRefused, Message: "lab refused the key of K"}
		cl.Token = (&tokens{list: []string{"token-one"}, err: denied}).token
		e, _ := wiretest.Collect(t, cl, wiretest.Hello()).Err.(*wire.Error)
		if e == nil || e.Message != denied.Message || !errors.Is(e, denied) || e.HTTPStatus != 401 || e.ProviderCode != "1004" {
			t.Errorf("%+v", e)
		}
	})
}

func TestErrorOfTheFirstTokenIsReturned(t *testing.T) {
	t.Parallel()
	denied := errors.New("not logged in")
	cl := client(&script{}, 3)
	cl.Token = func(context.Context, string) (string, error) { return "", denied }
	if o := wiretest.Collect(t, cl, wiretest.Hello()); o.Err != denied || len(o.Kinds) != 0 {
		t.Errorf("%v, %v", o.Err, o.Kinds)
	}
}

// classed is an error of a transport that knows its class, as a cassette's.
type classed struct{}

func (classed) Error() string { return "not in the cassette" }
func (classed) Class() string { return "no_input" }

func TestErrorWithAClassPassesThrough(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{refuse(classed{})}}
	if o := wiretest.Collect(t, client(s, 3), wiretest.Hello()); o.Err != (classed{}) || len(s.times) != 1 {
		t.Errorf("%v after %d requests", o.Err, len(s.times))
	}
	slow := &dial.TimeoutError{Addr: "h:1", Limit: time.Second}
	o := wiretest.Collect(t, client(&script{steps: []step{refuse(slow)}}, 0), wiretest.Hello())
	if e, ok := o.Err.(*wire.Error); !ok || e.ErrClass != class.Timeout || e.Err == nil || !errors.Is(e, slow) {
		t.Errorf("no connection in time: %#v", o.Err)
	}
}
