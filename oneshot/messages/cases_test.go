package messages

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// sseCase is one case of testdata/sse-cases/anthropic.json.
type sseCase struct {
	Name    string
	Chunks  []string
	Outcome struct {
		Text, Thinking string
		Tools          []struct {
			ID, Name string
			Input    json.RawMessage
		}
		StopReason   *string `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
		OutputTokens *int64  `json:"output_tokens"`
		Error        *struct{ Type, Message *string }
		Complete     bool
	}
}

func loadCases(t testing.TB) []sseCase {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/sse-cases/anthropic.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []sseCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// answerer is a RoundTripper that answers every request alike, reading its body first.
type answerer struct {
	status int
	header http.Header
	body   func() io.Reader
}

func (a answerer) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	r.Body.Close()
	h := a.header
	if h == nil {
		h = http.Header{"Content-Type": {"text/event-stream"}}
	}
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", Header: h,
		Body: io.NopCloser(a.body()), Request: r,
	}, nil
}

// outcome is what a consumer saw of one Stream.
type outcome struct {
	kinds    []Kind // without KindPause
	text     strings.Builder
	thinking strings.Builder
	tools    []Tool
	starts   []*RequestInfo
	ends     []*RequestInfo
	retries  []*RetryInfo
	response *ResponseInfo
	result   *Result
	pauses   int
	err      error
}

func collect(t testing.TB, c *Client, r *Request) *outcome { return collectCtx(t, t.Context(), c, r) }

// collectCtx runs a request to its end and keeps everything.
func collectCtx(t testing.TB, ctx context.Context, c *Client, r *Request) *outcome {
	t.Helper()
	o := &outcome{}
	for ev, err := range c.Stream(ctx, r) {
		if o.err != nil {
			t.Error("an event after the error")
		}
		if o.err = err; err == nil {
			o.take(ev)
		}
	}
	return o
}

func (o *outcome) take(ev Event) {
	if ev.Kind == KindPause {
		o.pauses++
		return
	}
	o.kinds = append(o.kinds, ev.Kind)
	switch ev.Kind {
	case KindText:
		o.text.Write(ev.Text)
	case KindThinking:
		o.thinking.Write(ev.Text)
	case KindToolUse:
		o.tools = append(o.tools, *ev.Tool)
	case KindRequestStart:
		o.starts = append(o.starts, ev.Request)
	case KindRequestEnd:
		o.ends = append(o.ends, ev.Request)
	case KindRetry:
		o.retries = append(o.retries, ev.Retry)
	case KindResponse:
		o.response = ev.Response
	case KindDone:
		o.result = ev.Result
	}
}

func hello() *Request {
	return &Request{Model: "m", MaxTokens: 10, Tools: true, Turns: []Turn{{Role: "user", Content: []Block{{Type: "text", Text: [][]byte{[]byte("hi")}}}}}}
}

// streamOf runs a body through a whole client.
func streamOf(t testing.TB, body io.Reader) *outcome {
	t.Helper()
	return collect(t, &Client{BaseURL: "http://h", Transport: answerer{status: 200, body: func() io.Reader { return body }}}, hello())
}

func TestRecordedStreams(t *testing.T) {
	t.Parallel()
	for _, c := range loadCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			whole := strings.Join(c.Chunks, "")
			var given []io.Reader
			for _, chunk := range c.Chunks {
				given = append(given, strings.NewReader(chunk))
			}
			check := func(how string, body io.Reader) {
				t.Helper()
				o := streamOf(t, body)
				checkCase(t, how, c, o)
			}
			check("as given", io.MultiReader(given...))
			check("byte by byte", iotest.OneByteReader(strings.NewReader(whole)))
			check("half reads", iotest.HalfReader(strings.NewReader(whole)))
		})
	}
}

func checkCase(t *testing.T, how string, c sseCase, o *outcome) {
	t.Helper()
	want := c.Outcome
	if o.text.String() != want.Text || o.thinking.String() != want.Thinking {
		t.Errorf("%s: text %q, thinking %q", how, o.text.String(), o.thinking.String())
	}
	if len(o.tools) != len(want.Tools) {
		t.Fatalf("%s: %d tools, want %d", how, len(o.tools), len(want.Tools))
	}
	for i, tool := range want.Tools {
		if got := o.tools[i]; got.ID != tool.ID || got.Name != tool.Name || !sameJSON(got.Input, tool.Input) {
			t.Errorf("%s: tool %+v (%s)", how, got, got.Input)
		}
	}
	end := o.ends[0]
	if want.OutputTokens != nil && end.Usage.OutputTokens != *want.OutputTokens {
		t.Errorf("%s: %d output tokens", how, end.Usage.OutputTokens)
	}
	if (o.result != nil) != want.Complete || (o.err == nil) != want.Complete {
		t.Fatalf("%s: result %v, error %v, complete is %v", how, o.result, o.err, want.Complete)
	}
	if want.Complete {
		if o.result.StopReason != *want.StopReason || o.result.Usage != end.Usage {
			t.Errorf("%s: result %+v", how, o.result)
		}
		return
	}
	e := o.err.(*Error)
	if want.Error == nil {
		if e.ErrClass != "protocol" || !e.Retryable {
			t.Errorf("%s: %+v, want protocol", how, e)
		}
		return
	}
	if want.Error.Type != nil && e.ProviderCode != *want.Error.Type || want.Error.Message != nil && e.Message != *want.Error.Message {
		t.Errorf("%s: error %+v", how, e)
	}
	if c.Name == "error-midway" && e.ErrClass != "overloaded" || c.Name == "base-resp-error-in-200" && e.ErrClass != "rate_limit" {
		t.Errorf("%s: class %s", how, e.ErrClass)
	}
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	ax, _ := json.Marshal(x)
	by, _ := json.Marshal(y)
	return bytes.Equal(ax, by)
}

const (
	messageStart = `event: message_start` + "\n" + `data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"MiniMax-M2.7","content":[],"usage":{"input_tokens":0,"output_tokens":0}}}` + "\n\n"
	messageEnd   = `event: message_delta` + "\n" + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":5}}` + "\n\n" +
		`event: message_stop` + "\n" + `data: {"type":"message_stop"}` + "\n\n"
)

// event writes one event as the API does.
func event(data string) string {
	var doc struct{ Type string }
	_ = json.Unmarshal([]byte(data), &doc)
	return "event: " + doc.Type + "\ndata: " + data + "\n\n"
}

// textOf writes deltas whose texts are given as JSON string contents.
func textOf(raw ...string) string {
	var b strings.Builder
	for _, r := range raw {
		b.WriteString(event(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + r + `"}}`))
	}
	return b.String()
}
