package wire_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/dial"
	"hermes/oneshot/wire/wiretest"
)

// serve starts a server on loopback and a client for it.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *wire.Client) {
	t.Helper()
	srv := httptest.NewServer(h)
	tr, err := dial.NewTransport(dial.Net{Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv, &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: srv.URL, Transport: tr}
}

// say answers with a whole stream.
func say(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	_, _ = io.WriteString(w, wiretest.Message(text))
}

func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	var got http.Request
	var body []byte
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = *r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Trace-Id", "trace-1")
		say(w, "ok")
	})
	c.BaseURL = strings.Replace(srv.URL, "http://", "http://user:pass@", 1) + "/anthropic/v1/?tenant=secret"
	c.Header = http.Header{"User-Agent": {"hermes/1"}, "Authorization": {"Bearer leak"}, "X-Api-Key": {"leak"}, "Anthropic-Beta": {"a,b"}, "Accept": {"*/*"}}
	for apiKey, name := range map[bool]string{false: "Authorization", true: "X-Api-Key"} {
		c.Protocol, c.Token = anthropic.Protocol{APIKey: apiKey}, func(context.Context, string) (string, error) { return "sk-123", nil }
		o := wiretest.Collect(t, c, wiretest.Hello())
		if o.Err != nil || o.Text.String() != "ok" {
			t.Fatalf("%q, %v", o.Text.String(), o.Err)
		}
		if got.Method != "POST" || got.URL.Path != "/anthropic/v1/messages" || got.URL.RawQuery != "tenant=secret" {
			t.Errorf("%s %s", got.Method, got.URL)
		}
		want := http.Header{
			"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Anthropic-Version": {"2023-06-01"},
			"User-Agent": {"hermes/1"}, "Anthropic-Beta": {"a,b"}, name: {map[bool]string{false: "Bearer sk-123", true: "sk-123"}[apiKey]},
		}
		got.Header.Del("Content-Length")
		if a, b := asJSON(got.Header), asJSON(want); a != b {
			t.Errorf("header\n%s\n%s", a, b)
		}
		if got.ContentLength != int64(len(body)) || len(got.TransferEncoding) != 0 || !json.Valid(body) {
			t.Errorf("length %d of %d, %v", got.ContentLength, len(body), got.TransferEncoding)
		}
		if url := o.Starts[0].URL; url != srv.URL+"/anthropic/v1/messages" || o.Ends[0].URL != url {
			t.Errorf("shown as %s", url)
		}
		if o.Ends[0].RequestID != "trace-1" || o.Ends[0].HTTPStatus != 200 || o.Ends[0].TTFB <= 0 || o.Ends[0].TTFT < o.Ends[0].TTFB {
			t.Errorf("%+v", o.Ends[0])
		}
	}
	if c.Header.Get("Accept") != "*/*" {
		t.Error("the caller's header was changed")
	}
}

func asJSON(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://h":                     "https://h/v1/messages",
		"https://h/":                    "https://h/v1/messages",
		"https://h/v1":                  "https://h/v1/messages",
		"https://h/v1/messages/":        "https://h/v1/messages/",
		"https://h/anthropic/v1///":     "https://h/anthropic/v1/messages",
		"http://u:p@h:1/a?k=v#f":        "http://h:1/a/v1/messages",
		"https://h?api-version=v&k=s":   "https://h/v1/messages?api-version=v",
		" https://h/a%2Fb/v1 ":          "https://h/a%2Fb/v1/messages",
		"https://h/v12":                 "https://h/v12/v1/messages",
		"http://[::1]:8080/x":           "http://[::1]:8080/x/v1/messages",
		"ftp://h":                       "",
		"h/v1":                          "",
		"":                              "",
		"http://":                       "",
		"https://u:secret@h:port/?k=se": "",
	} {
		got := ""
		if u, err := wire.Endpoint(anthropic.Protocol{}, base, wiretest.Hello()); err == nil {
			got = wire.Shown(u)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", base, got, want)
		}
	}
	o := wiretest.Collect(t, &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: "https://u:secret@h:port/?k=secret"}, wiretest.Hello())
	if e, ok := o.Err.(*wire.Error); !ok || e.ErrClass != "config" || strings.Contains(e.Message, "secret") {
		t.Errorf("%v", o.Err)
	}
}

func TestBodiesUnderStatus200(t *testing.T) {
	t.Parallel()
	message := `{"type":"message","id":"msg_9","model":"m","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Hel"},{"type":"text","text":"lo"},` +
		`{"type":"tool_use","id":"t","name":"n","input":{"a":1}}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4},"base_resp":{"status_code":0}}`
	for name, c := range map[string]struct {
		kind, body, class, words, text string
	}{
		"a whole message":        {"application/json", message, "", "", "Hello"},
		"declared as a stream":   {"text/event-stream", "\n " + message, "", "", "Hello"},
		"base_resp":              {"application/json", `{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`, "billing", "insufficient balance", ""},
		"an error object":        {"application/json", `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`, "overloaded", "busy", ""},
		"an error string":        {"application/json", `{"error":"busy"}`, "server_error", "busy", ""},
		"other JSON":             {"application/json", `{"object":"list"}`, "protocol", "no message", ""},
		"broken JSON":            {"application/json", `{"type":"message","content":[{"type":"text","text":"Hel`, "protocol", "not JSON", ""},
		"a page":                 {"text/html", "<!doctype html><title>Log in</title>", "protocol", `an HTML page ("Log in")`, ""},
		"a page as a stream":     {"text/event-stream", "<html>", "protocol", "an HTML page", ""},
		"nothing":                {"text/event-stream", "", "protocol", "empty", ""},
		"white space":            {"application/json", " \n ", "protocol", "empty", ""},
		"words":                  {"text/plain", "service down", "protocol", `content type "text/plain"`, ""},
		"a stream without type":  {"", wiretest.Message("ok"), "", "", "ok"},
		"a stream as JSON":       {"application/json", "\ufeff" + wiretest.Message("ok"), "", "", "ok"},
		"a comment first":        {"text/plain", ": hello\n\n" + wiretest.Message("ok"), "", "", "ok"},
		"data lines alone":       {"", "data: {}\n\n", "protocol", "message_stop", ""},
		"nearly a field":         {"", "dat", "protocol", "content type", ""},
		"an empty stream":        {"text/event-stream", ": nothing\n\n", "protocol", "message_stop", ""},
		"blank lines, then more": {"text/event-stream", strings.Repeat("\n", 3*wire.MaxHead/2) + wiretest.Message("ok"), "", "", "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, cl := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				if c.kind != "" {
					w.Header().Set("Content-Type", c.kind)
				}
				_, _ = io.WriteString(w, c.body)
			})
			o := wiretest.Collect(t, cl, wiretest.WithTools())
			if c.class == "" {
				if o.Err != nil || o.Text.String() != c.text || o.Result.Word != "end_turn" {
					t.Errorf("%q, %v", o.Text.String(), o.Err)
				}
				if c.text == "Hello" && (o.Reasoning.String() != "hm" || len(o.Calls) != 1 || o.Result.Usage.OutputTokens != 4 || o.Result.MessageID != "msg_9") {
					t.Errorf("%q %+v %+v", o.Reasoning.String(), o.Calls, o.Result)
				}
				return
			}
			if e, ok := o.Err.(*wire.Error); !ok || string(e.ErrClass) != c.class || !strings.Contains(e.Message, c.words) || e.HTTPStatus != 200 {
				t.Errorf("%+v", o.Err)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, c := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/x?token=secret", status) })
		c.Retries = 3
		o := wiretest.Collect(t, c, wiretest.Hello())
		e, ok := o.Err.(*wire.Error)
		if !ok || e.ErrClass != "protocol" || e.Retryable || !strings.Contains(e.Message, strings.TrimPrefix(other.URL, "http://")) || strings.Contains(e.Message, "secret") {
			t.Errorf("%d: %+v", status, o.Err)
		}
	}
	if calls.Load() != 0 {
		t.Error("a redirect was followed")
	}
	_, c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) })
	if o := wiretest.Collect(t, c, wiretest.Hello()); o.Err == nil || !strings.Contains(o.Err.Error(), "redirects elsewhere (status 304)") {
		t.Errorf("no location: %v", o.Err)
	}
}

func TestErrorStatus(t *testing.T) {
	t.Parallel()
	_, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("request-id", "req_7")
		w.WriteHeader(529)
		_, _ = io.WriteString(w, `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`+strings.Repeat(" ", 4*wire.MaxErrorBody))
	})
	o := wiretest.Collect(t, c, wiretest.Hello())
	e, ok := o.Err.(*wire.Error)
	if !ok || e.ErrClass != "overloaded" || e.HTTPStatus != 529 || e.RequestID != "req_7" || e.Class() != "overloaded" || e.Error() == "" {
		t.Errorf("%+v", o.Err)
	}
	if o.Ends[0].HTTPStatus != 529 {
		t.Errorf("%+v", o.Ends[0])
	}
}

func TestNetworkErrors(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			conn.Close()
		}
	}()
	c := &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: "http://" + l.Addr().String(), Transport: &http.Transport{}}
	o := wiretest.Collect(t, c, wiretest.Hello())
	if e, ok := o.Err.(*wire.Error); !ok || e.ErrClass != "network" || !e.Retryable || e.HTTPStatus != 0 {
		t.Errorf("closed at once: %+v", o.Err)
	}
	l.Close()
	o = wiretest.Collect(t, c, wiretest.Hello())
	if e, ok := o.Err.(*wire.Error); !ok || e.ErrClass != "network" || !strings.Contains(e.Message, l.Addr().String()) {
		t.Errorf("nobody listens: %+v", o.Err)
	}
}

func TestConnectionCutInTheBody(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{"before a byte": "", "before text": wiretest.MessageStart, "in the text": wiretest.MessageStart + wiretest.MessageText("Hel")} {
		_, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, head)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		o := wiretest.Collect(t, c, wiretest.Hello())
		e, ok := o.Err.(*wire.Error)
		if !ok || e.ErrClass != "protocol" || !e.Retryable || !strings.Contains(e.Message, "the server closed the connection") || !errors.Is(e, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %+v", name, o.Err)
		}
	}
}

func TestServerSeesTheConsumerLeave(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	_, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, wiretest.MessageStart+wiretest.MessageText("a"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	})
	for ev, err := range c.Stream(t.Context(), wiretest.Hello()) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == wire.KindText {
			break
		}
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the server still writes")
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	var conns sync.Map
	_, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conns.Store(r.RemoteAddr, true)
		_, _ = io.Copy(io.Discard, r.Body)
		say(w, "ok")
		_ = http.NewResponseController(w).Flush() // chunked, so that the end comes apart
	})
	for range 5 {
		if o := wiretest.Collect(t, c, wiretest.Hello()); o.Err != nil {
			t.Fatal(o.Err)
		}
		time.Sleep(5 * time.Millisecond) // the end of the body is read elsewhere
	}
	n := 0
	conns.Range(func(any, any) bool { n++; return true })
	if n > 3 { // one, unless this machine is very busy
		t.Errorf("%d connections for 5 requests", n)
	}
}

func TestLargePromptArrivesUnchanged(t *testing.T) {
	t.Parallel()
	prompt := bytes.Repeat([]byte("line with \"quotes\", \\ and é\r\n"), 200_000)
	var sum [32]byte
	attempts := 0
	_, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if attempts++; attempts == 1 { // in the middle of the body, so it is opened again
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			w.WriteHeader(503)
			return
		}
		var doc struct {
			Messages []struct{ Content []struct{ Text string } }
		}
		if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
			t.Error(err)
		}
		sum = sha256.Sum256([]byte(doc.Messages[0].Content[0].Text))
		say(w, "ok")
	})
	c.Retries = 3
	r := wiretest.Hello()
	r.Turns[0].Parts[0].Text = [][]byte{prompt[:1000], prompt[1000:]}
	if o := wiretest.Collect(t, c, r); o.Err != nil || sum != sha256.Sum256(prompt) {
		t.Errorf("%v after %d attempts, the same prompt: %v", o.Err, attempts, sum == sha256.Sum256(prompt))
	}
}
