package anthropic

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

// classified runs a body through a whole client, whose credential is a canary.
func classified(t testing.TB, status int, body string) *wire.Error {
	t.Helper()
	c := &wire.Client{
		Protocol: Protocol{}, BaseURL: "http://h", Token: func(context.Context, string) (string, error) { return "sk-secret-canary", nil },
		Transport: wiretest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: func() io.Reader { return strings.NewReader(body) }},
	}
	return wiretest.Collect(t, c, wiretest.Hello()).Error()
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{400, wiretest.MessageError("x", "unknown model 'y' (2013)"), "unknown model 'y' (2013)"},
		{500, `{"error":"flat"}`, "flat"},
		{500, `{"message":"flat"}`, "flat"},
		{500, `{"error":{"code":1}}`, `status 500 Internal Server Error: {"error":{"code":1}}`},
		{502, "", "status 502 Bad Gateway"},
		{599, "", "status 599"},
		{502, "<html><head><TITLE>502\nBad</TITLE>", `status 502 Bad Gateway, an HTML page ("502 Bad")`},
		{502, "<html>no title", "status 502 Bad Gateway, an HTML page"},
		{502, "<title>open", "status 502 Bad Gateway, an HTML page"},
		{500, "plain \x1b[31mred\x07 words\r\nhere \u202egnorw", "status 500 Internal Server Error: plain [31mred words here gnorw"},
		{500, wiretest.MessageError("x", "key sk-secret-canary refused"), "key ****nary refused"},
		{500, `{"error":{"message":"` + strings.Repeat("long ", 200) + `"}}`, strings.Repeat("long ", 100) + "…"},
		{500, "\xff\xfe", "status 500 Internal Server Error: \ufffd"},
	} {
		if got := classified(t, c.status, c.body).Message; got != c.want {
			t.Errorf("%.60s:\n%s\n%s", c.body, got, c.want)
		}
	}
}
