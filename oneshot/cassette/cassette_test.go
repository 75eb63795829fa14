package cassette

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
)

const canary = "sk-cp-canary-0123456789"

// recorder writes what goes through next into w.
func recorder(next http.RoundTripper, w io.Writer, secrets func() []string) *Recorder {
	return &Recorder{next: next, out: &writer{to: w}, secrets: secrets}
}

// scripted answers each request with the chunks of its body, one a flush.
func scripted(t *testing.T, chunks func(n int, body string) (int, http.Header, []string)) *httptest.Server {
	t.Helper()
	n := 0
	var mu sync.Mutex
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		n++
		status, header, out := chunks(n, string(body))
		mu.Unlock()
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		for _, c := range out {
			_, _ = io.WriteString(w, c)
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

// post sends a body; withGet says whether it can be opened again.
func post(t *testing.T, rt http.RoundTripper, url, body string, withGet bool) (*http.Response, string, error) {
	t.Helper()
	var src io.Reader = strings.NewReader(body)
	if !withGet {
		src = iotest.HalfReader(src)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, src)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+canary)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp, string(got), err
}

func TestRecordThenReplay(t *testing.T) {
	t.Parallel()
	srv := scripted(t, func(n int, body string) (int, http.Header, []string) {
		h := http.Header{"Content-Type": {"text/event-stream"}, "Trace-Id": {"id-" + body[:1]}, "Set-Cookie": {canary}, "X-Account": {"me"}}
		if n == 1 {
			return 429, h, []string{"busy " + canary}
		}
		return 200, h, []string{"data: a\n\n", "data: " + canary + "\n\n", "data: " + body + "\n\n"}
	})
	var tape bytes.Buffer
	rec := recorder(http.DefaultTransport, &tape, func() []string { return []string{"x", "", canary[:12], canary} })
	bodies := []string{`{"q":1}`, `{"q":1}`, "plain <text> " + canary, ""}
	var answers []string
	for i, body := range bodies[:3] {
		_, got, err := post(t, rec, srv.URL+"/anthropic/v1/messages", body, i%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, strings.ReplaceAll(got, canary, masked))
	}
	if err := rec.out.end(); err != nil {
		t.Fatal(err)
	}
	recorded := tape.String()
	if strings.Contains(recorded, canary) || strings.Contains(recorded, "X-Account") || strings.Contains(recorded, "ookie") {
		t.Errorf("the cassette holds what it must not:\n%s", recorded)
	}
	if strings.Count(recorded, "\n") != 3 || !strings.Contains(recorded, `"body":{"q":1}`) || !strings.Contains(recorded, `"body":"plain <text> [secret]"`) {
		t.Errorf("cassette:\n%s", recorded)
	}

	play, err := NewReplayer(strings.NewReader(recorded))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range append(answers, answers[1]) { // the fourth: all played, so the last again
		body := append(bodies[:3:3], bodies[1])[i]
		resp, got, err := post(t, play, "http://nowhere.invalid/v1/messages", body, true)
		if err != nil || got != want {
			t.Fatalf("replay %d: %q, %v; want %q", i, got, err, want)
		}
		if status := map[bool]int{true: 429, false: 200}[i == 0]; resp.StatusCode != status || resp.Header.Get("Trace-Id") != "id-"+body[:1] || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("replay %d: %d %v", i, resp.StatusCode, resp.Header)
		}
	}
}

func TestNoAnswerNamesTheHash(t *testing.T) {
	t.Parallel()
	const sumOfEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	play, err := NewReplayer(strings.NewReader(`{"v":1,"request":{"path":"/v1/messages","sha256":"` + sumOfEmpty + `"},"response":{"status":204}}` + "\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "http://h/v1/models", nil)
	_, err = play.RoundTrip(req)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class() != "no_input" || !strings.Contains(e.Error(), sumOfEmpty) || !strings.Contains(e.Error(), "/v1/models") {
		t.Errorf("%v", err)
	}
	req = httptest.NewRequest(http.MethodPost, "http://h/v1/messages", nil)
	if resp, err := play.RoundTrip(req); err != nil || resp.StatusCode != 204 {
		t.Errorf("%v, %v", resp, err)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrClosedPipe)
	if _, err := play.RoundTrip(req.WithContext(gone)); err != io.ErrClosedPipe {
		t.Errorf("cancelled: %v", err)
	}
}

func TestBrokenCassettes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"{\"v\":1}\nnonsense\n": "cassette line 2: ",
		"{\"v\":2}":             "cassette line 1: version 2, want 1",
		"\n\n[]":                "cassette line 3: ",
	} {
		_, err := NewReplayer(strings.NewReader(in))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Class() != "invalid_input" || !strings.HasPrefix(e.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
	}
	for _, endless := range []string{"\x00", " ", "x"} {
		if _, err := NewReplayer(repeated(endless)); err == nil || !strings.HasPrefix(err.Error(), "cassette line ") {
			t.Errorf("%q without an end: %v", endless, err)
		}
	}
	if _, err := NewReplayer(iotest.ErrReader(io.ErrNoProgress)); err != io.ErrNoProgress {
		t.Errorf("a reader's error: %v", err)
	}
}

// repeated is a text again and again, without an end.
type repeated string

func (r repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r[i%len(r)]
	}
	return len(p), nil
}

// stepped is a body that gives one piece a read and says what is left of it.
type stepped struct {
	pieces []string
	closed bool
}

func (s *stepped) Read(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	s.pieces = s.pieces[1:]
	return n, nil
}

func (s *stepped) Close() error { s.closed = true; return nil }

type fixed struct{ body io.ReadCloser }

func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: f.body, Request: r}, nil
}

// chunksFor records a body and returns the chunks of the only line.
func chunksFor(t *testing.T, body io.ReadCloser, read func(io.ReadCloser)) []string {
	t.Helper()
	var tape bytes.Buffer
	rec := recorder(fixed{body}, &tape, func() []string { return []string{canary} })
	resp, err := rec.RoundTrip(httptest.NewRequest(http.MethodGet, "http://h/", nil))
	if err != nil {
		t.Fatal(err)
	}
	read(resp.Body)
	var x exchange
	if err := json.Unmarshal(tape.Bytes(), &x); err != nil {
		t.Fatalf("%v in %q", err, tape.String())
	}
	return x.Response.Chunks
}

func TestChunks(t *testing.T) {
	t.Parallel()
	all := func(b io.ReadCloser) { _, _ = io.Copy(io.Discard, b) }
	for name, c := range map[string]struct{ pieces, want []string }{
		"as read":           {[]string{"a", "b", "c"}, []string{"a", "b", "c"}},
		"split character":   {[]string{"a\xf0\x9f", "\x8e", "\x89b"}, []string{"a", "🎉b"}},
		"not UTF-8":         {[]string{"a\xff", "b\xc3"}, []string{"a\ufffd", "b\ufffd"}},
		"split secret":      {[]string{"a " + canary[:5], canary[5:] + " b"}, []string{"a [secret] b"}},
		"secret in one":     {[]string{"x", canary}, []string{"x", "[secret]"}},
		"nothing":           {nil, nil},
		"html as it stands": {[]string{"<a & b>"}, []string{"<a & b>"}},
	} {
		got := chunksFor(t, &stepped{pieces: c.pieces}, all)
		if strings.Join(got, "|") != strings.Join(c.want, "|") || len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestEscapedSecret: a secret with signs that JSON escapes is found in bodies too, as other programs write them.
func TestEscapedSecret(t *testing.T) {
	t.Parallel()
	const secret = `pass"word\<&>`
	plain, _ := encode(map[string]string{"a": secret})
	html, _ := json.Marshal(map[string]string{"a": secret})
	srv := scripted(t, func(_ int, body string) (int, http.Header, []string) { return 200, nil, []string{body} })
	for _, body := range [][]byte{plain, html} {
		var tape bytes.Buffer
		rec := recorder(http.DefaultTransport, &tape, func() []string { return []string{secret} })
		if _, _, err := post(t, rec, srv.URL+"/v1/messages", string(body), true); err != nil || rec.out.end() != nil {
			t.Fatal(err, rec.out.end())
		}
		if strings.Contains(tape.String(), "word") || strings.Count(tape.String(), masked) != 2 {
			t.Errorf("%s became\n%s", body, tape.String())
		}
	}
}

// TestOpenEnd: the end of a recording is waited for, but not for ever.
func TestOpenEnd(t *testing.T) {
	t.Parallel()
	srv := scripted(t, func(_ int, body string) (int, http.Header, []string) { return 200, nil, []string{body} })
	path := t.TempDir() + "/c"
	deck, err := Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequest(http.MethodPost, srv.URL+"/v1/messages", strings.NewReader("q"))
	resp, err := deck.Over(http.DefaultTransport, nil).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := deck.End(); err == nil {
		t.Error("an exchange under way is no error")
	}
	time.AfterFunc(20*time.Millisecond, func() { resp.Body.Close() })
	if err := deck.End(); err != nil {
		t.Error(err)
	}
	if raw, err := os.ReadFile(path); err != nil || bytes.Count(raw, []byte("\n")) != 1 {
		t.Errorf("%q %v", raw, err)
	}
	if err := (Cassette{}).End(); err != nil {
		t.Error(err)
	}
}

func TestStreamingIsNotHeldUpAndCloseRecords(t *testing.T) {
	t.Parallel()
	body := &stepped{pieces: []string{"one", "two", "three"}}
	chunks := chunksFor(t, body, func(b io.ReadCloser) {
		p := make([]byte, 64)
		for i, want := range []string{"one", "two"} {
			n, err := b.Read(p)
			if string(p[:n]) != want || err != nil || len(body.pieces) != 2-i {
				t.Errorf("read %d: %q, %v, %d left", i, p[:n], err, len(body.pieces))
			}
		}
		b.Close()
		b.Close()
	})
	if strings.Join(chunks, "|") != "one|two" || !body.closed {
		t.Errorf("%q, closed %v", chunks, body.closed)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestFailures(t *testing.T) {
	t.Parallel()
	rec := recorder(fixed{&stepped{pieces: []string{"x"}}}, fullDisk{}, nil)
	if _, got, err := post(t, rec, "http://h/", "q", false); got != "x" || err != nil {
		t.Errorf("the run is disturbed: %q, %v", got, err)
	}
	if rec.out.end() != io.ErrShortWrite {
		t.Errorf("Err: %v", rec.out.end())
	}
	down := recorder(roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrClosedPipe }), fullDisk{}, nil)
	if _, _, err := post(t, down, "http://h/", "q", true); err != io.ErrClosedPipe || down.out.end() != nil {
		t.Errorf("%v, %v", err, down.out.end())
	}
	req := httptest.NewRequest(http.MethodPost, "http://h/", io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)))
	if _, err := rec.RoundTrip(req); err != io.ErrUnexpectedEOF {
		t.Errorf("a body that cannot be read: %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestCredentialOfTheRequest: a key that nobody listed is known from the header it is sent in.
func TestCredentialOfTheRequest(t *testing.T) {
	t.Parallel()
	const bearer, key = "canary-bearer-1234", "canary-key-5678"
	var tape bytes.Buffer
	rec := recorder(roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Request-Id": {bearer}}, Body: io.NopCloser(strings.NewReader("you sent " + bearer + " and " + key))}, nil
	}), &tape, nil)
	req, err := http.NewRequest(http.MethodPost, "http://host/deep/base/v1/messages", strings.NewReader(`{"model":"m","max_tokens":7,"system":"`+key+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("X-Api-Key", key)
	resp, err := rec.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if got := tape.String(); strings.Contains(got, "canary") || strings.Count(got, masked) != 4 || !strings.Contains(got, `"path":"/v1/messages"`) {
		t.Errorf("cassette:\n%s", got)
	}
	play, err := NewReplayer(&tape)
	if err != nil {
		t.Fatal(err)
	}
	if q := play.First(); q.Model != "m" || q.MaxTokens != 7 || q.Path != "/v1/messages" {
		t.Errorf("first request: %+v", q)
	}
}

// TestMissingIsTheWiresError: the wire passes its own errors on, and takes any other for a network that is down.
func TestMissingIsTheWiresError(t *testing.T) {
	t.Parallel()
	play, err := NewReplayer(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if q := play.First(); q.Model != "" || q.MaxTokens != 0 || q.Path != "" {
		t.Errorf("first request of nothing: %+v", q)
	}
	c := &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: "http://cassette.invalid", Transport: play, Retries: 3}
	var got error
	for _, err := range c.Stream(t.Context(), &wire.Request{Model: "m", MaxTokens: 1}) {
		got = err
	}
	e, ok := errors.AsType[*wire.Error](got)
	if !ok || e.Class() != "no_input" || e.Retryable {
		t.Errorf("error %v", got)
	}
}
