package apierror

import (
	"strings"

	"hermes/oneshot/class"
)

// class names the class, whether the request may succeed later, and whether this client must not try that itself.
func (f failure) class() (c class.Class, retryable, final bool) {
	switch c = f.byInner(); {
	case c == "":
	case c == class.ServerError && f.status >= 400 && f.status < 429:
		// A number that happens to look like one of MiniMax's codes.
	default:
		return c, mayPass(c), c == class.Quota || !mayPass(c)
	}
	for _, judge := range [...]func() class.Class{f.byCode, f.byKind, f.byWords, f.byStatus} {
		if c = judge(); c != "" {
			break
		}
	}
	return c, mayPass(c), c == class.Quota
}

// mayPass reports whether a failure of the class can be over some time later.
func mayPass(c class.Class) bool {
	switch c {
	case class.RateLimit, class.Overloaded, class.ServerError, class.Quota:
		return true
	}
	return false
}

// byInner is the table of MiniMax's inner codes (provider-apis §1.6).
func (f failure) byInner() class.Class {
	switch f.inner {
	case "1000", "1001", "1013", "1024", "1033":
		return class.ServerError
	case "1002", "1041", "2045":
		return class.RateLimit
	case "1004", "2049":
		return class.AuthRefused
	case "1008", "2061":
		return class.Billing
	case "1026", "1027":
		return class.Refusal
	case "1028", "1030", "2056":
		return class.Quota
	case "1039":
		return class.ContextLength
	case "1042", "2013":
		return f.rejected()
	}
	return ""
}

// byCode goes by a code or type that is one service's own and says enough (wires §4).
func (f failure) byCode() class.Class {
	for _, word := range [...]string{f.code, f.kind} {
		switch word {
		case "insufficient_quota", "exceeded_current_quota_error", "1113":
			return class.Billing
		case "context_length_exceeded", "exceed_context_size_error", "tokens_limit_reached":
			return class.ContextLength
		case "content_filter", "data_inspection_failed", "invalid_prompt", "content_policy_violation":
			return class.Refusal
		case "invalid_api_key", "unsupported_country_region_territory":
			return class.AuthRefused
		case "rate_limit_exceeded", "queue_exceeded", "request_quota_exceeded", "1302", "too_many_requests_error":
			return class.RateLimit
		case "usage_limit_reached": // of a ChatGPT plan, whose reset stands beside it (logins §2)
			return class.Quota
		case "capacity_exceeded", "UNAVAILABLE":
			return class.Overloaded
		case "RESOURCE_EXHAUSTED":
			return f.exhausted()
		case "PERMISSION_DENIED", "UNAUTHENTICATED":
			return f.forbidden()
		case "INTERNAL", "DEADLINE_EXCEEDED":
			return class.ServerError
		}
	}
	return ""
}

// exhausted tells Google's limits apart, which all say "quota": a limit of zero never passes, one per day passes at its
// reset, any other soon (wires §4).
func (f failure) exhausted() class.Class {
	switch {
	case f.says("limit: 0,", "limit: 0\n") || strings.HasSuffix(f.message, "limit: 0"):
		return class.Billing
	case strings.Contains(f.google.Raw, "PerDay"):
		return class.Quota
	}
	return class.RateLimit
}

// byKind goes by Anthropic's error types. Those that say little give way to a status that says more: imitators use them for
// everything.
func (f failure) byKind() class.Class {
	switch f.kind {
	case "authentication_error", "authorized_error":
		return class.AuthRefused
	case "billing_error":
		return class.Billing
	case "permission_error":
		return f.forbidden()
	case "rate_limit_error":
		return class.RateLimit
	case "timeout_error":
		return class.ServerError
	case "not_found_error":
		return class.InvalidRequest
	case "request_too_large":
		return class.ContextLength
	case "invalid_request_error", "bad_request_error":
		if f.status != 401 && f.status != 402 && f.status != 403 && f.status != 429 {
			return f.rejected()
		}
	}
	if strings.Contains(f.kind, "overloaded") {
		return class.Overloaded
	}
	return ""
}

// byWords goes by what only the message says: xAI and Gemini answer 400 to a bad key, OpenRouter 403 to a flagged input.
func (f failure) byWords() class.Class {
	switch {
	case f.status == 400 && (f.says("incorrect api key", "api key not valid") || strings.Contains(f.google.Raw, "API_KEY_INVALID")):
		return class.AuthRefused
	case f.status == 403 && f.says("input was flagged"):
		return class.Refusal
	}
	return ""
}

func (f failure) byStatus() class.Class {
	switch {
	case f.status < 400: // inside a 200
		return class.ServerError
	case f.status == 401:
		return class.AuthRefused
	case f.status == 402:
		return class.Billing
	case f.status == 403:
		return f.forbidden()
	case f.status == 429:
		return class.RateLimit
	case f.status == 529, f.status == 498: // 498: Groq's word for a full flex tier
		return class.Overloaded
	case f.status >= 500, f.status == 408, f.status == 409:
		return class.ServerError
	}
	return f.rejected()
}

// forbidden tells a matter of money or plan from a refused credential.
func (f failure) forbidden() class.Class {
	if f.says("billing", "balance", "credit", "subscription", "spending", "payment", "your plan", "quota") {
		return class.Billing
	}
	return class.AuthRefused
}

// rejected tells what is too long from what is wrong. Anthropic reports an empty balance as an invalid request.
func (f failure) rejected() class.Class {
	switch {
	case f.says("context window", "context length", "context limit", "context size", "prompt is too long", "maximum context", "maximum number of tokens"):
		return class.ContextLength
	case f.says("credit balance is too low"):
		return class.Billing
	case f.says("incorrect api key", "api key not valid"):
		return class.AuthRefused
	}
	return class.InvalidRequest
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

// expired reports whether a refusal is about the credential itself, so that a renewed one may pass: 401, MiniMax's 1004,
// or another status in such words (a 403 with xAI's "bad-credentials", provider-apis §5; a 400 of xAI and Gemini, wires §4).
func (f failure) expired() bool {
	switch {
	case f.inner == "1004", f.kind == "authentication_error", f.kind == "authorized_error", f.code == "UNAUTHENTICATED", f.code == "invalid_api_key":
		return true
	}
	return f.status == 401 || f.says("expired", "bad-credentials", "incorrect api key", "api key not valid")
}
