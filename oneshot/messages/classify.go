package messages

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// maxErrorBody bounds what is read of an error, in bytes.
const maxErrorBody = 16 << 10

// classify finds the class of an error body. MiniMax's inner code comes first,
// because its HTTP statuses mislead, then the error's type, then the status
// (provider-apis §1.6, §3.5). An error inside a 200 has no status to go by.
func (a *attempt) classify(raw []byte) *Error {
	var doc gjson.Result
	if json.Valid(raw) {
		doc = gjson.ParseBytes(raw)
	}
	f := failureOf(doc)
	f.status = a.info.HTTPStatus
	if doc.IsArray() && f.message == "" { // one error in a list, as Gemini's hosts send it
		f = failureOf(doc.Get("0"))
		f.status = a.info.HTTPStatus
	}
	text := f.message
	if text == "" {
		text = plainMessage(raw, f.status)
	}
	e := a.fail("", text)
	e.ErrClass, e.Retryable, e.final = f.class()
	e.Wire = f.foreign(doc)
	if e.ProviderCode = f.code; f.code == "" {
		e.ProviderCode = a.clean(f.kind)
	}
	if e.RequestID == "" {
		e.RequestID = a.clean(doc.Get("request_id").Str)
	}
	if at, ok := resetTime(f.message); ok {
		e.RetryAt = at
	}
	return e
}

// failure is what an error body tells.
type failure struct {
	status              int
	code, kind, message string
}

// failureOf reads the known shapes of an error: Anthropic's and MiniMax's
// object, MiniMax's base_resp, and the flat ones of local servers.
func failureOf(doc gjson.Result) failure {
	f := failure{kind: doc.Get("error.type").Str, message: doc.Get("error.message").Str}
	if n := doc.Get("base_resp.status_code").Int(); n != 0 {
		f.code = strconv.FormatInt(n, 10)
		if f.message == "" {
			f.message = doc.Get("base_resp.status_msg").Str
		}
	}
	for _, path := range [...]string{"error", "message", "detail"} {
		if v := doc.Get(path); f.message == "" && v.Type == gjson.String {
			f.message = v.Str
		}
	}
	if f.code == "" {
		f.code = innerCode(f.message)
	}
	return f
}

// innerCode is the last number of four digits in parentheses: the only place
// where MiniMax tells its code.
func innerCode(message string) string {
	for {
		i := strings.LastIndexByte(message, '(')
		if i < 0 {
			return ""
		}
		if rest := message[i+1:]; len(rest) > 4 && rest[4] == ')' && strings.Trim(rest[:4], "0123456789") == "" {
			return rest[:4]
		}
		message = message[:i]
	}
}

// resetTime is the moment after "resets at", which comes with a used-up plan window (2056).
func resetTime(message string) (time.Time, bool) {
	_, rest, ok := strings.Cut(message, "resets at ")
	if !ok {
		return time.Time{}, false
	}
	word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	at, err := time.Parse(time.RFC3339, strings.TrimRight(word, ".,;)(\"'"))
	return at, err == nil
}

// class names the class, whether the request may succeed later, and whether
// this client must not try that itself.
func (f failure) class() (class string, retryable, final bool) {
	switch class = f.byCode(); {
	case class == "":
	case class == "server_error" && f.status >= 400 && f.status < 429:
		// A number that happens to look like one of MiniMax's codes.
	default:
		return class, mayPass(class), class == "quota" || !mayPass(class)
	}
	if class = f.byType(); class == "" {
		class = f.byStatus()
	}
	return class, mayPass(class), false
}

// mayPass reports whether a failure of the class can be over some time later.
func mayPass(class string) bool {
	switch class {
	case "rate_limit", "overloaded", "server_error", "quota":
		return true
	}
	return false
}

// byCode is the table of MiniMax's inner codes.
func (f failure) byCode() string {
	switch f.code {
	case "1000", "1001", "1013", "1024", "1033":
		return "server_error"
	case "1002", "1041", "2045":
		return "rate_limit"
	case "1004", "2049":
		return "auth_refused"
	case "1008", "2061":
		return "billing"
	case "1026", "1027":
		return "refusal"
	case "1028", "1030", "2056":
		return "quota"
	case "1039":
		return "context_length"
	case "1042", "2013":
		return f.rejected()
	}
	return ""
}

// byType goes by Anthropic's error type. The types that say little give way to
// a status that says more: imitators use them for everything.
func (f failure) byType() string {
	switch f.kind {
	case "authentication_error", "authorized_error":
		return "auth_refused"
	case "billing_error", "insufficient_quota":
		return "billing"
	case "permission_error":
		return f.forbidden()
	case "rate_limit_error":
		return "rate_limit"
	case "timeout_error":
		return "server_error"
	case "not_found_error":
		return "invalid_request"
	case "request_too_large":
		return "context_length"
	case "invalid_request_error", "bad_request_error":
		if f.status != 401 && f.status != 402 && f.status != 403 && f.status != 429 {
			return f.rejected()
		}
	case "api_error":
		if f.status < 400 || f.status == 500 {
			return "server_error"
		}
	}
	if strings.Contains(f.kind, "overloaded") {
		return "overloaded"
	}
	return ""
}

func (f failure) byStatus() string {
	switch {
	case f.status < 400: // inside a 200
		return "server_error"
	case f.status == 401:
		return "auth_refused"
	case f.status == 402:
		return "billing"
	case f.status == 403:
		return f.forbidden()
	case f.status == 429:
		return "rate_limit"
	case f.status == 529:
		return "overloaded"
	case f.status >= 500, f.status == 408, f.status == 409:
		return "server_error"
	}
	return f.rejected()
}

// forbidden tells a matter of money or plan from a refused credential.
func (f failure) forbidden() string {
	if f.says("billing", "balance", "credit", "subscription", "spending", "payment", "your plan", "quota") {
		return "billing"
	}
	return "auth_refused"
}

// rejected tells what is too long from what is wrong. Anthropic reports an
// empty balance as an invalid request.
func (f failure) rejected() string {
	switch {
	case f.says("context window", "context length", "context limit", "prompt is too long", "maximum context"):
		return "context_length"
	case f.says("credit balance is too low"):
		return "billing"
	}
	return "invalid_request"
}

// says reports whether the message holds one of the words.
func (f failure) says(words ...string) bool {
	message := strings.ToLower(f.message)
	for _, w := range words {
		if strings.Contains(message, w) {
			return true
		}
	}
	return false
}

// expired reports whether a refusal is about the credential itself, so that a
// renewed one may pass: 401, MiniMax's 1004, or a 403 in such words (xAI's
// "bad-credentials", provider-apis §5).
func (e *Error) expired() bool {
	if e.ErrClass != "auth_refused" {
		return false
	}
	switch e.ProviderCode {
	case "1004", "authentication_error", "authorized_error":
		return true
	}
	f := failure{message: e.Message}
	return e.HTTPStatus == 401 || f.says("expired", "bad-credentials")
}
