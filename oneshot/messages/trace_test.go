package messages

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
)

const canary = "sk-cp-canary-0123456789-last"

// traced runs a request and returns its trace.
func traced(t *testing.T, c *Client) string {
	t.Helper()
	var lines []string
	c.Trace = func(line string) {
		if strings.ContainsAny(line, "\n\r\x1b") {
			t.Errorf("control characters in %q", line)
		}
		lines = append(lines, line)
	}
	collect(t, c, hello())
	return strings.Join(lines, "\n") + "\n"
}

func TestTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := `{"error":{"type":"authentication_error","message":"key ` + canary + ` is wrong"}}`
		s := &script{steps: []step{
			answer(401, refused, "Set-Cookie", "session="+canary, "X-Echo", "you sent "+canary),
			answer(529, ""),
			answer(200, messageStart+textOf("a", canary, "c", `d\u001b[2J`)+messageEnd, "Trace-Id", "id-1"),
		}}
		c := client(s, 1)
		c.BaseURL = "https://user:" + canary + "@h/anthropic?key=" + canary
		c.Header = http.Header{"X-Team-Key": {canary}, "User-Agent": {"hermes/1"}, "Cookie": {canary + " tail"}}
		c.Scheme = Bearer
		n := 0
		c.Token = func(context.Context, string) (string, error) {
			n++
			return []string{canary, canary + "2"}[n-1], nil
		}
		out := traced(t, c)
		if strings.Contains(out, canary[:15]) {
			t.Errorf("the trace holds a secret:\n%s", out)
		}
		for _, want := range []string{
			"> POST https://h/anthropic/v1/messages (", "> authorization: Bearer ****last\n", "> authorization: Bearer ****ast2\n",
			"> x-team-key: ****last\n", "> user-agent: hermes/1\n", "> anthropic-version: 2023-06-01\n",
			"< x-echo: you sent ****last\n", "< set-cookie: ****last\n", "* overloaded: next attempt in ", "< trace-id: id-1\n",
			"< event 7: message_stop {\"type\":\"message_stop\"}\n", "[2J", "* attempt 3: 7 events,", "whole\n",
			"end after 0s: key ****last is wrong\n",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if strings.Contains(out, "< event 1:") {
			t.Error("all events are traced")
		}
	})
}

func TestMasked(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"Authorization", "Bearer " + canary, "Bearer ****last"},
		{"Authorization", "Bearer short", "Bearer ****"},
		{"authorization", "Basic dXNlcjpwYXNzd29yZA==", "Basic ****ZA=="},
		{"Cookie", "first=secret; second=" + canary, "****last"},
		{"X-Api-Key", canary, "****last"},
		{"Proxy-Authorization", "x", "****"},
		{"Content-Type", "application/json", "application/json"},
	} {
		if got := masked(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %s", c[0], got)
		}
	}
}

// TestHide: a secret that a server repeats is masked however it is cut, spaced or disguised, and no part of it is left by
// the end of the line.
func TestHide(t *testing.T) {
	t.Parallel()
	a := &attempt{s: &stream{token: canary, hidden: hidden([]string{"Team word-of-team-01", "short"}, &url.URL{RawQuery: "key=quer%79-value-02&flag-value-03&n=1"})}}
	long := strings.Repeat("x", maxMessage-9)
	for in, want := range map[string]string{
		"a " + canary + " b":          "a ****last b",
		canary + canary:               "****last****last",
		strings.ToUpper(canary) + "!": "****last!",
		"sk-cp-\u200bcanary\u2060-01\ufe0f234\u00ad567\u034f89-la\u0301st.":        "****last.",
		"sk-cp- canary-\n0123\t456789 -last":                                       "****last",
		long + canary:                                                              long + "****last",
		"the word-of-team-01, TEAM word-of-team-01":                                "the ****m-01, ****m-01",
		"query-value-02 quer%79-value-02 flag-value-03 short n":                    "****e-02 ****e-02 ****e-03 short n",
		unescaped(`{"k":"sk-cp-\u0063anary-0123456789\u200b-last\/\ud83d\ude00"}`): `{"k":"****last/\ud83d\ude00"}`,
		unescaped(`\u12`): `\u12`,
	} {
		if got := a.clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestNoTraceCostsNothing(t *testing.T) {
	a := &attempt{s: &stream{c: &Client{}}}
	if n := testing.AllocsPerRun(100, func() { a.traceEnd(nil); a.traceRequest(nil); a.traceResponse(nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
