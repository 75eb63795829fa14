package wire

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"hermes/oneshot/class"
)

// TestStrict: which schemas OpenAI's strict mode takes.
func TestStrict(t *testing.T) {
	t.Parallel()
	object := func(rest string) string { return `{"type":"object","additionalProperties":false` + rest + `}` }
	const open = `{"type":"object","properties":{}}`
	for schema, want := range map[string]bool{
		object(``): true, object(`,"properties":{"a":{"type":"string"}},"required":["a"]`): true, object(`,"properties":{"a":` + object(``) + `},"required":["a"]`): true,
		`{"type":"string"}`: false, `[]`: false, `{`: false, open: false, `{"type":"object","additionalProperties":true}`: false, `{"type":["object"],"properties":{},"additionalProperties":false}`: false,
		object(`,"properties":{"a":{},"b":{}},"required":["a"]`): false, object(`,"properties":{"a":{}}`): false, object(`,"properties":{"a":` + open + `},"required":["a"]`): false,
		object(`,"$defs":{"d":` + object(``) + `}`): true, object(`,"$defs":{"d":` + open + `}`): false, object(`,"definitions":{"d":{"properties":{}}}`): false,
		object(`,"anyOf":[{"type":"null"},` + object(``) + `]`): true, object(`,"anyOf":[{"type":"null"},` + open + `]`): false, object(`,"items":` + open): false,
		object(`,"oneOf":[]`): false, object(`,"not":{}`): false, object(`,"default":` + open): true, object(`,"enum":[` + open + `]`): true, object(`,"title":"t"`): true,
	} {
		if got := Strict(json.RawMessage(schema)); got != want {
			t.Errorf("%s: %v", schema, got)
		}
	}
}

// TestFitName: a name as every wire takes it.
func TestFitName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"aA0_-zZ9": "aA0_-zZ9", "@[`{/:": "______", "a.b é": "a_b__", "": "_", strings.Repeat("x", 64): strings.Repeat("x", 64), strings.Repeat("x", 65): strings.Repeat("x", 64),
	} {
		if got := FitName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestArguments: a call's arguments are JSON, whatever the model wrote, and not a text of JSON.
func TestArguments(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"": "{}", " \n": "{}", `{"a":1}`: `{"a":1}`, `7`: `7`, `"{\"a\":1}"`: `{"a":1}`, `" {} "`: `{}`, `"{"`: `"{"`, `"word"`: `"word"`, `"[1]"`: `"[1]"`, `a word`: `"a word"`, `{"a"`: `"{\"a\""`,
	} {
		if got := string(Arguments([]byte(raw))); got != want {
			t.Errorf("%q: %s, want %s", raw, got, want)
		}
	}
}

// TestHold: what is kept of one answer is bounded, and nothing is kept where no tool is offered.
func TestHold(t *testing.T) {
	t.Parallel()
	s := Sink{a: &attempt{s: &stream{r: &Request{}}}}
	if err := s.Hold(maxHeld); err != nil {
		t.Error(err)
	}
	if f, ok := s.Hold(1).(*Failure); !ok || f.Class != class.Protocol || f.Retryable || !strings.Contains(f.Message, "256 MB") {
		t.Errorf("%+v", f)
	}
	for want, r := range []*Request{{}, {Keep: true}, {Tools: []Tool{{}}}} {
		s := Sink{a: &attempt{s: &stream{r: r}}}
		if s.Keep(Part{}); len(s.Result().Turn) != min(want, 1) || s.Keeps() != (want > 0) {
			t.Errorf("%+v: %d parts", r, len(s.Result().Turn))
		}
	}
}

// TestShape: what a body is by its first bytes, however they come.
func TestShape(t *testing.T) {
	t.Parallel()
	const mark = byteOrderMark
	for body, want := range map[string][2]shape{ // without and with the type of a stream
		"":                                      {shapeEmpty, shapeEmpty},
		mark:                                    {shapeEmpty, shapeEmpty},
		mark + " \r\n":                          {shapeEmpty, shapeEmpty},
		mark[:2]:                                {shapeOther, shapeOther},
		" {":                                    {shapeJSON, shapeJSON},
		mark + "[":                              {shapeJSON, shapeJSON},
		"\n<p>":                                 {shapePage, shapePage},
		"data: x":                               {shapeStream, shapeStream},
		"event:":                                {shapeStream, shapeStream},
		"id:1":                                  {shapeStream, shapeStream},
		"retry:1":                               {shapeStream, shapeStream},
		": ping":                                {shapeStream, shapeStream},
		mark + ":":                              {shapeStream, shapeStream},
		"dat":                                   {shapeOther, shapeStream},
		"date: x":                               {shapeOther, shapeStream},
		"words":                                 {shapeOther, shapeStream},
		strings.Repeat("\n", maxHead) + "data:": {shapeOther, shapeStream},
		strings.Repeat("\n", maxHead-1) + "{":   {shapeJSON, shapeJSON},
		strings.Repeat("\n", maxHead-5) + "data:": {shapeStream, shapeStream},
	} {
		for i, declared := range []bool{false, true} {
			for how, r := range map[string]io.Reader{"at once": strings.NewReader(body), "byte by byte": iotest.OneByteReader(strings.NewReader(body))} {
				a := &attempt{body: &download{ReadCloser: io.NopCloser(r), first: &clock{}, idle: &clock{}}}
				got, head, err := a.look(declared)
				if rest, _ := io.ReadAll(r); got != want[i] || err != nil || string(head)+string(rest) != body {
					t.Errorf("%.20q of %d bytes, declared %v, %s: shape %d, want %d; %v", body, len(body), declared, how, got, want[i], err)
				}
			}
		}
	}
	broken := &attempt{body: &download{ReadCloser: io.NopCloser(iotest.ErrReader(context.Canceled)), first: &clock{}, idle: &clock{}}}
	if _, _, err := broken.look(true); err != errBroken || broken.body.err != context.Canceled {
		t.Errorf("%v, %v", err, broken.body.err)
	}
}

// asked is a protocol of which only the name is wanted.
type asked struct{ Protocol }

func (asked) API() API { return Messages }

// TestFailure: what an error says of the server's API, of its request, and of when to try again.
func TestFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		reset := now.Add(time.Hour)
		used := Quota{Requests: Allowance{Remaining: new(int64(0)), ResetAt: reset}}
		for name, c := range map[string]struct {
			f             Failure
			info          RequestInfo
			retry         retryHeader
			api, asked    API
			id, message   string
			at            time.Time
			after         time.Duration
			noRetry, last bool
		}{
			"nothing":                {f: Failure{Body: []byte("b")}, info: RequestInfo{HTTPStatus: 418}, message: "status 418 I'm a teapot: b", noRetry: true},
			"another API":            {f: Failure{Message: "m", API: Chat, Retryable: true}, api: Chat, asked: Messages, message: "m"},
			"an id in the body":      {f: Failure{Message: "m", RequestID: "body"}, id: "body", message: "m", noRetry: true},
			"an id in the header":    {f: Failure{Message: "m", RequestID: "body"}, info: RequestInfo{RequestID: "header"}, id: "header", message: "m", noRetry: true},
			"a wait in the body":     {f: Failure{Message: "m", RetryAfter: 1}, message: "m", at: now.Add(1), after: 1, noRetry: true},
			"a wait in both":         {f: Failure{Message: "m", RetryAfter: time.Minute}, retry: retryHeader{1, now.Add(1)}, message: "m", at: now.Add(1), after: 1, noRetry: true},
			"a time in the body":     {f: Failure{Message: "m", RetryAfter: time.Minute, RetryAt: reset}, message: "m", at: reset, after: time.Minute, noRetry: true},
			"a limit that is used":   {f: Failure{Message: "m", Class: class.RateLimit}, info: RequestInfo{Quota: used}, message: "m", at: reset, noRetry: true},
			"a quota that is used":   {f: Failure{Message: "m", Class: class.Quota, Final: true}, info: RequestInfo{Quota: used}, message: "m", at: reset, noRetry: true, last: true},
			"a limit with a wait":    {f: Failure{Message: "m", Class: class.RateLimit}, info: RequestInfo{Quota: used}, retry: retryHeader{1, now.Add(1)}, message: "m", at: now.Add(1), after: 1, noRetry: true},
			"no matter of the limit": {f: Failure{Message: "m", Class: class.Overloaded}, info: RequestInfo{Quota: used}, message: "m", noRetry: true},
		} {
			a := &attempt{s: &stream{c: &Client{Protocol: asked{}}}, info: c.info, retry: c.retry}
			e := a.failure(c.f)
			if e.API != c.api || e.Asked != c.asked || e.RequestID != c.id || e.Message != c.message || !e.RetryAt.Equal(c.at) || a.retry.after != c.after || e.Retryable == c.noRetry || e.final != c.last {
				t.Errorf("%s: %+v, wait %v", name, e, a.retry.after)
			}
		}
	})
}

// TestPlace: the place that is asked holds no name, no password and no fragment, which net/http would send.
func TestPlace(t *testing.T) {
	t.Parallel()
	u, err := Endpoint(here{}, "http://user:pass@h/a?k=v#f", nil)
	if err != nil || u.String() != "http://h/a?k=v" {
		t.Errorf("%s, %v", u, err)
	}
}

// here asks the base itself.
type here struct{ asked }

func (here) Endpoint(base *url.URL, _ *Request) *url.URL { return base }
