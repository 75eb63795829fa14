package messages

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// chunk is one write of a recorded stream: text, {"hex": …}, or a list of texts and {"repeat", "times"}.
func chunk(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []byte(s)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		var all []byte
		for _, part := range list {
			all = append(all, chunk(t, part)...)
		}
		return all
	}
	var o struct {
		Hex, Repeat string
		Times       int
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	if o.Hex != "" {
		b, err := hex.DecodeString(o.Hex)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	return []byte(strings.Repeat(o.Repeat, o.Times))
}

// pieces hands out a body in given pieces.
type pieces struct{ rest [][]byte }

func (p *pieces) Read(b []byte) (int, error) {
	for len(p.rest) > 0 && len(p.rest[0]) == 0 {
		p.rest = p.rest[1:]
	}
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[0])
	p.rest[0] = p.rest[0][n:]
	return n, nil
}

func (p *pieces) Close() error { return nil }

// roundTrip is a function as a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, kind string, body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: body}
}

type heard struct {
	text, thinking string
	tools          []Tool
	result         *Result
	err            error
	pauses         int
	retries        []RetryInfo
	requests       int
}

func listen(ctx context.Context, c *Client) heard {
	var h heard
	for ev, err := range c.Stream(ctx, &Request{Model: "m", MaxTokens: 1, Turns: []Turn{{Role: "user", Content: []Block{{Type: "text", Text: [][]byte{[]byte("q")}}}}}}) {
		if err != nil {
			h.err = err
			break
		}
		switch ev.Kind {
		case KindText:
			h.text += string(ev.Text)
		case KindThinking:
			h.thinking += string(ev.Text)
		case KindToolUse:
			h.tools = append(h.tools, *ev.Tool)
		case KindDone:
			h.result = ev.Result
		case KindPause:
			h.pauses++
		case KindRetry:
			h.retries = append(h.retries, *ev.Retry)
		case KindRequestStart:
			h.requests++
		}
	}
	return h
}

// TestCases replays the recorded streams, as they were cut and one byte at a time.
func TestCases(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../testdata/sse-cases/anthropic.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name    string
		Lenient bool
		Chunks  []json.RawMessage
		Outcome struct {
			Text         *string
			Thinking     *string
			Tools        []struct{ ID, Name string }
			StopReason   *string `json:"stop_reason"`
			OutputTokens *int64  `json:"output_tokens"`
			Complete     bool
			Error        *struct{ Type, Message *string }
		}
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		for _, bytewise := range []bool{false, true} {
			name := c.Name
			if bytewise {
				name += "/byte by byte"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var body pieces
				for _, raw := range c.Chunks {
					part := chunk(t, raw)
					for bytewise && len(part) > 1 {
						body.rest, part = append(body.rest, part[:1]), part[1:]
					}
					body.rest = append(body.rest, part)
				}
				kind := "text/event-stream"
				if strings.Contains(c.Name, "html") {
					kind = "text/html"
				}
				h := listen(t.Context(), &Client{BaseURL: "http://x", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
					return answer(200, kind, &body), nil
				})})
				if (h.err == nil && h.result != nil) != c.Outcome.Complete {
					t.Fatalf("complete %v, error %v", h.result != nil, h.err)
				}
				if want := c.Outcome.Text; want != nil && h.text != *want {
					t.Errorf("text %q, want %q", h.text, *want)
				}
				if len(h.tools) != len(c.Outcome.Tools) {
					t.Errorf("tools %v, want %v", h.tools, c.Outcome.Tools)
				}
				if want := c.Outcome.StopReason; h.result != nil && want != nil && h.result.StopReason != *want {
					t.Errorf("stop reason %q, want %q", h.result.StopReason, *want)
				}
				if want := c.Outcome.OutputTokens; h.result != nil && want != nil && h.result.Usage.OutputTokens != *want {
					t.Errorf("%d output tokens, want %d", h.result.Usage.OutputTokens, *want)
				}
				if e := c.Outcome.Error; e != nil && e.Message != nil && (h.err == nil || !strings.Contains(h.err.Error(), *e.Message)) {
					t.Errorf("error %v, want %q", h.err, *e.Message)
				}
			})
		}
	}
}

// TestClassify holds the error bodies seen in the wild against the class and whether they are tried again.
func TestClassify(t *testing.T) {
	t.Parallel()
	minimax := func(msg string) string {
		return `{"type":"error","error":{"type":"api_error","message":"` + msg + `"},"request_id":"r1"}`
	}
	cases := []struct {
		name   string
		status int
		body   string
		class  string
		retry  bool
	}{
		{"balance is a 500", 500, minimax("insufficient balance (1008)"), "billing", false},
		{"plan is a 500", 500, minimax("plan does not include model (2061)"), "billing", false},
		{"unknown error", 500, minimax("unknown error, 999 (1000)"), "server_error", true},
		{"window", 400, minimax("invalid params, context window exceeds limit (2013)"), "context_length", false},
		{"unknown model", 400, minimax("invalid params, unknown model 'x' (2013)"), "invalid_request", false},
		{"sensitive image is a 500", 500, minimax("image is sensitive (1026)"), "refusal", false},
		{"login fail", 401, minimax("login fail (1004)"), "auth_refused", false},
		{"plan window", 429, `{"type":"error","error":{"type":"rate_limit_error","message":"used up, resets at 2026-05-15T15:00:00Z (2056)"}}`, "quota", false},
		{"rate limit", 429, `{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}`, "rate_limit", true},
		{"anthropic overloaded", 529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, "overloaded", true},
		{"anthropic too long", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens"}}`, "context_length", false},
		{"xai string", 403, `{"code":"x","error":"no"}`, "billing", false},
		{"html", 502, "<html><title>Bad\u202e gateway</title>", "server_error", true},
		{"nothing", 404, "", "invalid_request", false},
		{"too large", 413, "", "context_length", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := listen(t.Context(), &Client{BaseURL: "http://x", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return answer(c.status, "application/json", io.NopCloser(strings.NewReader(c.body))), nil
			})})
			e, ok := errors.AsType[*Error](h.err)
			if !ok || e.ErrClass != c.class || e.Retryable != c.retry || e.HTTPStatus != c.status {
				t.Fatalf("%+v, want class %s, retry %v", e, c.class, c.retry)
			}
			if strings.ContainsAny(e.Message, "\n\x1b\u202e") {
				t.Errorf("message %q", e.Message)
			}
			if c.class == "quota" && !e.RetryAt.Equal(time.Date(2026, 5, 15, 15, 0, 0, 0, time.UTC)) {
				t.Errorf("retry at %v", e.RetryAt)
			}
		})
	}
}

// TestCredential: one header, one renewal after a 401, and never a third request.
func TestCredential(t *testing.T) {
	t.Parallel()
	var sent []string
	c := &Client{
		BaseURL: "http://x/v1/", Scheme: Bearer,
		Token: func(_ context.Context, rejected string) (string, error) {
			return map[string]string{"": "old", "old": "new"}[rejected], nil
		},
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.String() != "http://x/v1/messages" || r.Header.Get("X-Api-Key") != "" {
				t.Errorf("request to %s with %v", r.URL, r.Header)
			}
			sent = append(sent, r.Header.Get("Authorization"))
			return answer(401, "application/json", io.NopCloser(strings.NewReader(`{"error":{"type":"authentication_error","message":"no"}}`))), nil
		}),
	}
	h := listen(t.Context(), c)
	if got := strings.Join(sent, ","); got != "Bearer old,Bearer new" {
		t.Errorf("sent %s", got)
	}
	if e, ok := errors.AsType[*Error](h.err); !ok || e.ErrClass != "auth_refused" {
		t.Errorf("error %v", h.err)
	}
}

// TestBody: what is read is valid JSON of the size that was announced, whatever the buffer.
func TestBody(t *testing.T) {
	t.Parallel()
	text := "line\r\n\ttab \"quote\" \\ \x01 é 😀 </s>"
	r := &Request{
		Model: "m", System: "s\n", MaxTokens: 7, Stop: []string{"x"}, Thinking: &Thinking{Type: "enabled", Budget: 1024}, Effort: "low",
		Turns: []Turn{{Role: "user", Content: []Block{
			{Type: "text", Text: [][]byte{[]byte(text[:20]), []byte(text[20:])}},
			{Type: "image", MediaType: "image/png", Data: []byte("12345678")},
		}}},
	}
	size, open := r.Body()
	for _, step := range []int{1, 2, 3, 5, 7, 4096} {
		var all []byte
		buf := make([]byte, step)
		for b := open(); ; {
			n, err := b.Read(buf)
			all = append(all, buf[:n]...)
			if err != nil {
				break
			}
		}
		if int64(len(all)) != size {
			t.Fatalf("step %d: %d bytes, announced %d", step, len(all), size)
		}
		var doc struct {
			System   string
			Messages []struct {
				Content []struct {
					Text   string
					Source struct{ Data []byte }
				}
			}
		}
		if err := json.Unmarshal(all, &doc); err != nil {
			t.Fatalf("step %d: %v\n%s", step, err, all)
		}
		if got := doc.Messages[0].Content; got[0].Text != text || string(got[1].Source.Data) != "12345678" || doc.System != "s\n" {
			t.Errorf("step %d: %+v", step, doc)
		}
	}
}

// TestTextDeltaAllocates holds the hot path at nothing per delta.
func TestTextDeltaAllocates(t *testing.T) {
	data := []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a \"b\" \n c"}}`)
	d := &decoder{a: &attempt{started: time.Now()}, yield: func(Event, error) bool { return true }}
	n := testing.AllocsPerRun(1000, func() {
		raw, ok := textDelta(data)
		if !ok || !d.text(raw) {
			t.Fatal("not a text delta")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a delta", n)
	}
}

// FuzzTextDelta: the fast path says the same as the general one, or nothing.
func FuzzTextDelta(f *testing.F) {
	f.Add([]byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\"}}"}}`))
	f.Add([]byte(`{"type":"content_block_delta","index":12,"delta":{"type":"text_delta","text":"x","more":{"y":"z"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, ok := textDelta(data)
		if !ok || !json.Valid(data) {
			return
		}
		var doc struct{ Delta struct{ Text string } }
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		if got, ok := unescape(nil, raw); !ok || string(got) != doc.Delta.Text {
			t.Errorf("%q, want %q", got, doc.Delta.Text)
		}
	})
}
