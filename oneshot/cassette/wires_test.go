package cassette

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
)

// TestEveryWire: the first request of a recording says what a replay has to ask, whatever API it is of, and what was recorded
// behind one base URL is found behind another.
func TestEveryWire(t *testing.T) {
	t.Parallel()
	for end, p := range map[string]wire.Protocol{
		"/v1/messages": anthropic.Protocol{}, "/chat/completions": chat.Protocol{}, "/v2/chat/completions": chat.Protocol{CompletionTokens: true},
		"/v1/responses": responses.Protocol{}, "/models/m:streamGenerateContent": gemini.Protocol{},
	} {
		var tape bytes.Buffer
		rec := recorder(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 418, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("tea"))}, nil
		}), &tape, nil)
		r := &wire.Request{Model: "m", MaxTokens: 99, Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{wire.TextPart([]byte("hi"))}}}}
		ask := func(base string, rt http.RoundTripper) (status int) {
			for ev, err := range (&wire.Client{Protocol: p, BaseURL: base, Transport: rt}).Stream(t.Context(), r) {
				if err == nil && ev.Kind == wire.KindRequestEnd {
					status = ev.Request.HTTPStatus
				}
			}
			return status
		}
		ask("http://host/account/v1", rec)
		if err := rec.out.end(); err != nil {
			t.Fatal(err)
		}
		play, err := NewReplayer(&tape)
		if err != nil {
			t.Fatal(err)
		}
		if q := play.First(); q.Model != "m" || q.MaxTokens != 99 || !strings.HasSuffix(end, q.Path) || strings.Contains(q.Path, "account") {
			t.Errorf("%s: %+v", end, q)
		}
		if got := ask("http://elsewhere/other", play); got != 418 {
			t.Errorf("%s: replayed with status %d", end, got)
		}
	}
}
