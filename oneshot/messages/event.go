package messages

import (
	"encoding/json"
	"time"
)

// Kind says which part of an Event is set.
type Kind int

// The kinds of event.
const (
	// KindRequestStart: Request holds Attempt and URL.
	KindRequestStart Kind = iota + 1
	// KindResponse: Response holds the status and the time to the headers.
	KindResponse
	// KindRetry: Retry says why and when the request is sent again.
	KindRetry
	// KindText: Text is a piece of the answer, never empty.
	KindText
	// KindThinking: Text is a piece of the model's reasoning, never empty.
	KindThinking
	// KindToolUse: Tool is a whole tool call; only for a Request with Tools.
	KindToolUse
	// KindPause: nothing more is buffered and the next read may block, so
	// what the consumer holds back should be written out now.
	KindPause
	// KindRequestEnd: Request is complete; sent for failed attempts too.
	KindRequestEnd
	// KindDone: Result closes a whole answer.
	KindDone
)

// Event is one thing that happened. Text is valid until the next event; what
// the pointers lead to may be kept.
type Event struct {
	Kind     Kind
	Text     []byte
	Request  *RequestInfo
	Response *ResponseInfo
	Retry    *RetryInfo
	Tool     *Tool
	Result   *Result
}

// RequestInfo is one attempt. At its start only Attempt and URL are set.
type RequestInfo struct {
	// Attempt counts from 1, a resend after a 401 included.
	Attempt int
	// URL is without user info and query.
	URL string
	// HTTPStatus is 0 when no response came.
	HTTPStatus int
	RequestID  string
	// TTFB is the time to the response headers, TTFT to the first piece of
	// text or reasoning (0: none came), Duration to the end.
	TTFB, TTFT, Duration time.Duration
	Usage                Usage
}

// ResponseInfo is what the response headers told.
type ResponseInfo struct {
	HTTPStatus int
	// RequestID is from request-id, Trace-Id, Minimax-Request-Id or X-Mm-Request-Id.
	RequestID string
	// TTFB is the time from sending to the headers.
	TTFB time.Duration
}

// RetryInfo says why an attempt failed and when the next one starts.
type RetryInfo struct {
	// Attempt is the one that failed.
	Attempt int
	// Class is the class of its error.
	Class      string
	HTTPStatus int
	Delay      time.Duration
	// At is the wall time of the next attempt.
	At time.Time
	// Source says who chose Delay: "header" (the server) or "backoff".
	Source string
}

// Tool is a tool call of the model.
type Tool struct {
	ID, Name string
	// Input is valid JSON: what the model sent, or that text as a JSON string
	// when it was not JSON.
	Input json.RawMessage
}

// Result closes a whole answer.
type Result struct {
	// StopReason is the server's word, one printable line: end_turn, max_tokens,
	// stop_sequence, tool_use, refusal, …; a word never heard of is kept. It is
	// empty when the server gave none, and then the answer need not be whole.
	StopReason   string
	StopSequence string
	// Refusal is the explanation or category that came with a refusal.
	Refusal string
	// Model is the name the server answered with.
	Model     string
	MessageID string
	Usage     Usage
}

// Usage counts tokens. The three input counts add up to the whole input;
// ReasoningTokens are part of OutputTokens.
type Usage struct {
	InputTokens, OutputTokens, CacheReadTokens, CacheWriteTokens, ReasoningTokens int64
}
