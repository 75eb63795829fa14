package sandbox

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStatusFaults(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		fault  string
		status int
		kind   string
		says   string
	}{
		{"status=400", 400, "bad_request_error", "(2013)"},
		{"status=401", 401, "authorized_error", "(1004)"},
		{"status=401,code=2049", 401, "authentication_error", "(2049)"},
		{"status=403", 403, "permission_error", ""},
		{"status=404", 404, "not_found_error", ""},
		{"status=413", 413, "request_too_large", "(2013)"},
		{"status=422", 422, "bad_request_error", "(1026)"},
		{"status=429", 429, "rate_limit_error", "rate limit (1002)"},
		{"status=429,code=2056", 429, "rate_limit_error", "resets at 20"},
		{"status=500", 500, "api_error", "(1000)"},
		{"status=500,code=1008", 500, "api_error", "insufficient balance (1008)"},
		{"status=500,code=2061", 500, "api_error", "plan does not support this model (2061)"},
		{"status=500,code=1026", 500, "api_error", "(1026)"},
		{"status=503", 503, "api_error", "(1000)"},
		{"status=529", 529, "overloaded_error", "high load"},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			a := ask(t, base, hello, FaultHeader, test.fault)
			if a.status != test.status {
				t.Fatalf("status %d, want %d", a.status, test.status)
			}
			v := a.object(t)
			if got := text(v, "error", "type"); got != test.kind {
				t.Errorf("type %q, want %q", got, test.kind)
			}
			if got := text(v, "error", "message"); !strings.Contains(got, test.says) {
				t.Errorf("message %q, want %q in it", got, test.says)
			}
			if got := text(v, "error", "http_code"); got != strconv.Itoa(test.status) {
				t.Errorf("http_code %q is not the status as a string", got)
			}
			if text(v, "request_id") == "" || text(v, "request_id") != a.header.Get("Trace-Id") {
				t.Errorf("request_id %q, Trace-Id %q", text(v, "request_id"), a.header.Get("Trace-Id"))
			}
			if a.header.Get("Retry-After") != "" {
				t.Errorf("Retry-After %q came unasked", a.header.Get("Retry-After"))
			}
		})
	}
}

func TestRetryAfterFaults(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{ClockSkew: -time.Hour})
	a := ask(t, base, hello, FaultHeader, "status=429,retry-after=7")
	if got := a.header.Get("Retry-After"); got != "7" {
		t.Errorf("retry-after: %q, want 7", got)
	}
	tests := []struct {
		fault string
		want  time.Duration
	}{
		{"status=503,retry-date", 5 * time.Second},
		{"status=503,retry-date=90", 90 * time.Second},
		{"status=502,html,retry-date=30", 30 * time.Second},
	}
	for _, test := range tests {
		a := ask(t, base, hello, FaultHeader, test.fault)
		at, err := http.ParseTime(a.header.Get("Retry-After"))
		if err != nil {
			t.Errorf("%s: %v", test.fault, err)
			continue
		}
		date, err := http.ParseTime(a.header.Get("Date"))
		if err != nil {
			t.Fatal(err)
		}
		// Both are cut to whole seconds, one of them perhaps a second later.
		if d := at.Sub(date); d < test.want-time.Second || d > test.want+time.Second {
			t.Errorf("%s: %v after Date, want %v", test.fault, d, test.want)
		}
	}
}

func TestBaseRespFault(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	for code, says := range map[int]string{1002: "rate limit", 1008: "balance", 1027: "sensitive", 4711: "sandbox error"} {
		a := ask(t, base, hello, FaultHeader, "base_resp="+strconv.Itoa(code))
		v := a.object(t)
		if a.status != 200 || number(v, "base_resp", "status_code") != float64(code) {
			t.Errorf("%d: status %d, body %s", code, a.status, a.body)
		}
		if !strings.Contains(text(v, "base_resp", "status_msg"), says) {
			t.Errorf("%d: body %s, want %q in it", code, a.body, says)
		}
	}
}

func TestHTMLFault(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	for fault, status := range map[string]int{"html": 200, "status=502,html": 502, "html,status=404": 404} {
		a := ask(t, base, hello, FaultHeader, fault)
		if a.status != status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.HasPrefix(a.body, "<html>") {
			t.Errorf("%s: status %d, type %q, body %q", fault, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
}

func TestRedirectFault(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := ask(t, base, hello, FaultHeader, "redirect=http://127.0.0.1:9/elsewhere")
	if a.status != 307 || a.header.Get("Location") != "http://127.0.0.1:9/elsewhere" || a.body != "" {
		t.Errorf("status %d, location %q, body %q", a.status, a.header.Get("Location"), a.body)
	}
}

func TestSlowFault(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	begin := time.Now()
	a := ask(t, base, hello, FaultHeader, "slow=80ms")
	if d := time.Since(begin); d < 80*time.Millisecond || a.status != 200 {
		t.Errorf("status %d after %v", a.status, d)
	}
}

func TestResetFault(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	_, in := dialRaw(t, base, hello, FaultHeader, "reset")
	b, err := io.ReadAll(in)
	if len(b) != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %q, %v; want a reset and no byte", b, err)
	}
}

func TestRefuseFault(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	_, in := dialRaw(t, base, hello, FaultHeader, "refuse")
	if b, err := io.ReadAll(in); len(b) != 0 || err != nil {
		t.Errorf("read %q, %v; want a plain end and no byte", b, err)
	}
	if a := ask(t, base, hello); a.status != 200 {
		t.Errorf("the request after it: status %d", a.status)
	}
}

func TestRefuseShutsThePort(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{Fault: "refuse=2s*1"})
	idle := newClient(t)
	res, err := idle.Get(base + "/_sandbox/state")
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if _, err := trySend(t, http.MethodPost, base+"/v1/messages", hello, "X-Api-Key", testKey); err == nil {
		t.Fatal("the request was answered")
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err == nil {
		conn.Close()
		t.Fatal("the port took a connection while it was shut")
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v, want connection refused", err)
	}
	if _, err := idle.Get(base + "/_sandbox/state"); err == nil {
		t.Error("an idle connection outlived the closed port")
	}
	eventually(t, "the port opens again", func() bool {
		a, err := trySend(t, http.MethodPost, base+"/v1/messages", hello, "X-Api-Key", testKey)
		return err == nil && a.status == 200
	})
	if n := s.State().Faults["refuse"]; n != 1 {
		t.Errorf("refuse was played %d times, want 1", n)
	}
}

func TestExpiredFault(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{Fault: "expired*1"})
	access, _ := logIn(t, s)
	other, _ := logIn(t, s)
	use := func(token string) int {
		return send(t, http.MethodPost, base+"/v1/messages", hello, "Authorization", "Bearer "+token).status
	}
	if got := use(access); got != 401 {
		t.Errorf("the first request: %d, want 401", got)
	}
	if got := use(access); got != 401 {
		t.Errorf("the same token again: %d, want 401", got)
	}
	if got := use(other); got != 200 {
		t.Errorf("another token: %d, want 200", got)
	}
}

func TestFaultCounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault string
		want  []int
	}{
		{"status=529*2", []int{529, 529, 200, 200}},
		{"status=529@2", []int{200, 529, 529, 529}},
		{"status=529@2*1", []int{200, 529, 200, 200}},
		{"status=500*1,status=503@2*1", []int{500, 503, 200, 200}},
		{"", []int{200, 200, 200, 200}},
	}
	for _, test := range tests {
		t.Run("server "+test.fault, func(t *testing.T) {
			t.Parallel()
			_, base := start(t, Options{Fault: test.fault})
			for i, want := range test.want {
				if a := ask(t, base, hello); a.status != want {
					t.Errorf("request %d: status %d, want %d", i+1, a.status, want)
				}
			}
		})
		t.Run("header "+test.fault, func(t *testing.T) {
			t.Parallel()
			_, base := start(t, Options{})
			for i, want := range test.want {
				if a := ask(t, base, hello, FaultHeader, test.fault); a.status != want {
					t.Errorf("request %d: status %d, want %d", i+1, a.status, want)
				}
			}
		})
	}
}

func TestFaultPrecedence(t *testing.T) {
	t.Parallel()
	script := &Script{Answers: []Answer{{Match: Match{Prompt: "scripted"}, Text: "fine", Fault: "status=502"}}}
	scripted := strings.Replace(hello, `"hello"`, `"scripted"`, 1)
	_, base := start(t, Options{Fault: "slow=1ms", Script: script})
	_, hard := start(t, Options{Fault: "status=500", Script: script})
	tests := []struct {
		what, base, body, header string
		want                     int
	}{
		{"the script has a fault", base, scripted, "", 502},
		{"the header wins over the script", base, scripted, "status=504", 504},
		{"none switches the script's off", base, scripted, "none", 200},
		{"the server's own", hard, hello, "", 500},
		{"the header wins over the server", hard, hello, "status=504", 504},
		{"none switches the server's off", hard, hello, "none", 200},
	}
	for _, test := range tests {
		var headers []string
		if test.header != "" {
			headers = []string{FaultHeader, test.header}
		}
		if a := ask(t, test.base, test.body, headers...); a.status != test.want {
			t.Errorf("%s: status %d, want %d", test.what, a.status, test.want)
		}
	}
}

func TestFaultMeetsItsScopeOnly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault                         string
		messages, models, code, token int
	}{
		{"status=503", 503, 200, 200, 400},
		{"models:status=503", 200, 503, 200, 400},
		{"code:status=503", 200, 200, 503, 400},
		{"token:status=503", 200, 200, 200, 503},
		{"oauth:status=503", 200, 200, 503, 503},
		{"any:status=503", 503, 503, 503, 503},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			_, base := start(t, Options{Fault: test.fault})
			got := []int{
				ask(t, base, hello).status,
				send(t, http.MethodGet, base+"/v1/models", "", "X-Api-Key", testKey).status,
				askCode(t, base, "/oauth/code").status,
				refresh(t, base, "unknown").status,
			}
			for i, want := range []int{test.messages, test.models, test.code, test.token} {
				if got[i] != want {
					t.Errorf("messages, models, code, token: got %v, want %d at %d", got, want, i)
				}
			}
			if a := send(t, http.MethodGet, base+"/_sandbox/state", ""); a.status != 200 {
				t.Errorf("a fault met the control endpoint: %d", a.status)
			}
		})
	}
}

func TestBadFaultHeader(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := ask(t, base, hello, FaultHeader, "explode")
	if a.status != 400 || !strings.Contains(a.body, "explode") {
		t.Errorf("status %d, body %s", a.status, a.body)
	}
}

func TestFaultsOfTheTokenEndpointSpeakItsDialect(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Fault: "token:status=429,token:retry-after=3"})
	a := refresh(t, base, "whatever")
	v := a.object(t)
	if a.status != 429 || a.header.Get("Retry-After") != "3" {
		t.Errorf("status %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
	if number(v, "base_resp", "status_code") != 1002 || text(v, "base_resp", "status_msg") == "" {
		t.Errorf("body %s", a.body)
	}
	if strings.Contains(a.body, "invalid_grant") {
		t.Errorf("a transient error names a dead grant: %s", a.body)
	}
}
