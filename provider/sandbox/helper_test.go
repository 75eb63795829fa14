package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The tests speak plain HTTP: none of the project's client code is here.

const (
	testClient   = "78257093-7e40-4613-99e0-527b14b39113"
	testVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXkdBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	testState    = "state-of-the-test-1234"
	testKey      = "sk-test-0123456789"
	hello        = `{"model":"sandbox","max_tokens":1000,"messages":[{"role":"user","content":"hello"}]}`
	helloStream  = `{"model":"sandbox","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"hello"}]}`
)

// answered is a whole HTTP answer; err is what reading the body ended with.
type answered struct {
	status int
	header http.Header
	body   string
	err    error
}

// start runs a server until the test ends.
func start(t testing.TB, o Options) (*Server, string) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, listen(t, s)
}

// listen serves until the test ends.
func listen(t testing.TB, s *Server) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	base, err := s.Listen(ctx, "")
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := s.Wait(); err != nil {
			t.Errorf("Wait: %v", err)
		}
	})
	return base
}

// newClient keeps connections to itself, never follows a redirect, and gives
// up before the test run does.
func newClient(t testing.TB) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport:     tr,
		Timeout:       50 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes one request; headers are name, value, name, value, …
func send(t testing.TB, method, target, body string, headers ...string) answered {
	t.Helper()
	a, err := trySend(t, method, target, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	return a
}

// trySend is send for requests that may get no answer.
func trySend(t testing.TB, method, target, body string, headers ...string) (answered, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := newClient(t).Do(req)
	if err != nil {
		return answered{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answered{res.StatusCode, res.Header, string(b), err}, nil
}

// ask posts a messages request with a key.
func ask(t testing.TB, base, body string, headers ...string) answered {
	t.Helper()
	headers = append([]string{"Content-Type", "application/json", "Authorization", "Bearer " + testKey}, headers...)
	return send(t, http.MethodPost, base+"/anthropic/v1/messages", body, headers...)
}

func postForm(t testing.TB, target string, fields ...string) answered {
	t.Helper()
	return send(t, http.MethodPost, target, formOf(fields...).Encode(),
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
}

func formOf(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v
}

// object decodes a body that must be one JSON object.
func (a answered) object(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("body %q: %v", a.body, err)
	}
	return v
}

// at walks keys and indexes of decoded JSON; nil when the way ends.
func at(v any, way ...any) any {
	for _, step := range way {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

func text(v any, way ...any) string {
	s, _ := at(v, way...).(string)
	return s
}

func number(v any, way ...any) float64 {
	n, _ := at(v, way...).(float64)
	return n
}

// event is one server-sent event as the test's own little parser sees it.
type event struct {
	name string
	data map[string]any
}

// events parses a stream; it is strict: an event line, a data line, a blank.
func (a answered) events(t testing.TB) []event {
	t.Helper()
	var out []event
	body := strings.ReplaceAll(a.body, "\r\n", "\n")
	for part := range strings.SplitSeq(body, "\n\n") {
		if part == "" {
			continue
		}
		name, data, ok := strings.Cut(part, "\n")
		if !ok || !strings.HasPrefix(name, "event: ") || !strings.HasPrefix(data, "data: ") {
			t.Fatalf("not an event: %q", part)
		}
		e := event{name: strings.TrimPrefix(name, "event: ")}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(data, "data: ")), &e.data); err != nil {
			t.Fatalf("event %q: %v", part, err)
		}
		if text(e.data, "type") != e.name {
			t.Fatalf("event %q has the type %q", e.name, text(e.data, "type"))
		}
		out = append(out, e)
	}
	return out
}

// said joins the deltas of one kind.
func said(events []event, kind, field string) string {
	var out strings.Builder
	for _, e := range events {
		if text(e.data, "delta", "type") == kind {
			out.WriteString(text(e.data, "delta", field))
		}
	}
	return out.String()
}

func names(events []event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.name)
	}
	return out
}

// find returns the first event of a name.
func find(t testing.TB, events []event, name string) event {
	t.Helper()
	for _, e := range events {
		if e.name == name {
			return e
		}
	}
	t.Fatalf("no event %s in %v", name, names(events))
	return event{}
}

// dialRaw sends a messages request by hand and gives the bare connection.
func dialRaw(t testing.TB, base, body string, headers ...string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, in := dialPlain(t, base)
	var b bytes.Buffer
	b.WriteString("POST /anthropic/v1/messages HTTP/1.1\r\nHost: " + conn.RemoteAddr().String() + "\r\nConnection: close\r\nX-Api-Key: " + testKey + "\r\n")
	for i := 0; i+1 < len(headers); i += 2 {
		b.WriteString(headers[i] + ": " + headers[i+1] + "\r\n")
	}
	b.WriteString("Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body)
	if _, err := conn.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return conn, in
}

// dialPlain is a connection on which the test writes the request itself.
func dialPlain(t testing.TB, base string) (net.Conn, *bufio.Reader) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(50 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// askCode starts a login the way a client does; more fields replace.
func askCode(t testing.TB, base, path string, more ...string) answered {
	t.Helper()
	fields := append([]string{
		"response_type", "code",
		"client_id", testClient,
		"scope", "group_id profile model.completion",
		"code_challenge", challengeOf(testVerifier),
		"code_challenge_method", "S256",
		"state", testState,
	}, more...)
	return postForm(t, base+path, fields...)
}

func poll(t testing.TB, base, code string, more ...string) answered {
	t.Helper()
	fields := append([]string{
		"grant_type", "urn:ietf:params:oauth:grant-type:user_code",
		"client_id", testClient,
		"user_code", code,
		"code_verifier", testVerifier,
	}, more...)
	return postForm(t, base+"/oauth/token", fields...)
}

func refresh(t testing.TB, base, token string, more ...string) answered {
	t.Helper()
	fields := append([]string{
		"grant_type", "refresh_token",
		"client_id", testClient,
		"refresh_token", token,
	}, more...)
	return postForm(t, base+"/oauth/token", fields...)
}

// logIn mints a grant without the dance.
func logIn(t testing.TB, s *Server) (access, refresh string) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(s.Login(testClient), &v); err != nil {
		t.Fatal(err)
	}
	return text(v, "access_token"), text(v, "refresh_token")
}

// eventually waits for what another goroutine brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(50 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it did not happen within 50 s", what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the test ended")
		case <-time.After(2 * time.Millisecond):
		}
	}
}
