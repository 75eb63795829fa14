package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestListenOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		addr   string
		remote bool
		good   bool
	}{
		{"", false, true},
		{"127.0.0.1:0", false, true},
		{"localhost:0", false, true},
		{"127.8.8.8:0", false, true},
		{":0", false, false},
		{"0.0.0.0:0", false, false},
		{"[::]:0", false, false},
		{"192.0.2.7:0", false, false},
		{"example.com:0", false, false},
		{"127.0.0.1", false, false},
		{"0.0.0.0:0", true, true},
		{"nonsense", true, false},
	}
	for _, test := range tests {
		s, err := New(Options{AllowRemote: test.remote, AnyToken: true})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		base, err := s.Listen(ctx, test.addr)
		if (err == nil) != test.good {
			t.Errorf("%q: %q, %v", test.addr, base, err)
		}
		if err != nil && !strings.Contains(err.Error(), test.addr) {
			t.Errorf("%q: the error does not name it: %v", test.addr, err)
		}
		if err == nil {
			if !strings.HasPrefix(base, "http://127.") {
				t.Errorf("%q: the URL %q is not one for clients here", test.addr, base)
			}
			if a := ask(t, base, hello); a.status != 200 {
				t.Errorf("%q: %d", test.addr, a.status)
			}
			cancel()
			if err := s.Wait(); err != nil {
				t.Errorf("%q: Wait: %v", test.addr, err)
			}
		}
		cancel()
	}
}

func TestListenOnATakenPort(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if base, err := s.Listen(t.Context(), ln.Addr().String()); err == nil {
		t.Errorf("it listens on %s", base)
	}
}

func TestListenOnce(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	if second, err := s.Listen(t.Context(), ""); err == nil {
		t.Errorf("it listens again on %s", second)
	}
	if a := ask(t, base, hello); a.status != 200 {
		t.Errorf("the first port: %d", a.status)
	}
}

func TestTheEndOfTheContextEndsAll(t *testing.T) {
	t.Parallel()
	s, err := New(Options{RedirectOAuth: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	base, err := s.Listen(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	second := strings.TrimSuffix(askCode(t, base, "/oauth/code").header.Get("Location"), "/oauth2/device/code")
	_, in := dialRaw(t, base, helloStream, FaultHeader, "stall=2")
	if _, err := readHead(in); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream is active", func() bool { return s.State().ActiveStreams == 1 })
	begin := time.Now()
	cancel()
	if err := s.Wait(); err != nil {
		t.Errorf("Wait: %v", err)
	}
	if d := time.Since(begin); d > 40*time.Second {
		t.Errorf("the end took %v", d)
	}
	if b, _ := io.ReadAll(in); strings.Contains(string(b), "message_stop") {
		t.Error("the stalled stream came to a proper end")
	}
	for _, u := range []string{base, second} {
		if conn, err := net.Dial("tcp", strings.TrimPrefix(u, "http://")); err == nil {
			conn.Close()
			t.Errorf("%s still takes connections", u)
		}
	}
	eventually(t, "the stream ends", func() bool { return s.State().ActiveStreams == 0 })
	if n := s.State().DroppedStreams; n != 0 {
		t.Errorf("the server's own end counts as %d clients that left", n)
	}
}

func TestTheEndWhileThePortIsShut(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	base, err := s.Listen(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trySend(t, "POST", base+"/v1/messages", hello, "X-Api-Key", testKey, FaultHeader, "refuse=1h"); err == nil {
		t.Fatal("there was an answer")
	}
	cancel()
	begin := time.Now()
	if err := s.Wait(); err != nil || time.Since(begin) > 40*time.Second {
		t.Errorf("Wait: %v after %v", err, time.Since(begin))
	}
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	var out bytes.Buffer
	if err := s.Announce(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "}\n") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("not one line: %q", out.String())
	}
	var v map[string]any
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{
		"url": base, "portal": base, "inference": base + "/anthropic", "openai": base + "/v1", "gemini": base + "/v1beta", "pid": float64(os.Getpid()),
	} {
		if v[field] != want {
			t.Errorf("%s: %v, want %v", field, v[field], want)
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 404, ""},
		{"POST", "/anthropic/messages", 404, ""},
		{"POST", "/anthropic/v1/v1/messages", 404, ""},
		{"POST", "/v1/messages/", 404, ""},
		{"POST", "/anthropic/chat/completions", 404, ""},
		{"GET", "/_sandbox/nothing", 404, ""},
		{"GET", "/anthropic/v1/messages", 405, "POST"},
		{"PUT", "/v1/messages", 405, "POST"},
		{"POST", "/v1/models", 405, "GET"},
		{"GET", "/oauth2/token", 405, "POST"},
		{"POST", "/_sandbox/state", 405, "GET"},
	}
	for _, test := range tests {
		a := send(t, test.method, base+test.path, "")
		if a.status != test.status || a.header.Get("Allow") != test.allow || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s %s: %d, Allow %q, %s", test.method, test.path, a.status, a.header.Get("Allow"), a.header.Get("Content-Type"))
		}
	}
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, -48 * time.Hour, 3 * time.Hour} {
		_, base := start(t, Options{ClockSkew: skew})
		want := time.Now().Add(skew)
		for what, a := range map[string]answered{
			"messages": ask(t, base, hello), "code": askCode(t, base, "/oauth/code"), "404": send(t, "GET", base+"/", ""),
		} {
			at, err := http.ParseTime(a.header.Get("Date"))
			if err != nil {
				t.Fatal(err)
			}
			if d := at.Sub(want); d < -5*time.Second || d > 5*time.Second {
				t.Errorf("%s with skew %v: Date is %v off", what, skew, d)
			}
		}
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		o    Options
		says string
	}{
		{"fault", Options{Fault: "explode"}, "explode"},
		{"encoding", Options{ExpiresIn: "minutes"}, `"minutes"`},
		{"script", Options{Script: &Script{Answers: []Answer{{Fault: "status"}}}}, "answer 1"},
		{"cassette", Options{Cassette: strings.NewReader("x")}, "cassette line 1"},
	}
	for _, test := range tests {
		if s, err := New(test.o); err == nil || s != nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

func TestTooLongBody(t *testing.T) {
	t.Parallel()
	s, err := New(Options{AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/v1/messages", io.LimitReader(zeros{}, maxBody+10))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 413 || !strings.Contains(w.Body.String(), "request_too_large") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestAsAPlainHandler(t *testing.T) {
	t.Parallel()
	s, err := New(Options{RedirectOAuth: true})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	defer web.Close()
	if a := ask(t, web.URL, hello); a.status != 200 {
		t.Errorf("messages: %d", a.status)
	}
	a := askCode(t, web.URL, "/oauth/code")
	if got := a.header.Get("Location"); a.status != 307 || got != "/oauth2/device/code" {
		t.Errorf("%d, Location %q", a.status, got)
	}
	begun := askCode(t, web.URL, "/oauth2/device/code").object(t)
	if got := text(begun, "verification_uri"); !strings.HasPrefix(got, web.URL+approvePath) {
		t.Errorf("verification_uri %q", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{Chaos: 9, Log: io.Discard})
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			switch i % 5 {
			case 0:
				ask(t, base, helloStream, FaultHeader, "drip")
			case 1:
				_, token := logIn(t, s)
				refresh(t, base, token)
			case 2:
				send(t, "GET", base+"/_sandbox/state", "")
			case 3:
				s.ExpireTokens()
				_ = s.SetFault("slow=1ms")
			default:
				_, _ = trySend(t, "POST", base+"/v1/messages", hello, "X-Api-Key", testKey)
			}
		})
	}
	all.Wait()
	if n := s.State(); n.ActiveStreams != 0 || n.CompletedStreams != 6 || n.Refreshes > 6 {
		t.Errorf("%+v", n)
	}
}
