package cli

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"hermes/oneshot/cassette"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
	"hermes/provider"
)

type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

// TestReplaySpeaksAsRecorded: a recording is played by the protocol that its path and its body tell, without a home.
func TestReplaySpeaksAsRecorded(t *testing.T) {
	t.Parallel()
	const chatAnswer = `{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}`
	for _, c := range []struct {
		p      wire.Protocol
		answer answer
	}{
		{anthropic.Protocol{APIKey: true}, `{"type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}`},
		{chat.Protocol{}, chatAnswer},
		{chat.Protocol{CompletionTokens: true, Developer: true, NoUsageOption: true}, chatAnswer},
		{responses.Protocol{}, `{"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}`},
		{responses.Protocol{NoObfuscation: true}, `{"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}`},
		{gemini.Protocol{}, `{"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}`},
	} {
		file := filepath.Join(t.TempDir(), "tape")
		rec, err := cassette.Open(file, "")
		if err != nil {
			t.Fatal(err)
		}
		ask := func(cl *wire.Client, model string, tokens int) (text string, err error) {
			r := &wire.Request{Model: model, System: "be brief", DefaultTokens: tokens, Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{wire.TextPart([]byte("hello"))}}}}
			for ev, bad := range cl.Stream(t.Context(), r) {
				if err = bad; err == nil && ev.Kind == wire.KindText {
					text += string(ev.Text)
				}
			}
			return text, err
		}
		if _, err := ask(&wire.Client{Protocol: c.p, BaseURL: "http://h/v1", Transport: rec.Over(c.answer, nil)}, "m", 100); err != nil {
			t.Fatalf("%+v: %v", c.p, err)
		}
		play, err := cassette.Open("", file)
		if err != nil {
			t.Fatal(err)
		}
		to, err := replayed(play.Player, provider.Flags{}, nil, errors.New("nobody to ask"))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := ask(&wire.Client{Protocol: to.Protocol, BaseURL: to.BaseURL, Transport: to.Transport}, to.Model, to.MaxTokens); text != "hi" || err != nil {
			t.Errorf("%T %+v: %q, %v", c.p, c.p, text, err)
		}
	}
}
