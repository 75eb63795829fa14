package apierror

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

type classified struct {
	status      int
	body        string
	class, code string
	again       bool // this client tries again
}

func refusals() []classified {
	return []classified{
		{400, wiretest.MessageError("bad_request_error", "invalid params, unknown model 'x' (2013)"), "invalid_request", "2013", false},
		{400, wiretest.MessageError("bad_request_error", "invalid params, context window exceeds limit (2013)"), "context_length", "2013", false},
		{400, wiretest.MessageError("bad_request_error", "token limit (1039)"), "context_length", "1039", false},
		{401, wiretest.MessageError("authorized_error", "login fail: put it in the 'Authorization' field (1004)"), "auth_refused", "1004", false},
		{401, wiretest.MessageError("authentication_error", "invalid api key (2049)"), "auth_refused", "2049", false},
		{500, wiretest.MessageError("api_error", "image is sensitive (1026)"), "refusal", "1026", false},
		{422, wiretest.MessageError("", "input new_sensitive (1026)"), "refusal", "1026", false},
		{500, wiretest.MessageError("api_error", "output sensitive (1027)"), "refusal", "1027", false},
		{500, wiretest.MessageError("api_error", "insufficient balance (1008)"), "billing", "1008", false},
		{500, wiretest.MessageError("api_error", "your plan does not include model (2061)"), "billing", "2061", false},
		{500, wiretest.MessageError("api_error", "unknown error, 999 (1000)"), "server_error", "1000", true},
		{500, wiretest.MessageError("api_error", "system (1033)"), "server_error", "1033", true},
		{429, wiretest.MessageError("rate_limit_error", "RPM (1002)"), "rate_limit", "1002", true},
		{200, wiretest.MessageError("", "connections (1041)"), "rate_limit", "1041", true},
		{429, wiretest.MessageError("rate_limit_error", "too fast (2045)"), "rate_limit", "2045", true},
		{429, wiretest.MessageError("rate_limit_error", "usage limit, resets at 2026-05-15T15:00:00Z (2056)"), "quota", "2056", false},
		{429, wiretest.MessageError("rate_limit_error", "quota (1028)"), "quota", "1028", false},
		{400, wiretest.MessageError("bad_request_error", "invisible chars (1042)"), "invalid_request", "1042", false},
		{529, wiretest.MessageError("overloaded_error", "high load"), "overloaded", "overloaded_error", true},
		{529, wiretest.MessageError("", "high load (2064)"), "overloaded", "2064", true},
		{200, `{"base_resp":{"status_code":1004,"status_msg":"login fail"}}`, "auth_refused", "1004", false},
		{200, `{"base_resp":{"status_code":7,"status_msg":"?"}}`, "server_error", "7", true},

		{400, wiretest.MessageError("invalid_request_error", "prompt is too long: 210000 tokens > 200000"), "context_length", "invalid_request_error", false},
		{400, wiretest.MessageError("invalid_request_error", "max_tokens: must be at most (1024)"), "invalid_request", "1024", false},
		{400, wiretest.MessageError("invalid_request_error", "Your credit balance is too low to access"), "billing", "invalid_request_error", false},
		{401, wiretest.MessageError("authentication_error", "invalid x-api-key"), "auth_refused", "authentication_error", false},
		{401, wiretest.MessageError("invalid_request_error", "imitators say so"), "auth_refused", "invalid_request_error", false},
		{402, wiretest.MessageError("billing_error", "pay"), "billing", "billing_error", false},
		{403, wiretest.MessageError("permission_error", "not for you"), "auth_refused", "permission_error", false},
		{403, wiretest.MessageError("permission_error", "spending-limit"), "billing", "permission_error", false},
		{404, wiretest.MessageError("not_found_error", "model: x"), "invalid_request", "not_found_error", false},
		{413, wiretest.MessageError("request_too_large", "too large"), "context_length", "request_too_large", false},
		{429, wiretest.MessageError("rate_limit_error", "slow down"), "rate_limit", "rate_limit_error", true},
		{429, wiretest.MessageError("api_error", "slow down"), "rate_limit", "api_error", true},
		{500, wiretest.MessageError("api_error", "oops"), "server_error", "api_error", true},
		{504, wiretest.MessageError("timeout_error", "late"), "server_error", "timeout_error", true},
		{200, wiretest.MessageError("overloaded_error", "Overloaded"), "overloaded", "overloaded_error", true},

		{413, "<html><title>413 Too Large</title>", "invalid_request", "", false},
		{422, `{"detail":"bad field"}`, "invalid_request", "", false},
		{405, "", "invalid_request", "", false},
		{408, "", "server_error", "", true},
		{409, "", "server_error", "", true},
		{502, "<html>", "server_error", "", true},
		{403, "", "auth_refused", "", false},
		{429, `{"error":{"code":429,"message":"slow"}}`, "rate_limit", "429", true},
		{401, `{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}`, "auth_refused", "authentication_error", false},
		{503, `{"error":"loading model"}`, "server_error", "", true},
	}
}

// borders are of a status or a code beside one that means another thing.
func borders() []classified {
	return []classified{
		{400, wiretest.MessageError("api_error", "a number (1000)"), "invalid_request", "1000", false},
		{428, wiretest.MessageError("", "a number (1033)"), "invalid_request", "1033", false},
		{429, wiretest.MessageError("", "a code (1033)"), "server_error", "1033", true},
		{399, wiretest.MessageError("", "a code (1033)"), "server_error", "1033", true},
		{399, "", "server_error", "", true},
		{400, "", "invalid_request", "", false},
		{402, "", "billing", "", false},
		{429, "", "rate_limit", "", true},
		{498, "", "overloaded", "", true},
		{499, "", "invalid_request", "", false},
		{500, "", "server_error", "", true},
		{501, wiretest.MessageError("api_error", "oops"), "server_error", "api_error", true},
		{404, wiretest.MessageError("api_error", "oops"), "invalid_request", "api_error", false},
		{402, wiretest.MessageError("invalid_request_error", "pay"), "billing", "invalid_request_error", false},
		{403, wiretest.MessageError("bad_request_error", "no"), "auth_refused", "bad_request_error", false},
		{429, wiretest.MessageError("invalid_request_error", "slow"), "rate_limit", "invalid_request_error", true},
		{400, `{"error":{"message":"Incorrect API key provided"}}`, "auth_refused", "", false},
		{403, `{"error":{"message":"your input was flagged"}}`, "refusal", "", false},
		{400, `{"error":{"message":"your input was flagged"}}`, "invalid_request", "", false},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED","message":"limit: 0, model"}}`, "billing", "RESOURCE_EXHAUSTED", false},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED","message":"limit: 0"}}`, "billing", "RESOURCE_EXHAUSTED", false},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED","message":"limit: 09"}}`, "rate_limit", "RESOURCE_EXHAUSTED", true},
		{429, `[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"quotaId":"RequestsPerDay"}]}}]`, "quota", "RESOURCE_EXHAUSTED", false},
		{400, `{"error":{"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`, "auth_refused", "INVALID_ARGUMENT", false},
		{0, `{"error":{"code":429,"message":"inside of an answer"}}`, "rate_limit", "429", true},
		{0, `{"error":{"code":400,"message":"inside of an answer"}}`, "invalid_request", "400", false},
		{0, `{"error":{"code":399,"message":"no status"}}`, "server_error", "399", true},
		{0, `{"error":{"code":600,"message":"no status"}}`, "server_error", "600", true},
		{200, `{"error":{"code":429,"message":"it has one"}}`, "server_error", "429", true},
		{200, wiretest.MessageError("invalid_request_error", "no such field"), "invalid_request", "invalid_request_error", false},
		{500, wiretest.MessageError("bad_request_error", "no such field"), "invalid_request", "bad_request_error", false},
		{500, wiretest.MessageError("api_error", "oops"), "server_error", "api_error", true},
		{400, `{"error":{"type":"overloaded_error"`, "invalid_request", "", false},
		{500, `{"error":{"type":"error","message":"m"}}`, "server_error", "error", true},
		{500, `{"type":"t","message":"m"}`, "server_error", "t", true},
		{500, `{"error":{"code":"c","status":"S"}}`, "server_error", "c", true},
		{400, `{"type":"error","message":"the maximum context is 5"}`, "context_length", "", false},
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(refusals(), borders()) {
		f := Read(wire.Messages, c.status, []byte(c.body))
		if string(f.Class) != c.class || f.Code != c.code || (f.Retryable && !f.Final) != c.again {
			t.Errorf("%d %s\n\tclass %s, code %q, retryable %v, final %v", c.status, c.body, f.Class, f.Code, f.Retryable, f.Final)
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
		"2026-05-15T15:00:00Z":                                 "",
		"resets at ":                                           "",
	} {
		at, ok := resetTime(message)
		if got := at.UTC().Format(time.RFC3339Nano); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s, %v", message, got, ok)
		}
	}
	e := Read(wire.Messages, 429, []byte(wiretest.MessageError("rate_limit_error", "resets at 2026-05-15T15:00:00Z (2056)")))
	if e.RetryAt.Year() != 2026 || !e.Retryable || e.RequestID != "abc" {
		t.Errorf("%+v", e)
	}
	e = Read(wire.Responses, 429, []byte(`{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_at":1796000000}}`))
	if e.RetryAt.Unix() != 1796000000 || e.Class != "quota" || !e.Final {
		t.Errorf("%+v", e)
	}
	for message, want := range map[string]string{"a (1002)": "1002", "(1002)": "1002", "(1002) b (2013) c": "2013", "(12345)": "", "(12x4)": "", "(1002": "", "((1002))": "1002", "": ""} {
		if got := innerCode(message); got != want {
			t.Errorf("%q: %q", message, got)
		}
	}
}

// TestIs: an answer is no error, whatever it is named like.
func TestIs(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		`{"error":{}}`: true, `{"error":"busy"}`: true, `{"error":""}`: false, `{"error":null}`: false, `[{"error":{}}]`: true, `[]`: false,
		`{"type":"error"}`: true, `{"object":"error"}`: true, `{"type":"message","object":"chat"}`: false,
		`{"base_resp":{"status_code":1004}}`: true, `{"base_resp":{"status_code":0}}`: false,
		`{"message":"no","code":1}`: true, `{"message":"no","type":"t"}`: true, `{"message":"no"}`: false, `{"message":{},"code":1}`: false, `{"code":1}`: false,
		`{"message":"no","code":1,"choices":[]}`: false, `{"message":"no","code":1,"content":[]}`: false, `{"message":"no","code":1,"candidates":[]}`: false,
	} {
		if got := Is(gjson.Parse(doc)); got != want {
			t.Errorf("%s: %v", doc, got)
		}
	}
}

// TestWait: how long a message or Google's details ask to wait.
func TestWait(t *testing.T) {
	t.Parallel()
	const info = `{"error":{"message":"retry in 9s","details":[{"@type":"x.ErrorInfo","retryDelay":"7s"},{"@type":"x.RetryInfo","retryDelay":"%"}]}}`
	for body, want := range map[string]time.Duration{
		`{"error":{"message":"Please try again in 7m12.5s."}}`: 7*time.Minute + 12500*time.Millisecond, `{"error":{"message":"RETRY IN 3s, or"}}`: 3 * time.Second,
		`{"error":{"message":"try again in 0s"}}`: 0, `{"error":{"message":"try again in -1s"}}`: 0, `{"error":{"message":"try again in a while, or retry in 2s"}}`: 2 * time.Second,
		`{"error":{"message":"try again in 0s, or retry in 2s"}}`: 2 * time.Second, `{"error":{"message":"no words"}}`: 0,
		`{"error":{"details":[{"@type":"x.RetryInfo","retryDelay":"7s"},{"@type":"x.ErrorInfo","retryDelay":"9s"}]}}`: 7 * time.Second,
		strings.Replace(info, "%", "4.5s", 1): 4500 * time.Millisecond, strings.Replace(info, "%", "0s", 1): 9 * time.Second,
	} {
		if got := Read(wire.Chat, 429, []byte(body)).RetryAfter; got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
	for at, want := range map[string]int64{"1000000001": 1000000001, "1000000000": 0, "9999999999": 9999999999, "10000000000": 0} {
		if f := Read(wire.Chat, 429, []byte(`{"error":{"resets_at":`+at+`}}`)); f.RetryAt.IsZero() != (want == 0) || want != 0 && !f.RetryAt.Equal(time.Unix(want, 0)) {
			t.Errorf("%s: %v", at, f.RetryAt)
		}
	}
}

// TestMessage: what an error says comes from the first place that says something.
func TestMessage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"base_resp":{"status_code":1004,"status_msg":"login fail"},"error":"e"}`: "login fail", `{"error":"e","detail":"d"}`: "e", `{"error":{"message":"m"},"detail":"d"}`: "m",
		`{"detail":"d"}`: "d", `{"detail":[{"msg":"d"}]}`: "d", `{"message":{}}`: "", `[{"error":{"message":"m"}}]`: "m",
	} {
		if got := Read(wire.Chat, 400, []byte(body)).Message; got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// TestExpired: which refusals a renewed credential may pass.
func TestExpired(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   bool
	}{
		{401, ``, true},
		{403, ``, false},
		{403, `{"error":{"message":"the token has expired"}}`, true},
		{403, `{"error":{"message":"bad-credentials"}}`, true},
		{403, `{"error":{"type":"authentication_error"}}`, true},
		{403, `{"error":{"type":"authorized_error"}}`, true},
		{403, `{"error":{"code":"invalid_api_key"}}`, true},
		{403, `{"error":{"status":"UNAUTHENTICATED"}}`, true},
		{403, `{"error":{"message":"login fail (1004)"}}`, true},
		{403, `{"error":{"message":"invalid api key (2049)"}}`, false},
		{429, `{"error":{"message":"the token has expired"}}`, false},
	} {
		if got := Read(wire.Chat, c.status, []byte(c.body)).Expired; got != c.want {
			t.Errorf("%d %s: %v", c.status, c.body, got)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(500, wiretest.MessageError("api_error", "resets at 2026 (2056"))
	f.Add(200, `{"base_resp":{"status_code":1e99,"status_msg":[]},"error":"x"}`)
	f.Add(413, "<title><title></title>")
	f.Add(403, strings.Repeat("[", 20_000))
	f.Fuzz(func(t *testing.T, status int, body string) {
		got := Read(wire.Messages, status, []byte(body))
		if got.Class == "" || got.Class == "protocol" || got.Expired && got.Class != "auth_refused" {
			t.Fatalf("%d %q: %+v", status, body, got)
		}
	})
}

// TestRecordedErrors: what real services answered, each with the class that a client should make of it.
func TestRecordedErrors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../testdata/sse-cases/errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		ID      int
		Name    string
		Status  int
		Headers map[string]string
		Body    string
		Outcome struct {
			Class        *string
			Retryable    *bool
			ProviderCode *string `json:"provider_code"`
			Message      *string
			RetryAfterMS *int64 `json:"retry_after_ms"`
		}
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		f, want := Read(wire.Chat, c.Status, []byte(c.Body)), c.Outcome
		if want.Class != nil && string(f.Class) != *want.Class || want.ProviderCode != nil && f.Code != *want.ProviderCode || want.Message != nil && f.Message != *want.Message {
			t.Errorf("%d %s: %+v", c.ID, c.Name, f)
		}
		if want.Retryable != nil && f.Retryable != *want.Retryable && c.Headers["x-should-retry"] == "" { // the header is the client's part
			t.Errorf("%d %s: retryable %v", c.ID, c.Name, f.Retryable)
		}
		if ms := want.RetryAfterMS; ms != nil && c.Headers["retry-after"] == "" && f.RetryAfter.Milliseconds() != *ms {
			t.Errorf("%d %s: wait %v, want %d ms", c.ID, c.Name, f.RetryAfter, *ms)
		}
	}
}
