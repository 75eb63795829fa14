package anthropic

import (
	"strings"

	"github.com/tidwall/gjson"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/read"
)

// Document hands out a whole message as the stream would have.
func (d *decoder) Document(raw []byte) error {
	doc := gjson.ParseBytes(raw)
	if apierror.Is(doc) {
		return failed(raw)
	}
	if doc.Get("type").Str != "message" && !doc.Get("content").IsArray() {
		return apierror.NotAn(wire.Messages, doc, "a JSON document that is no message came instead of an event stream")
	}
	d.begin(doc)
	end(d.to.Result(), doc)
	for i, b := range doc.Get("content").Array() {
		if err := d.start(int64(i), b); err != nil {
			return err
		}
		if err := d.stop(int64(i)); err != nil {
			return err
		}
	}
	return nil
}

// failed is an error inside of an answer.
func failed(raw []byte) error {
	f := apierror.Read(wire.Messages, 0, raw)
	return &f
}

// end takes why the message ended; v is the delta of message_delta or a whole message. A reason that is no string is kept
// as it was written: it is no reason that anybody knows.
func end(r *wire.Result, v gjson.Result) {
	reason := v.Get("stop_reason")
	switch {
	case reason.Str != "":
		r.Word = strings.Clone(reason.Str)
		r.Finish = finish(r.Word)
	case reason.Type != gjson.String && reason.Type != gjson.Null:
		r.Word, r.Finish = strings.Clone(reason.Raw), wire.FinishUnknown
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

// finish is the API's stop_reason in our terms.
func finish(word string) wire.Finish {
	switch word {
	case "end_turn":
		return wire.FinishStop
	case "stop_sequence":
		return wire.FinishStopSequence
	case "max_tokens":
		return wire.FinishLength
	case "tool_use":
		return wire.FinishCalls
	case "refusal":
		return wire.FinishRefusal
	case "model_context_window_exceeded":
		return wire.FinishContext
	case "pause_turn":
		return wire.FinishPause
	}
	return wire.FinishUnknown
}

// merge takes the counts that are there. They are cumulative, so a later one wins, but never a zero: some servers send
// zeros for what they told before or tell later (provider-apis §1.7). What is no count was not told.
func merge(u *wire.Usage, v gjson.Result) {
	set := func(to *int64, path string) {
		if n := read.Count(v.Get(path)); n > 0 {
			*to = n
		}
	}
	set(&u.InputTokens, "input_tokens")
	set(&u.OutputTokens, "output_tokens")
	set(&u.CacheReadTokens, "cache_read_input_tokens")
	set(&u.CacheWriteTokens, "cache_creation_input_tokens")
	set(&u.ReasoningTokens, "output_tokens_details.thinking_tokens")
}
