package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// notebook is a writer that may be read while the server writes.
type notebook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// lines decodes the log; every line must be one JSON object.
func (n *notebook) lines(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(n.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		out = append(out, v)
	}
	return out
}

func (n *notebook) last(t *testing.T) map[string]any {
	t.Helper()
	lines := n.lines(t)
	if len(lines) == 0 {
		t.Fatal("the log is empty")
	}
	return lines[len(lines)-1]
}

func TestLogTellsWhatWasSent(t *testing.T) {
	t.Parallel()
	var log notebook
	_, base := start(t, Options{Log: &log, Script: scriptFrom(t, `{"answers":[{"match":{"prompt":"tape"},"text":"x"}]}`)})
	a := ask(t, base, helloStream, "X-Job", "nightly")
	line := log.last(t)
	want := map[string]any{
		"seq": 1.0, "method": "POST", "path": "/anthropic/v1/messages", "status": 200.0, "model": "sandbox", "stream": true,
		"bytes": float64(len(helloStream)), "answer": "default", "id": a.header.Get("Trace-Id"),
	}
	for field, w := range want {
		if line[field] != w {
			t.Errorf("%s: %v, want %v", field, line[field], w)
		}
	}
	if text(line, "headers", "x-job") != "nightly" || text(line, "body", "messages", 0, "content") != "hello" {
		t.Errorf("line %v", line)
	}
	if text(line, "sha256")[:8] != shortHash(helloStream) || !strings.HasSuffix(text(line, "ts"), "Z") {
		t.Errorf("line %v", line)
	}
	ask(t, base, userSays(t, "sandbox", false, "tape"))
	if line := log.last(t); line["answer"] != "script 1" || line["seq"] != 2.0 {
		t.Errorf("line %v", line)
	}
	ask(t, base, hello, FaultHeader, "status=429,retry-after=1")
	if line := log.last(t); line["status"] != 429.0 || text(line, "faults", 0) != "status=429" || text(line, "faults", 1) != "retry-after=1" {
		t.Errorf("line %v", line)
	}
}

func TestLogOfDroppedConnections(t *testing.T) {
	t.Parallel()
	var log notebook
	_, base := start(t, Options{Log: &log})
	for _, fault := range []string{"reset", "refuse"} {
		if _, err := trySend(t, "POST", base+"/v1/messages", hello, "X-Api-Key", testKey, FaultHeader, fault); err == nil {
			t.Fatalf("%s: there was an answer", fault)
		}
		line := log.last(t)
		if line["status"] != 0.0 || text(line, "faults", 0) != fault {
			t.Errorf("%s: %v", fault, line)
		}
	}
	ask(t, base, helloStream, FaultHeader, "cut=10")
	if line := log.last(t); line["status"] != 200.0 {
		t.Errorf("cut: %v", line)
	}
	if n := len(log.lines(t)); n != 3 {
		t.Errorf("%d lines for 3 requests", n)
	}
}

func TestLogOfOtherBodies(t *testing.T) {
	t.Parallel()
	var log notebook
	_, base := start(t, Options{Log: &log})
	ask(t, base, "no json \x01 at all")
	if got := text(log.last(t), "body"); got != "no json \x01 at all" {
		t.Errorf("body %q", got)
	}
	ask(t, base, userSays(t, "sandbox", false, strings.Repeat("a", loggedBody)))
	if line := log.last(t); line["body"] != nil || number(line, "bytes") < loggedBody {
		t.Errorf("a long body is in the log, or its size is not: %v", line["bytes"])
	}
	send(t, http.MethodGet, base+"/nowhere?api_key=hunter2hunter2&x=1", "")
	if line := log.last(t); line["status"] != 404.0 || text(line, "query") != "api_key=%2A%2A%2A%2Ater2&x=1" {
		t.Errorf("line %v", line)
	}
	before := len(log.lines(t))
	send(t, http.MethodGet, base+"/_sandbox/state", "")
	if n := len(log.lines(t)); n != before {
		t.Error("a control request is in the log")
	}
}

// TestNoSecretIsShown sends canaries through every door and greps for them.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	var log notebook
	s, base := start(t, Options{Log: &log, AutoApprove: true})
	canaries := []string{"sk-canary-0123456789abcdef", "plaincanaryplaincanary", "quoted\"canary\"quoted", "basiccanary0123456789"}

	ask(t, base, hello, "X-Api-Key", canaries[0])
	send(t, "POST", base+"/v1/messages", userSays(t, "sandbox", false, "my key is "+canaries[0]), "X-Api-Key", testKey)
	send(t, "POST", base+"/v1/messages", userSays(t, "sandbox", false, "I am "+canaries[1]), "Authorization", "Bearer "+canaries[1])
	send(t, "POST", base+"/v1/messages", hello, "X-Api-Key", canaries[2])
	send(t, "POST", base+"/v1/messages", hello, "Authorization", "Basic "+canaries[3], "Cookie", "session="+canaries[1])
	send(t, "POST", base+"/v1/messages", "not json "+canaries[0], "X-Api-Key", canaries[0])

	code := text(askCode(t, base, "/oauth/code").object(t), "user_code")
	done := poll(t, base, code).object(t)
	renewed := refresh(t, base, text(done, "refresh_token")).object(t)
	send(t, "POST", base+"/v1/messages", hello, "Authorization", "Bearer "+text(renewed, "access_token"))
	canaries = append(canaries, testVerifier,
		text(done, "access_token"), text(done, "refresh_token"), text(renewed, "access_token"), text(renewed, "refresh_token"))

	state := send(t, http.MethodGet, base+"/_sandbox/state", "").body
	for _, canary := range canaries {
		for what, where := range map[string]string{"log": log.String(), "state": state} {
			if strings.Contains(where, canary) || strings.Contains(where, strings.Trim(string(encode(canary)), `"`)) {
				t.Errorf("%s is in the %s", canary, what)
			}
		}
	}
	lines := log.lines(t)
	if want := s.State().Requests; len(lines) != want {
		t.Errorf("%d lines for %d requests", len(lines), want)
	}
	for _, line := range lines {
		if text(line, "path") == "/oauth/token" && text(line, "form", "client_id") != testClient {
			t.Errorf("the form of %v", line)
		}
	}
	if got := text(lines[0], "headers", "x-api-key"); got != "****cdef" {
		t.Errorf("x-api-key is shown as %q", got)
	}
	if got := text(lines[2], "headers", "authorization"); got != "Bearer ****nary" {
		t.Errorf("authorization is shown as %q", got)
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "****", "short": "****", "elevenchars": "****", "twelve-chars": "****hars", testKey: "****6789",
	} {
		if got := mask(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestLogLinesDoNotMix(t *testing.T) {
	t.Parallel()
	var log notebook
	_, base := start(t, Options{Log: &log})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { ask(t, base, hello) })
	}
	all.Wait()
	seen := map[any]bool{}
	for _, line := range log.lines(t) {
		seen[line["seq"]] = true
	}
	if len(seen) != 20 {
		t.Errorf("%d sequence numbers", len(seen))
	}
}
