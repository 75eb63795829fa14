package messages

import (
	"encoding/json"
	"io"
	"math"
	"strings"

	"github.com/tidwall/gjson"

	"hermes/oneshot/sse"
)

// document reads an answer that came as one JSON document: an error under
// status 200, or a whole message from a server that does not stream.
func (a *attempt) document(body io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(body, sse.MaxLine))
	if err != nil {
		return errBroken
	}
	if !json.Valid(raw) {
		return a.fail("protocol", "a document that is not JSON came instead of an event stream")
	}
	doc := gjson.ParseBytes(raw)
	if failed(doc) {
		return a.classify(raw)
	}
	if doc.Get("type").Str != "message" && !doc.Get("content").IsArray() {
		return a.otherWire(doc, "a JSON document that is no message came instead of an event stream")
	}
	return a.message(doc)
}

// otherWire is the error of an answer that is none of this wire. One of another
// wire is not asked for again.
func (a *attempt) otherWire(doc gjson.Result, message string) error {
	e := a.fail("protocol", message)
	e.Wire = wireOf(doc)
	e.Retryable = e.Wire == ""
	return e
}

// failed reports whether a document is an error: Anthropic's, MiniMax's base_resp, or an imitator's.
func failed(doc gjson.Result) bool {
	e := doc.Get("error")
	return doc.Get("type").Str == "error" || doc.Get("base_resp.status_code").Int() != 0 || e.IsObject() || e.Str != ""
}

// message hands out a whole message as the stream would have.
func (a *attempt) message(doc gjson.Result) error {
	d := &decoder{a: a}
	d.marks = leavesMarks(a.s.r.Model)
	d.begin(doc)
	a.end(doc)
	for i, block := range doc.Get("content").Array() {
		if err := d.start(int64(i), block); err != nil {
			return err
		}
		if err := d.stop(int64(i)); err != nil {
			return err
		}
	}
	if !d.release() {
		return errLeft
	}
	return nil
}

// end takes why the message ended; v is the delta of message_delta or a whole message. A reason that is no string is
// kept as it was written: it is no reason that anybody knows.
func (a *attempt) end(v gjson.Result) {
	r := &a.result
	reason := v.Get("stop_reason")
	switch {
	case reason.Str != "":
		r.StopReason = strings.Clone(reason.Str)
	case reason.Type != gjson.String && reason.Type != gjson.Null:
		r.StopReason = strings.Clone(reason.Raw)
	}
	if sequence := v.Get("stop_sequence").Str; sequence != "" {
		r.StopSequence = strings.Clone(sequence)
	}
	details := v.Get("stop_details")
	for _, name := range [...]string{"category", "explanation"} {
		if s := details.Get(name).Str; s != "" {
			r.Refusal = strings.Clone(s)
		}
	}
}

// clean makes what the server named fit to show and to be kept: a model's name that repeats the credential reaches no file.
// A stop reason of the API stays itself, should a header's value be the same word.
func (r *Result) clean(a *attempt) {
	words := []*string{&r.StopSequence, &r.Refusal, &r.Model, &r.MessageID}
	switch r.StopReason {
	case "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded":
	default:
		words = append(words, &r.StopReason)
	}
	for _, word := range words {
		*word = a.clean(*word)
	}
}

// maxCount is the largest count of tokens that is believed. Sums of such counts
// do not overflow.
const maxCount = 1e12

// merge takes the counts that are there. They are cumulative, so a later one
// wins, but never a zero: some servers send zeros for what they told before
// or tell later (provider-apis §1.7). What is no count was not told.
func (u *Usage) merge(v gjson.Result) {
	set := func(to *int64, path string) {
		if n := v.Get(path); n.Type == gjson.Number && n.Num >= 1 && n.Num <= maxCount && n.Num == math.Trunc(n.Num) {
			*to = int64(n.Num)
		}
	}
	set(&u.InputTokens, "input_tokens")
	set(&u.OutputTokens, "output_tokens")
	set(&u.CacheReadTokens, "cache_read_input_tokens")
	set(&u.CacheWriteTokens, "cache_creation_input_tokens")
	set(&u.ReasoningTokens, "output_tokens_details.thinking_tokens")
}
