package wire_test

import (
	"net/http"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

// TestAnswersOfAnotherWire are not asked for again; an event of no known kind alone is passed over.
func TestAnswersOfAnotherWire(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]wire.API{
		`{"object":"chat.completion","choices":[]}`:                                wire.Chat,
		"data: {\"object\":\"chat.completion.chunk\",\"choices\":[]}\n\n":          wire.Chat,
		"event: response.created\ndata: {\"type\":\"response.created\"}\n\n":       "",
		"data: {\"type\":\"response.created\",\"response\":{}}\n\n":                wire.Responses,
		`{"object":"response","output":[]}`:                                        wire.Responses,
		"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]}}]}\n\n": wire.Gemini,
		"data: {\"type\":\"weather\"}\n\n":                                         "",
	} {
		e, ok := wiretest.Collect(t, client(&script{steps: []step{answer(200, body)}}, 0), wiretest.Hello()).Err.(*wire.Error)
		if !ok || e.ErrClass != "protocol" || e.API != want || e.Retryable != (want == "") {
			t.Errorf("%s: %+v", body, e)
		}
	}
}

// TestRedirectIsNamed without what could be secret.
func TestRedirectIsNamed(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"https://u:p@new.example/a/v1/messages?k=v#f": "https://new.example/a/v1/messages",
		"/login":    "https://api.example/login",
		"":          "",
		"ht!tp://%": "",
	} {
		s := &script{steps: []step{answer(http.StatusFound, "", "Location", location)}}
		e, ok := wiretest.Collect(t, client(s, 3), wiretest.Hello()).Err.(*wire.Error)
		if !ok || e.Redirect != want || len(s.times) != 1 {
			t.Errorf("%q: %+v", location, e)
		}
	}
}
