package sandbox

import (
	"net/http"
	"strings"
)

// problem is why a request gets no answer, in no wire's words.
type problem struct {
	status  int // 0: what the wire has for the cause
	code    int // MiniMax's inner code, 0 for none
	cause   cause
	kind    string // Anthropic's error.type as a fault asked for it, "" for what fits the cause
	message string
	param   string // the field that is wrong
	word    string // OpenAI's error.code, "" for what fits the cause
	wait    int    // seconds that the client is told to wait, 0 when it is not told
}

// cause is what a problem comes down to.
type cause int

const (
	causeInvalid cause = iota
	causeNoKey         // none, or none that is known
	causeKey           // a key that is wrong
	causePermission
	causePlan
	causeNotFound
	causeModel
	causeTimeout
	causeTooLarge
	causeRate
	causeQuota // used up until a time
	causeBilling
	causeOverload
	causeServer
	causeContext
	causeContent
)

func invalid(message string) *problem { return &problem{cause: causeInvalid, message: message} }

// causeOf reads a status and MiniMax's inner code.
func causeOf(status, code int) cause {
	switch code {
	case 1008:
		return causeBilling
	case 1026, 1027:
		return causeContent
	case 1039:
		return causeContext
	case 2049:
		return causeKey
	case 2056:
		return causeQuota
	case 2061:
		return causePlan
	}
	switch status {
	case http.StatusUnauthorized:
		return causeNoKey
	case http.StatusPaymentRequired:
		return causeBilling
	case http.StatusForbidden:
		return causePermission
	case http.StatusNotFound:
		return causeNotFound
	case http.StatusRequestTimeout:
		return causeTimeout
	case http.StatusRequestEntityTooLarge:
		return causeTooLarge
	case http.StatusTooManyRequests:
		return causeRate
	case http.StatusServiceUnavailable, 529:
		return causeOverload
	}
	if status >= http.StatusInternalServerError {
		return causeServer
	}
	return causeInvalid
}

// causeNamed reads an error.type of Anthropic's; false for a word that is none.
func causeNamed(kind string) (cause, bool) {
	switch kind {
	case "invalid_request_error", "bad_request_error":
		return causeInvalid, true
	case "authentication_error", "authorized_error":
		return causeKey, true
	case "permission_error":
		return causePermission, true
	case "not_found_error":
		return causeNotFound, true
	case "timeout_error":
		return causeTimeout, true
	case "request_too_large":
		return causeTooLarge, true
	case "rate_limit_error":
		return causeRate, true
	case "billing_error":
		return causeBilling, true
	case "overloaded_error":
		return causeOverload, true
	case "api_error":
		return causeServer, true
	}
	return causeServer, false
}

// fail answers with an error of this status; code is MiniMax's inner one.
func (c *call) fail(status, code int, message string) {
	c.deny(problem{status: status, code: code, cause: causeOf(status, code), message: message})
}

// deny answers with an error in the form of the wire that was asked.
func (c *call) deny(p problem) {
	status, body := c.failure(p)
	if status == http.StatusUnauthorized || p.cause == causeKey || p.cause == causeNoKey {
		c.s.add(func(n *State) { n.Unauthorized++ })
	}
	c.json(status, body)
}

// failure is a problem as the wire says it; error-text leaves of it what some gateways do.
func (c *call) failure(p problem) (int, obj) {
	p.wait = c.faults.num("retry-after", 0)
	status, body := c.wire.failure(c.id, p)
	return status, textOnly(c.faults, body)
}

func textOnly(fs faults, body obj) obj {
	if e, ok := body["error"].(obj); ok && fs.has("error-text") {
		body["error"] = e["message"]
	}
	return body
}

// named is the problem that a fault's TYPE asks for.
func named(kind string) problem {
	p := problem{kind: kind, message: "sandbox: " + kind}
	p.cause, _ = causeNamed(kind)
	return p
}

func (c *call) statusFault(status, code int) {
	if code == 0 {
		code = statusCode(status)
	}
	message := codeMessage(code)
	if code == 0 && status != 529 {
		message = strings.ToLower(http.StatusText(status))
	}
	if code == 2056 {
		at := c.s.now().UTC().Truncate(3600e9).Add(5 * 3600e9)
		message += ", resets at " + at.Format("2006-01-02T15:04:05Z")
	}
	if c.scope == scopeCode || c.scope == scopeToken {
		c.oauthFail(status, strings.ReplaceAll(errorType(status, code), "_error", ""), message)
		return
	}
	c.fail(status, code, message)
}

// statusCode is the inner code that usually comes with a status (facts:
// provider-apis §1.6; 529's body was never seen with a code).
func statusCode(status int) int {
	switch status {
	case 401:
		return 1004
	case 402:
		return 1008
	case 422:
		return 1026
	case 429:
		return 1002
	case 500, 502, 503, 504:
		return 1000
	case 403, 404, 529:
		return 0
	}
	return 2013
}

func codeMessage(code int) string {
	switch code {
	case 0:
		return "the cluster is under high load, try again later"
	case 1000:
		return "unknown error"
	case 1001:
		return "request timeout"
	case 1002:
		return "rate limit"
	case 1004:
		return "login fail: the credential is missing, wrong or expired"
	case 1008:
		return "insufficient balance"
	case 1026:
		return "input new_sensitive"
	case 1027:
		return "output new_sensitive"
	case 1039:
		return "token limit"
	case 2013:
		return "invalid params"
	case 2049:
		return "invalid api key"
	case 2056:
		return "usage limit exceeded"
	case 2061:
		return "your current plan does not support this model"
	}
	return "sandbox error"
}
