package wire_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

const canary = "sk-cp-canary-0123456789-last"

// traced runs a request and returns its trace.
func traced(t *testing.T, c *wire.Client) string {
	t.Helper()
	var lines []string
	c.Trace = func(line string) {
		if strings.ContainsAny(line, "\n\r\x1b") {
			t.Errorf("control characters in %q", line)
		}
		lines = append(lines, line)
	}
	wiretest.Collect(t, c, wiretest.Hello())
	return strings.Join(lines, "\n") + "\n"
}

func TestTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := `{"error":{"type":"authentication_error","message":"key ` + canary + ` is wrong"}}`
		s := &script{steps: []step{
			answer(401, refused, "Set-Cookie", "session="+canary, "X-Echo", "you sent "+canary),
			answer(529, ""),
			answer(200, wiretest.MessageStart+wiretest.MessageText("a", canary, "c", `d\u001b[2J`)+wiretest.MessageEnd, "Trace-Id", "id-1"),
		}}
		c := client(s, 1)
		c.BaseURL = "https://user:" + canary + "@h/anthropic?key=" + canary
		c.Header = http.Header{"X-Team-Key": {canary}, "User-Agent": {"hermes/1"}, "Cookie": {canary + " tail"}}
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
