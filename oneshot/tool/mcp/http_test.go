package mcp_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/tool/mcp"
)

// oddHTTP answers MCP over HTTP, a behaviour a path.
type oddHTTP struct {
	t *testing.T

	mu     sync.Mutex
	seen   []string // method, path and what was asked
	starts int
	other  string      // the address of another server
	stream chan string // what the stream that is open, or will be, has to send
}

type rpc struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
}

func serveOdd(t *testing.T) (*oddHTTP, *httptest.Server) {
	t.Helper()
	odd := &oddHTTP{t: t, stream: make(chan string, 10)}
	srv := httptest.NewServer(odd)
	t.Cleanup(srv.Close)
	return odd, srv
}

func (o *oddHTTP) note(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = append(o.seen, line)
}

func (o *oddHTTP) asked(line string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, s := range o.seen {
		if s == line {
			n++
		}
	}
	return n
}

func (o *oddHTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var m rpc
	_ = json.Unmarshal(body, &m)
	o.note(strings.TrimSpace(r.Method + " " + r.URL.Path + " " + m.Method))
	switch {
	case r.Header.Get("Authorization") != "Bearer canary":
		o.note("no secret")
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/older"):
		o.older(w, r)
		return
	case r.Method == http.MethodGet && r.Header.Get("Last-Event-Id") == "seven":
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\n", <-o.stream)
		return
	case m.Method == "notifications/cancelled":
		o.stream <- string(body)
	}
	if r.Method != http.MethodPost || m.ID == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if o.refuse(w, r, m) {
		return
	}
	answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, o.result(w, r, m))
	switch {
	case strings.HasPrefix(r.URL.Path, "/older"):
		o.stream <- answer
		w.WriteHeader(http.StatusAccepted)
	case m.Method == "tools/call" && strings.HasPrefix(r.URL.Path, "/events"):
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, ": ping\n\nevent: message\ndata: %s\n\n", answer)
	case m.Method == "tools/call" && r.URL.Path == "/resume":
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "id: seven\nretry: 1\n\nid: eight\ndata: never whole")
		o.stream <- answer
	case m.Method == "tools/call" && r.URL.Path == "/cut":
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, ": ping\n\n")
	default:
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, answer)
	}
}

// refuse answers what no good server answers, by the path.
func (o *oddHTTP) refuse(w http.ResponseWriter, r *http.Request, m rpc) bool {
	code, said := 0, ""
	switch r.URL.Path {
	case "/401":
		code, said = 401, `{"error":"invalid_token canary"}`
	case "/500":
		code, said = 500, "oops"
	case "/400":
		code, said = 400, `{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"bad header"}}`
	case "/html":
		w.Header().Set("Content-Type", "text/html")
		code, said = 200, "<html>Login</html>"
	case "/redirect":
		w.Header().Set("Location", o.other+"/json?key=canary")
		code = 307
	case "/hang":
		<-r.Context().Done()
	case "/slow":
		if m.Method == "tools/call" {
			<-r.Context().Done()
		}
	case "/stateless":
		named := r.Header.Get("Mcp-Method") == m.Method && (r.Header.Get("Mcp-Name") == "echo") == (m.Method == "tools/call")
		if m.Method == "initialize" {
			code, said = 400, `{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"Unsupported protocol version"}}`
		} else if !named || r.Header.Get("Mcp-Protocol-Version") != "2026-07-28" {
			code, said = 400, "no headers"
		}
	case "/version":
		if m.Method != "initialize" && r.Header.Get("Mcp-Protocol-Version") != "2025-06-18" {
			code, said = 400, "no version"
		}
	case "/lost":
		if m.Method == "tools/call" && r.Header.Get("Mcp-Session-Id") == "s1" {
			code, said = 404, "session not found"
		}
	}
	if code != 0 {
		w.WriteHeader(code)
		io.WriteString(w, said)
	}
	return code != 0
}

func (o *oddHTTP) result(w http.ResponseWriter, r *http.Request, m rpc) string {
	switch m.Method {
	case "initialize":
		o.mu.Lock()
		o.starts++
		w.Header().Set("Mcp-Session-Id", fmt.Sprintf("s%d", o.starts))
		o.mu.Unlock()
		return `{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"odd","version":"1"}}`
	case "server/discover":
		return `{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}`
	case "tools/list":
		return `{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}`
	}
	if strings.HasSuffix(r.URL.Path, "/huge") {
		return `{"content":[{"type":"text","text":"` + strings.Repeat("h", 20<<20) + `"}]}`
	}
	return `{"content":[{"type":"text","text":"pong"}],"structuredContent":{"n":12345678901234567890}}`
}

// older is the stream of the older way, whose first event says where messages go.
func (o *oddHTTP) older(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	at := "/older/messages"
	if r.URL.Path == "/older/elsewhere" {
		at = o.other + "/steal"
	}
	fmt.Fprintf(w, "event: endpoint\ndata: %s\n\n", at)
	for {
		w.(http.Flusher).Flush()
		select {
		case line := <-o.stream:
			fmt.Fprintf(w, "event: message\ndata: %s\n\n", line)
		case <-r.Context().Done():
			return
		}
	}
}

// over is a server at the address.
func over(url string) mcp.Server {
	return mcp.Server{
		Name: "net", URL: url, Transport: &http.Transport{DisableKeepAlives: true}, Header: http.Header{"Authorization": {"Bearer canary"}},
		Connect: time.Minute, Timeout: time.Minute, Secrets: []string{"Bearer canary", "invalid_token canary"}, SSE: strings.Contains(url, "/older"),
	}
}

// TestHTTP: the three ways of the network, and a session that the server forgets.
func TestHTTP(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/json": "pong", "/events": "pong", "/version": "pong", "/older": "pong", "/lost": "pong", "/resume": "pong", "/stateless": "pong",
		"/huge":        `the server "net" answers with more than 16 MiB`,
		"/events/huge": `the server "net" answers with more than 16 MiB`,
		"/cut":         `the server "net" gave no result: request terminated without response`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			odd, srv := serveOdd(t)
			s := openOne(t, over(srv.URL+path))
			r, err := s.Call(t.Context(), "echo", json.RawMessage(`{}`))
			got := joined(r)
			if err != nil {
				got = err.Error()
			}
			if got != want || err == nil && string(r.Structured) != `{"n":12345678901234567890}` {
				t.Errorf("%q, %s", got, r.Structured)
			}
			if odd.asked("no secret") > 0 {
				t.Error("a request without its header")
			}
			calls := odd.asked("POST "+path+" tools/call") + odd.asked("POST /older/messages tools/call")
			if once := map[bool]int{true: 2, false: 1}[path == "/lost"]; calls != once {
				t.Errorf("%d calls", calls)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if strings.HasPrefix(path, "/json") && odd.asked("DELETE /json") != 1 {
				t.Error("the session was not ended")
			}
		})
	}
}

// TestCancelled: a server hears of a call that is no longer waited for.
func TestCancelled(t *testing.T) {
	t.Parallel()
	odd, srv := serveOdd(t)
	s := over(srv.URL + "/slow")
	s.Timeout = 100 * time.Millisecond
	if _, err := openOne(t, s).Call(t.Context(), "echo", nil); !class.Is(err, class.Timeout) {
		t.Error(err)
	}
	select {
	case got := <-odd.stream:
		if got != `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}` {
			t.Error(got)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing was said")
	}
}

// TestHTTPRefused: what is no MCP, or leads elsewhere, is told with its status, and gets no secret.
func TestHTTPRefused(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/401":             `config: the server "net" answers 401 Unauthorized: {"error":"****nary"}`,
		"/400":             `config: the server "net" answers 400 Bad Request: bad header`,
		"/500":             `server_error: the server "net" answers 500 Internal Server Error: oops`,
		"/html":            `config: the server "net" answers with "text/html" where MCP has JSON or events`,
		"/redirect":        `config: the server "net" answers 307 Temporary Redirect to OTHER/json, which is not followed`,
		"/older/elsewhere": `config: the server "net" names another server for its messages, OTHER/steal, which gets nothing`,
		"/hang":            `timeout: the server "net" did not start within 300ms`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			odd, srv := serveOdd(t)
			thief, other := serveOdd(t)
			odd.other = other.URL
			s := over(srv.URL + path)
			if path == "/hang" {
				s.Connect = 300 * time.Millisecond
			}
			all, err := mcp.Open(t.Context(), []mcp.Server{s})
			if err == nil {
				mcp.Close(all)
				t.Fatal("it started")
			}
			got := strings.ReplaceAll(string(class.Of(err))+": "+err.Error(), other.URL, "OTHER")
			if got != want {
				t.Errorf("\n%s\nwant\n%s", got, want)
			}
			thief.mu.Lock()
			defer thief.mu.Unlock()
			if len(thief.seen) > 0 || strings.Contains(got, "canary") {
				t.Errorf("it reached another server: %q", slices.Compact(thief.seen))
			}
		})
	}
}

// TestSecretInTheClear: a header that is a secret goes over TLS, or to this machine.
func TestSecretInTheClear(t *testing.T) {
	t.Parallel()
	_, err := mcp.Open(t.Context(), []mcp.Server{over("http://mcp.example/")})
	if !class.Is(err, class.Config) || !strings.Contains(err.Error(), "must be https") {
		t.Error(err)
	}
	gone := over("http://127.0.0.1:1/mcp")
	if _, err := mcp.Open(t.Context(), []mcp.Server{gone}); !class.Is(err, class.ServerError) || !strings.Contains(err.Error(), `"net" cannot be reached: dial tcp 127.0.0.1:1`) {
		t.Error(err)
	}
}
