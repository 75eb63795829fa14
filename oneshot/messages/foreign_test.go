package messages

import (
	"net/http"
	"testing"
)

// TestForeign: which refusals say that the server knows no such path, and of which wire it is by its words.
func TestForeign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   Wire
	}{
		{404, `{"type":"error","error":{"type":"not_found_error","message":"Not found"}}`, ""},
		{404, minimax("not_found_error", "no such thing"), ""},
		{404, `{"error":{"message":"The model x does not exist","type":"invalid_request_error","param":null}}`, ""},
		{400, `{"error":{"message":"no","type":"invalid_request_error","param":null}}`, ""},
		{500, "page not found", ""},
		{404, `{"error":{"message":"Invalid URL","type":"invalid_request_error","param":null}}`, ChatCompletions},
		{404, `{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}`, Gemini},
		{404, `[{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}]`, Gemini},
		{404, `{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}`, Unknown},
		{404, `{"detail":"Not Found"}`, Unknown},
		{404, "404 page not found", Unknown},
		{405, "", Unknown},
		{404, "<html><title>404</title>", Unknown},
		{404, "[]", Unknown},
	} {
		if e := classified(c.status, c.body); e.Wire != c.want || e.ErrClass != "invalid_request" && c.status != 500 {
			t.Errorf("%d %s: %q, %+v", c.status, c.body, e.Wire, e)
		}
	}
}

// TestAnswersOfAnotherWire are not asked for again; an event of no known kind alone is passed over.
func TestAnswersOfAnotherWire(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Wire{
		`{"object":"chat.completion","choices":[]}`:                                ChatCompletions,
		"data: {\"object\":\"chat.completion.chunk\",\"choices\":[]}\n\n":          ChatCompletions,
		"event: response.created\ndata: {\"type\":\"response.created\"}\n\n":       "",
		"data: {\"type\":\"response.created\",\"response\":{}}\n\n":                Responses,
		`{"object":"response","output":[]}`:                                        Responses,
		"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]}}]}\n\n": Gemini,
		"data: {\"type\":\"weather\"}\n\n":                                         "",
	} {
		e, ok := collect(t, client(&script{steps: []step{answer(200, body)}}, 0), hello()).err.(*Error)
		if !ok || e.ErrClass != "protocol" || e.Wire != want || e.Retryable != (want == "") {
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
		e, ok := collect(t, client(s, 3), hello()).err.(*Error)
		if !ok || e.Redirect != want || len(s.times) != 1 {
			t.Errorf("%q: %+v", location, e)
		}
	}
}
