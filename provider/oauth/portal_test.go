package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// portal is the server of the tests: it answers the user-code request well,
// remembers every request, and plays script for the token requests, repeating
// its last line.
type portal struct {
	mu        sync.Mutex
	code      func(form url.Values) (int, string) // nil: a good user code
	script    []canned
	challenge string
	requests  []seen
}

type canned struct {
	status int
	body   string
	header string // "Name: value"
}

type seen struct {
	path   string
	form   url.Values
	header http.Header
	at     time.Time
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	p.requests = append(p.requests, seen{r.URL.Path, form, r.Header.Clone(), time.Now()})
	if strings.HasSuffix(r.URL.Path, "/oauth/code") {
		p.challenge = form.Get("code_challenge")
		status, text := http.StatusOK, goodCode(form)
		if p.code != nil {
			status, text = p.code(form)
		}
		w.WriteHeader(status)
		io.WriteString(w, text)
		return
	}
	if len(p.script) == 0 {
		http.Error(w, "unexpected token request", http.StatusTeapot)
		return
	}
	next := p.script[0]
	if len(p.script) > 1 {
		p.script = p.script[1:]
	}
	if name, value, ok := strings.Cut(next.header, ": "); ok {
		w.Header().Set(name, value)
	}
	w.WriteHeader(next.status)
	io.WriteString(w, next.body)
}

func (p *portal) tokens() []seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []seen
	for _, r := range p.requests {
		if !strings.HasSuffix(r.path, "/oauth/code") {
			out = append(out, r)
		}
	}
	return out
}

// verified reports whether the verifier of form belongs to the challenge that
// the code request carried.
func (p *portal) verified(form url.Values) bool {
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == p.challenge
}

func goodCode(form url.Values) string {
	return object("user_code", "ABCD-1234", "verification_uri", "https://platform.minimax.io/oauth-authorize?user_code=ABCD-1234",
		"expired_in", 600, "interval", 2000, "state", form.Get("state"))
}

const goodToken = `{"status":"success","access_token":"AT-1","refresh_token":"RT-1","expired_in":900,"token_type":"Bearer","resource_url":null}`

// object is a JSON object of key, value, key, value, …
func object(pairs ...any) string {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	raw, _ := json.Marshal(m)
	return string(raw)
}

// inMemory is a transport to a handler without a network, so that a synctest
// bubble can advance its clock. It honours the context of a request.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	done := make(chan *http.Response, 1)
	go func() {
		rec := httptest.NewRecorder()
		m.handler.ServeHTTP(rec, r)
		done <- rec.Result()
	}()
	select {
	case res := <-done:
		return res, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// serve starts the handler on loopback and returns a client of it.
func serve(t *testing.T, h http.Handler) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &Client{Portal: srv.URL}
}

func offline(h http.Handler) *Client {
	return &Client{Portal: "https://api.minimax.io", Transport: inMemory{h}}
}

// asError fails the test unless err is an *Error of that code and class whose
// texts are fit to print.
func asError(t *testing.T, err error, code, class string) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("err = %v (%T), want an *Error with code %s", err, err, code)
	}
	if e.Code != code || e.Class() != class {
		t.Errorf("code %q class %q, want %q %q: %v", e.Code, e.Class(), code, class, e)
	}
	if e.Error() == "" || Printable(e.Error(), 0) != e.Error() || strings.HasSuffix(e.Error(), ".") {
		t.Errorf("message not fit to print: %q", e.Error())
	}
	return e
}

func begin(t *testing.T, c *Client) Login {
	t.Helper()
	l, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFormattingShowsNoSecret(t *testing.T) {
	t.Parallel()
	l := Login{UserCode: "UC", form: url.Values{"code_verifier": {"VERIFIER"}}}
	tok := Token{AccessToken: "SECRET-AT", RefreshToken: "SECRET-RT"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		out := fmt.Sprintf(verb+verb+verb, l, tok, &tok)
		if strings.Contains(out, "VERIFIER") || strings.Contains(out, "SECRET") || out == "" {
			t.Errorf("%s shows %q", verb, out)
		}
	}
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func cancelled(t *testing.T, cause error) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	return ctx
}
