// Package apierror reads the error bodies of model servers, whichever API they speak: gateways answer for one API with the
// errors of another, and a server that speaks another API than was configured shows it by its errors.
//
// The order of judgement is: a code or type that is specific, then the message's words, then the status (notes on wires
// §4, provider-apis §1.6 and §3.5). An error inside of an answer has no status; a numeric code speaks in its place.
package apierror

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Is reports whether a document is an error: an object or a text under "error", MiniMax's base_resp, Anthropic's and old
// vLLM's marks, or a flat message with a code and nothing of an answer.
func Is(doc gjson.Result) bool {
	if doc.IsArray() {
		doc = doc.Get("0")
	}
	e := doc.Get("error")
	switch {
	case e.IsObject(), e.Str != "", doc.Get("type").Str == "error", doc.Get("object").Str == "error":
		return true
	case doc.Get("base_resp.status_code").Int() != 0:
		return true
	}
	return doc.Get("message").Type == gjson.String && (doc.Get("code").Exists() || doc.Get("type").Str != "") &&
		!doc.Get("choices").Exists() && !doc.Get("content").Exists() && !doc.Get("candidates").Exists()
}

// Read finds what an error body tells, of a server that was asked by own. status is 0 inside of an answer.
func Read(own wire.API, status int, raw []byte) wire.Failure {
	var doc gjson.Result
	if json.Valid(raw) {
		doc = gjson.ParseBytes(raw)
	}
	if doc.IsArray() {
		doc = doc.Get("0")
	}
	f := failureOf(doc)
	if f.status = status; status == 0 && f.number >= 400 && f.number < 600 {
		f.status = f.number
	}
	out := wire.Failure{Message: f.message, Body: raw, Code: f.shown(), RequestID: doc.Get("request_id").Str}
	out.Class, out.Retryable, out.Final = f.class()
	out.Expired = out.Class == class.AuthRefused && f.expired()
	if at, ok := resetTime(f.message); ok {
		out.RetryAt = at
	}
	if at := doc.Get("error.resets_at").Num; at > 1e9 && at < 1e10 { // Unix seconds
		out.RetryAt = time.Unix(int64(at), 0)
	}
	out.RetryAfter = f.wait()
	out.API = f.elsewhere(own, doc)
	return out
}

// failure is what an error body tells.
type failure struct {
	status              int
	inner               string // MiniMax's code
	code, kind, message string
	number              int           // a code that is a number
	google              gjson.Result  // details of Google's form
	delay               time.Duration // RetryInfo of Google's form
}

// failureOf reads the known shapes: the object that OpenAI, Anthropic, MiniMax and Google write, MiniMax's base_resp, and the
// flat ones of local servers and of web frameworks before them.
func failureOf(doc gjson.Result) failure {
	e := doc.Get("error")
	if !e.IsObject() {
		e = doc
	}
	f := failure{kind: e.Get("type").Str, code: e.Get("code").Str, message: e.Get("message").Str, number: int(e.Get("code").Int())}
	if e.Raw == doc.Raw && f.kind == "error" {
		f.kind = ""
	}
	if status := e.Get("status"); f.code == "" && status.Type == gjson.String {
		f.code = status.Str
	}
	if n := doc.Get("base_resp.status_code").Int(); n != 0 {
		f.inner = strconv.FormatInt(n, 10)
		f.fill(doc.Get("base_resp.status_msg"))
	}
	for _, path := range [...]string{"error", "message", "detail", "detail.0.msg"} {
		f.fill(doc.Get(path))
	}
	if f.inner == "" {
		f.inner = innerCode(f.message)
	}
	f.google = e.Get("details")
	for _, d := range f.google.Array() {
		if strings.HasSuffix(d.Get("@type").Str, "RetryInfo") {
			f.delay, _ = time.ParseDuration(d.Get("retryDelay").Str)
		}
	}
	return f
}

func (f *failure) fill(v gjson.Result) {
	if f.message == "" && v.Type == gjson.String {
		f.message = v.Str
	}
}

// shown is the provider's own name or number of the error: the most telling one.
func (f failure) shown() string {
	switch {
	case f.inner != "":
		return f.inner
	case f.code != "":
		return f.code
	case f.kind != "":
		return f.kind
	case f.number != 0:
		return strconv.Itoa(f.number)
	}
	return ""
}

// innerCode is the last number of four digits in parentheses: the only place where MiniMax tells its code.
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

// resetTime is the moment after "resets at", which comes with a used-up plan window (MiniMax's 2056).
func resetTime(message string) (time.Time, bool) {
	_, rest, _ := strings.Cut(message, "resets at ")
	word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	at, err := time.Parse(time.RFC3339, strings.TrimRight(word, ".,;)(\"'"))
	return at, err == nil
}

// wait is how long the server asks to wait, in its details or its words: "try again in 7m12.5s".
func (f failure) wait() time.Duration {
	if f.delay > 0 {
		return f.delay
	}
	lower := strings.ToLower(f.message)
	for _, words := range [...]string{"try again in ", "retry in "} {
		_, rest, _ := strings.Cut(lower, words)
		word, _, _ := strings.Cut(rest, " ")
		if d, err := time.ParseDuration(strings.TrimRight(word, ".,;)")); err == nil && d > 0 {
			return d
		}
	}
	return 0
}
