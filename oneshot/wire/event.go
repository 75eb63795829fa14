package wire

import (
	"time"

	"hermes/oneshot/class"
)

// Kind says which part of an Event is set.
type Kind int

// The kinds of event.
const (
	// KindRequestStart: Request holds Attempt and URL.
	KindRequestStart Kind = iota + 1
	// KindRetry: Retry says why and when the request is sent again.
	KindRetry
	// KindText: Text is a piece of the answer, never empty.
	KindText
	// KindReasoning: Text is a piece of the model's reasoning, never empty.
	KindReasoning
	// KindCall: Call is a whole tool call; only where the turn is kept.
	KindCall
	// KindPause: nothing more is buffered and the next read may block, so what the consumer holds back should be
	// written out now.
	KindPause
	// KindRequestEnd: Request is complete; sent for failed attempts too.
	KindRequestEnd
	// KindDone: Result closes a whole answer.
	KindDone
)

// Event is one thing that happened. Text is valid until the next event; what the pointers lead to may be kept.
type Event struct {
	Kind    Kind
	Text    []byte
	Request *RequestInfo
	Retry   *RetryInfo
	Call    *Call
	Result  *Result
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
	// TTFB is the time to the response headers, TTFT to the first piece of text or reasoning (0: none came), Duration to
	// the end.
	TTFB, TTFT, Duration time.Duration
	Usage                Usage
	Quota                Quota
	// Cached says that the transport had the answer already and asked nobody: the body has a method Cached.
	Cached bool
}

// RetryInfo says why an attempt failed and when the next one starts.
type RetryInfo struct {
	// Attempt is the one that failed.
	Attempt int
	// Class is the class of its error.
	Class      class.Class
	HTTPStatus int
	Delay      time.Duration
	// At is the wall time of the next attempt.
	At time.Time
	// Source says who chose Delay: "header" (the server) or "backoff".
	Source string
}

// Finish says how an answer ended. The list is closed: what a server says beyond it is FinishUnknown, and no success.
type Finish int

// The ways an answer ends.
const (
	FinishUnknown      Finish = iota // in a word that no table knows, or in none
	FinishStop                       // the model was done
	FinishStopSequence               // at one of Request.Stop
	FinishLength                     // cut at the token limit
	FinishCalls                      // the model waits for the results of its calls
	FinishRefusal                    // the model, or a filter before it, declined
	FinishContext                    // the context window was full
	FinishPause                      // the server paused a long turn and wants to be asked again
)

// Result closes an answer that arrived whole.
type Result struct {
	Finish Finish
	// Word is the server's own word for Finish.
	Word         string
	StopSequence string
	// Refusal is the explanation or category that came with a refusal.
	Refusal string
	// Model is the name that the server answered with.
	Model     string
	MessageID string
	Usage     Usage
	// Turn is what the model sent, in order and in the server's own form, so that it can be sent back. It is kept only
	// where tools were offered or Request.Keep asks for it.
	Turn []Part
}

// clean makes what the server named fit to show and to be kept: a model's name that repeats the credential reaches no file.
func (r *Result) clean(a *attempt) {
	for _, word := range [...]*string{&r.Word, &r.StopSequence, &r.Refusal, &r.Model, &r.MessageID} {
		*word = a.clean(*word)
	}
}

// Usage counts tokens. The three input counts add up to the whole input; ReasoningTokens are part of OutputTokens.
type Usage struct {
	InputTokens, OutputTokens, CacheReadTokens, CacheWriteTokens, ReasoningTokens int64
}
