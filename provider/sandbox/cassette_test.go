package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// exchange is one cassette line.
func exchange(t *testing.T, path, body string, status int, headers map[string]string, chunks ...string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	line, err := json.Marshal(map[string]any{
		"v": 1,
		"request": map[string]any{
			"method": "POST", "path": path, "sha256": hex.EncodeToString(sum[:]), "body": body,
		},
		"response": map[string]any{"status": status, "headers": headers, "chunks": chunks},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(line) + "\n"
}

func TestCassetteAnswers(t *testing.T) {
	t.Parallel()
	sse := map[string]string{"content-type": "text/event-stream", "x-recorded": "yes", "content-length": "999", "content-encoding": "gzip"}
	tape := exchange(t, "/v1/messages", helloStream, 200, sse, "event: ping\n", "data: {\"type\":\"ping\"}\n\n") +
		"\n" +
		exchange(t, "/anthropic/v1/messages", hello, 529, map[string]string{"Content-Type": "application/json"}, `{"busy":true}`)
	_, base := start(t, Options{Cassette: strings.NewReader(tape)})

	a := ask(t, base, helloStream)
	if a.status != 200 || a.body != "event: ping\ndata: {\"type\":\"ping\"}\n\n" {
		t.Errorf("%d %q", a.status, a.body)
	}
	if a.header.Get("Content-Type") != "text/event-stream" || a.header.Get("X-Recorded") != "yes" || a.header.Get("Content-Encoding") != "" {
		t.Errorf("headers %v", a.header)
	}
	if a := ask(t, base, hello); a.status != 529 || a.body != `{"busy":true}` {
		t.Errorf("%d %q", a.status, a.body)
	}
	if a := send(t, "POST", base+"/v1/messages", hello, "X-Api-Key", testKey); a.status != 404 {
		t.Errorf("a path that is shorter than the recorded one: %d", a.status)
	}
	if a := send(t, "POST", base+"/v1/messages", helloStream); a.status != 200 {
		t.Errorf("without a credential: %d", a.status)
	}
}

func TestCassetteMiss(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Cassette: strings.NewReader(exchange(t, "/v1/messages", hello, 200, nil, "{}"))})
	body := strings.Replace(hello, "hello", "other", 1)
	sum := sha256.Sum256([]byte(body))
	a := ask(t, base, body)
	if a.status != 404 || !strings.Contains(text(a.object(t), "error", "message"), hex.EncodeToString(sum[:])) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestEmptyCassetteHoldsNothing(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Cassette: strings.NewReader("")})
	if a := ask(t, base, hello); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestCassetteKeepsTheOrder(t *testing.T) {
	t.Parallel()
	tape := exchange(t, "/v1/messages", hello, 429, nil, "1") +
		exchange(t, "/v1/messages", hello, 200, nil, "2")
	_, base := start(t, Options{Cassette: strings.NewReader(tape)})
	for i, want := range []string{"1", "2", "2"} {
		if a := ask(t, base, hello); a.body != want {
			t.Errorf("request %d: %q, want %q", i+1, a.body, want)
		}
	}
}

func TestCassetteChunksStayApart(t *testing.T) {
	t.Parallel()
	want := []string{"event: ping\nda", "ta: {}\n", "\n"}
	tape := exchange(t, "/v1/messages", helloStream, 200, nil, want...)
	_, base := start(t, Options{Cassette: strings.NewReader(tape)})
	if got := chunksOf(t, base, helloStream); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestFaultsMeetACassette(t *testing.T) {
	t.Parallel()
	tape := exchange(t, "/v1/messages", hello, 200, nil, "one", "two", "three")
	_, base := start(t, Options{Cassette: strings.NewReader(tape)})
	tests := []struct {
		fault  string
		status int
		body   string
		cut    bool
	}{
		{"cut=4", 200, "onet", true},
		{"cut-events=2", 200, "onetwo", true},
		{"drip", 200, "onetwothree", false},
	}
	for _, test := range tests {
		a := ask(t, base, hello, FaultHeader, test.fault)
		if a.status != test.status || a.body != test.body || (a.err != nil) != test.cut {
			t.Errorf("%s: %d %q %v", test.fault, a.status, a.body, a.err)
		}
	}
	if a := ask(t, base, hello, FaultHeader, "status=503"); a.status != 503 {
		t.Errorf("status: %d", a.status)
	}
}

func TestCassetteErrors(t *testing.T) {
	t.Parallel()
	good := exchange(t, "/v1/messages", hello, 200, nil, "x")
	tests := []struct{ what, tape, says string }{
		{"no JSON", good + "{\n", "cassette line 2"},
		{"another version", strings.Replace(good, `"v":1`, `"v":2`, 1), "version 2"},
		{"no version", strings.Replace(good, `"v":1`, `"w":1`, 1), "version 0"},
		{"no path", strings.Replace(good, `"/v1/messages"`, `""`, 1), "request.path"},
		{"no hash", strings.Replace(good, `"sha256":"`, `"sha256":"f`, 1), "request.sha256"},
		{"no status", strings.Replace(good, `"status":200`, `"status":0`, 1), "response.status"},
	}
	for _, test := range tests {
		_, err := New(Options{Cassette: strings.NewReader(test.tape)})
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "cassette line ") {
			t.Errorf("%s: %v", test.what, err)
		}
	}
	if _, err := New(Options{Cassette: iotest.ErrReader(errors.New("disk gone"))}); err == nil || !strings.Contains(err.Error(), "disk gone") {
		t.Errorf("a reader that fails: %v", err)
	}
}

func TestCassetteWithALongLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 3<<20)
	tape := strings.TrimSuffix(exchange(t, "/v1/messages", hello, 200, nil, long), "\n")
	_, base := start(t, Options{Cassette: io.MultiReader(strings.NewReader(tape))})
	if a := ask(t, base, hello); a.body != long {
		t.Errorf("%d bytes", len(a.body))
	}
}
