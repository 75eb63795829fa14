package wire_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/body"
)

// doCase is an exchange whose first answer goes wrong.
type doCase struct {
	name     string
	once     bool
	fail     func(http.ResponseWriter)
	requests int32
	class    class.Class // "" for a good end
}

// TestDo: an exchange has the manners of a question, and one that must be made once is not repeated while it may have been done.
func TestDo(t *testing.T) {
	t.Parallel()
	drop := func(w http.ResponseWriter) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			conn.Close()
		}
	}
	for _, c := range []doCase{
		{"a good one", false, nil, 1, ""},
		{"a 503", false, func(w http.ResponseWriter) { w.WriteHeader(503) }, 2, ""},
		{"a connection that breaks", false, drop, 2, ""},
		{"once, a 429", true, func(w http.ResponseWriter) { w.Header().Set("Retry-After-Ms", "1"); w.WriteHeader(429) }, 2, ""},
		{"once, a 401", true, func(w http.ResponseWriter) { w.WriteHeader(401) }, 2, ""},
		{"once, a 503", true, func(w http.ResponseWriter) { w.WriteHeader(503) }, 1, class.ServerError},
		{"once, a lost answer", true, drop, 1, class.Network},
		{"a 404", false, func(w http.ResponseWriter) { w.WriteHeader(404) }, 1, class.InvalidRequest},
		{"a body that is cut", false, func(w http.ResponseWriter) { w.Header().Set("Content-Length", "9"); _, _ = io.WriteString(w, "x") }, 2, ""},
		{"once, an answer that is cut", true, func(w http.ResponseWriter) { w.Header().Set("Content-Length", "9"); _, _ = io.WriteString(w, "x") }, 1, class.Protocol},
		{"a document that is not as due", false, func(w http.ResponseWriter) { _, _ = io.WriteString(w, "bad") }, 2, ""},
	} {
		t.Run(c.name, c.run)
	}
}

func (c doCase) run(t *testing.T) {
	t.Parallel()
	var b body.Builder
	payload := b.JSON(`{"a":1}`).Body()
	var n atomic.Int32
	var sent string
	srv, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		sent = r.Method + " " + r.Header.Get("Content-Type") + " " + r.Header.Get("Authorization") + " " + string(raw)
		if n.Add(1) == 1 && c.fail != nil {
			c.fail(w)
			return
		}
		_, _ = io.WriteString(w, "done")
	})
	client.Retries = 2
	client.Token = func(_ context.Context, rejected string) (string, error) { return "sk-1" + rejected, nil }
	u, err := url.Parse(srv.URL + "/v1/things")
	if err != nil {
		t.Fatal(err)
	}
	var got string
	call := wire.Exchange{Method: http.MethodPut, URL: u, Body: payload, Once: c.once, Read: func(r io.Reader) error {
		raw, err := io.ReadAll(r)
		if got = string(raw); got == "bad" {
			return wire.Broken("it is bad")
		}
		return err
	}}
	err = client.Do(t.Context(), call)
	if class.Of(err) != c.class || n.Load() != c.requests || c.class == "" && got != "done" {
		t.Errorf("%v (%s) after %d requests, %q", err, class.Of(err), n.Load(), got)
	}
	token := "sk-1"
	if c.name == "once, a 401" {
		token = "sk-1sk-1"
	}
	if want := "PUT application/json Bearer " + token + ` {"a":1}`; sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// TestDoBare: without a body there is none, and the error of the reader is that of the exchange.
func TestDoBare(t *testing.T) {
	t.Parallel()
	_, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 || r.Header.Get("Content-Type") != "" || r.Method != http.MethodGet {
			t.Errorf("%s with %d bytes", r.Method, r.ContentLength)
		}
	})
	u, err := url.Parse(client.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	own := errors.New("own")
	if err := client.Do(t.Context(), wire.Exchange{Method: http.MethodGet, URL: u, Read: func(io.Reader) error { return own }}); !errors.Is(err, own) {
		t.Errorf("the reader's own error: %v", err)
	}
}
