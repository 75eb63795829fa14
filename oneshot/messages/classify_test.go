package messages

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
)

// classified runs a body through an attempt with the given status.
func classified(status int, body string) *Error {
	s := &stream{c: &Client{}, r: hello(), url: &url.URL{Host: "h"}, token: "sk-secret-canary"}
	a := &attempt{s: s, info: RequestInfo{HTTPStatus: status}}
	return a.classify([]byte(body))
}

// minimax is the shape of its errors, the inner code at the end of the message.
func minimax(kind, message string) string {
	return fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q,"http_code":"400"},"request_id":"abc"}`, kind, message)
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status      int
		body        string
		class, code string
		again       bool // this client tries again
	}{
		{400, minimax("bad_request_error", "invalid params, unknown model 'x' (2013)"), "invalid_request", "2013", false},
		{400, minimax("bad_request_error", "invalid params, context window exceeds limit (2013)"), "context_length", "2013", false},
		{400, minimax("bad_request_error", "token limit (1039)"), "context_length", "1039", false},
		{401, minimax("authorized_error", "login fail: put it in the 'Authorization' field (1004)"), "auth_refused", "1004", false},
		{401, minimax("authentication_error", "invalid api key (2049)"), "auth_refused", "2049", false},
		{500, minimax("api_error", "image is sensitive (1026)"), "refusal", "1026", false},
		{422, minimax("", "input new_sensitive (1026)"), "refusal", "1026", false},
		{500, minimax("api_error", "output sensitive (1027)"), "refusal", "1027", false},
		{500, minimax("api_error", "insufficient balance (1008)"), "billing", "1008", false},
		{500, minimax("api_error", "your plan does not include model (2061)"), "billing", "2061", false},
		{500, minimax("api_error", "unknown error, 999 (1000)"), "server_error", "1000", true},
		{500, minimax("api_error", "system (1033)"), "server_error", "1033", true},
		{429, minimax("rate_limit_error", "RPM (1002)"), "rate_limit", "1002", true},
		{200, minimax("", "connections (1041)"), "rate_limit", "1041", true},
		{429, minimax("rate_limit_error", "too fast (2045)"), "rate_limit", "2045", true},
		{429, minimax("rate_limit_error", "usage limit, resets at 2026-05-15T15:00:00Z (2056)"), "quota", "2056", false},
		{429, minimax("rate_limit_error", "quota (1028)"), "quota", "1028", false},
		{400, minimax("bad_request_error", "invisible chars (1042)"), "invalid_request", "1042", false},
		{529, minimax("overloaded_error", "high load"), "overloaded", "overloaded_error", true},
		{529, minimax("", "high load (2064)"), "overloaded", "2064", true},
		{200, `{"base_resp":{"status_code":1004,"status_msg":"login fail"}}`, "auth_refused", "1004", false},
		{200, `{"base_resp":{"status_code":7,"status_msg":"?"}}`, "server_error", "7", true},

		{400, minimax("invalid_request_error", "prompt is too long: 210000 tokens > 200000"), "context_length", "invalid_request_error", false},
		{400, minimax("invalid_request_error", "max_tokens: must be at most (1024)"), "invalid_request", "1024", false},
		{400, minimax("invalid_request_error", "Your credit balance is too low to access"), "billing", "invalid_request_error", false},
		{401, minimax("authentication_error", "invalid x-api-key"), "auth_refused", "authentication_error", false},
		{401, minimax("invalid_request_error", "imitators say so"), "auth_refused", "invalid_request_error", false},
		{402, minimax("billing_error", "pay"), "billing", "billing_error", false},
		{403, minimax("permission_error", "not for you"), "auth_refused", "permission_error", false},
		{403, minimax("permission_error", "spending-limit"), "billing", "permission_error", false},
		{404, minimax("not_found_error", "model: x"), "invalid_request", "not_found_error", false},
		{413, minimax("request_too_large", "too large"), "context_length", "request_too_large", false},
		{429, minimax("rate_limit_error", "slow down"), "rate_limit", "rate_limit_error", true},
		{429, minimax("api_error", "slow down"), "rate_limit", "api_error", true},
		{500, minimax("api_error", "oops"), "server_error", "api_error", true},
		{504, minimax("timeout_error", "late"), "server_error", "timeout_error", true},
		{200, minimax("overloaded_error", "Overloaded"), "overloaded", "overloaded_error", true},

		{413, "<html><title>413 Too Large</title>", "invalid_request", "", false},
		{422, `{"detail":"bad field"}`, "invalid_request", "", false},
		{405, "", "invalid_request", "", false},
		{408, "", "server_error", "", true},
		{409, "", "server_error", "", true},
		{502, "<html>", "server_error", "", true},
		{403, "", "auth_refused", "", false},
		{429, `{"error":{"code":429,"message":"slow"}}`, "rate_limit", "", true},
		{401, `{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}`, "auth_refused", "authentication_error", false},
		{503, `{"error":"loading model"}`, "server_error", "", true},
	} {
		e := classified(c.status, c.body)
		if e.ErrClass != c.class || e.ProviderCode != c.code || (e.Retryable && !e.final) != c.again || e.HTTPStatus != c.status {
			t.Errorf("%d %s\n\tclass %s, code %q, retryable %v, final %v", c.status, c.body, e.ErrClass, e.ProviderCode, e.Retryable, e.final)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{400, minimax("x", "unknown model 'y' (2013)"), "unknown model 'y' (2013)"},
		{500, `{"error":"flat"}`, "flat"},
		{500, `{"message":"flat"}`, "flat"},
		{500, `{"error":{"code":1}}`, `status 500 Internal Server Error: {"error":{"code":1}}`},
		{502, "", "status 502 Bad Gateway"},
		{599, "", "status 599"},
		{502, "<html><head><TITLE>502\nBad</TITLE>", `status 502 Bad Gateway, an HTML page ("502 Bad")`},
		{502, "<html>no title", "status 502 Bad Gateway, an HTML page"},
		{502, "<title>open", "status 502 Bad Gateway, an HTML page"},
		{500, "plain \x1b[31mred\x07 words\r\nhere \u202egnorw", "status 500 Internal Server Error: plain [31mred words here gnorw"},
		{500, minimax("x", "key sk-secret-canary refused"), "key ****nary refused"},
		{500, `{"error":{"message":"` + strings.Repeat("long ", 200) + `"}}`, strings.Repeat("long ", 100) + "…"},
		{500, "\xff\xfe", "status 500 Internal Server Error: \ufffd"},
	} {
		if got := classified(c.status, c.body).Message; got != c.want {
			t.Errorf("%.60s:\n%s\n%s", c.body, got, c.want)
		}
	}
}

func TestResetTimeAndIDs(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"used up, resets at 2026-05-15T15:00:00Z (2056)":       "2026-05-15T15:00:00Z",
		"used up (2056), resets at 2026-05-15T15:00:00+08:00.": "2026-05-15T07:00:00Z",
		"resets at 2026-05-15T15:00:00.5Z,":                    "2026-05-15T15:00:00.5Z",
		"resets at noon":                                       "",
		"resets at ":                                           "",
	} {
		at, ok := resetTime(message)
		if got := at.UTC().Format(time.RFC3339Nano); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s, %v", message, got, ok)
		}
	}
	e := classified(429, minimax("rate_limit_error", "resets at 2026-05-15T15:00:00Z (2056)"))
	if e.RetryAt.Year() != 2026 || !e.Retryable || e.RequestID != "abc" {
		t.Errorf("%+v", e)
	}
	for _, name := range []string{"request-id", "Trace-Id", "Minimax-Request-Id", "X-Mm-Request-Id"} {
		h := http.Header{}
		h.Set(name, "id\x1b")
		if requestID(h) == "" || requestID(http.Header{}) != "" {
			t.Errorf("%s is not read", name)
		}
	}
	for message, want := range map[string]string{"a (1002)": "1002", "(1002) b (2013) c": "2013", "(12345)": "", "(12x4)": "", "(1002": "", "((1002))": "1002", "": ""} {
		if got := innerCode(message); got != want {
			t.Errorf("%q: %q", message, got)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(500, minimax("api_error", "resets at 2026 (2056"))
	f.Add(200, `{"base_resp":{"status_code":1e99,"status_msg":[]},"error":"x"}`)
	f.Add(413, "<title><title></title>")
	f.Add(403, strings.Repeat("[", 20_000))
	f.Fuzz(func(t *testing.T, status int, body string) {
		e := classified(status, body)
		if e.ErrClass == "" || e.Message == "" || strings.ContainsFunc(e.Message, unicode.IsControl) || strings.Contains(e.Message, "sk-secret-canary") {
			t.Fatalf("%d %q: %+v", status, body, e)
		}
		if len([]rune(e.Message)) > maxMessage+1 {
			t.Fatalf("%d runes", len([]rune(e.Message)))
		}
	})
}
