package chat

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"

	"hermes/oneshot/class"
	"hermes/oneshot/sse"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/read"
)

// decoder turns the chunks of one stream into ours (grammar: wires §1.2).
type decoder struct {
	to        *wire.Sink
	doneIsEnd bool
	layout    read.Layout // of the last chunk with text
	text      read.Pieces
	thoughts  read.Pieces
	last      []byte // the last event that was not read as JSON: it may hold a usage
	refusal   []byte
	called    bool // a call came, kept or not
	turn      turn
}

// Event handles one event.
func (d *decoder) Event(ev sse.Event) (done bool, err error) {
	if raw, ok := d.layout.Cut(ev.Data); ok && !d.to.Keeps() {
		if ok, err := d.piece(raw); ok {
			d.last = append(d.last[:0], ev.Data...)
			return false, err
		}
	}
	data := bytes.TrimSpace(ev.Data)
	if read.Valid(data) {
		return false, d.chunk(data, ev.Type)
	}
	return d.lines(data, ev.Type)
}

// lines reads an event that is no JSON: the end mark, several chunks that a server did not set apart, or a ping.
func (d *decoder) lines(data []byte, kind string) (done bool, err error) {
	for line := range bytes.Lines(data) {
		switch line = bytes.TrimSpace(line); {
		case len(line) == 0:
		case string(line) == "[DONE]":
			return d.done()
		case read.Valid(line):
			if err := d.chunk(line, kind); err != nil {
				return false, err
			}
		case kind != "message" && kind != "error" && line[0] != '{': // a ping of the server's own
		default:
			return false, wire.Broken("an event of the stream is not JSON")
		}
	}
	return false, nil
}

// done is [DONE], which alone proves nothing.
func (d *decoder) done() (bool, error) {
	if r := d.to.Result(); r.Word == "" && d.doneIsEnd {
		r.Finish, r.Word = wire.FinishStop, "[DONE]"
	}
	if err := d.EOF(); err != nil {
		return false, err
	}
	return true, nil
}

// EOF is the end of the stream: the answer's, when a finish reason came.
func (d *decoder) EOF() error {
	r := d.to.Result()
	if r.Word == "" {
		return wire.Broken("the stream ended before a finish_reason")
	}
	if len(d.refusal) > 0 {
		r.Finish, r.Refusal = wire.FinishRefusal, string(d.refusal)
	}
	if d.called && r.Finish == wire.FinishStop {
		r.Finish = wire.FinishCalls
	}
	return d.turn.finish(d.to)
}

// Flush hands out half a character, and takes the usage of events that were not read.
func (d *decoder) Flush() error {
	d.usage(gjson.ParseBytes(d.last))
	return d.to.Text(d.text.Rest())
}

// Document is an answer that did not come as a stream.
func (d *decoder) Document(raw []byte) error {
	if err := d.chunk(raw, "message"); err != nil {
		return err
	}
	if !gjson.GetBytes(raw, "choices").IsArray() {
		return apierror.NotAn(wire.Chat, gjson.ParseBytes(raw), "a JSON document that is no completion came instead of an event stream")
	}
	return d.EOF()
}

// chunk reads one object; data stays as it is until chunk returns.
func (d *decoder) chunk(data []byte, kind string) error {
	doc := gjson.Parse(unsafe.String(unsafe.SliceData(data), len(data)))
	if apierror.Is(doc) || kind == "error" {
		d.to.Result().Word = strings.Clone(doc.Get("choices.0.finish_reason").Str)
		f := apierror.Read(wire.Chat, 0, data)
		return &f
	}
	if d.to.Keeps() {
		if err := d.to.Hold(len(data)); err != nil {
			return err
		}
	}
	r := d.to.Result()
	setOnce(&r.Model, doc.Get("model"))
	setOnce(&r.MessageID, doc.Get("id"))
	d.usage(doc)
	choice := doc.Get("choices.0")
	if !choice.IsObject() {
		return apierror.Foreign(wire.Chat, doc)
	}
	delta := choice.Get("delta")
	if message := choice.Get("message"); message.IsObject() {
		delta = message
	}
	if err := d.to.Hold(len(delta.Get("refusal").Raw)); err != nil {
		return err
	}
	if err := d.delta(data, delta); err != nil {
		return err
	}
	return d.finished(choice.Get("finish_reason").Str)
}

// usage takes the counts of a chunk, which are of the whole answer so far.
func (d *decoder) usage(doc gjson.Result) {
	d.last = d.last[:0]
	for _, path := range [...]string{"x_groq.usage", "choices.0.usage", "usage"} {
		if v := doc.Get(path); v.IsObject() {
			d.to.Result().Usage = count(v)
		}
	}
}

func setOnce(to *string, v gjson.Result) {
	if *to == "" && v.Str != "" {
		*to = strings.Clone(v.Str)
	}
}

// finished takes a finish reason. It may come again, and text may follow it.
func (d *decoder) finished(word string) error {
	if word == "" {
		return nil
	}
	r := d.to.Result()
	r.Word = strings.Clone(word)
	switch word {
	case "stop", "eos":
		r.Finish = wire.FinishStop
	case "length", "model_length":
		r.Finish = wire.FinishLength
	case "tool_calls", "function_call":
		r.Finish = wire.FinishCalls
	case "content_filter", "sensitive":
		r.Finish = wire.FinishRefusal
	case "model_context_window_exceeded":
		r.Finish = wire.FinishContext
	case "error", "network_error", "abort":
		return &wire.Failure{Class: class.ServerError, Message: "the server gave up in the middle of the answer (finish_reason " + word + ")", Retryable: true}
	case "insufficient_system_resource":
		return &wire.Failure{Class: class.Overloaded, Message: "the server gave up in the middle of the answer (finish_reason " + word + ")", Retryable: true}
	default:
		r.Finish = wire.FinishUnknown
	}
	return nil
}

// piece hands out the content of a JSON string as text. ok is false when raw is not one; nothing happened then.
func (d *decoder) piece(raw []byte) (ok bool, err error) {
	text, ok := d.text.Next(raw)
	if !ok {
		return false, nil
	}
	d.turn.addText(d.to, text)
	return true, d.to.Text(text)
}

// count reads the usage. Cached tokens stand inside the prompt's count. Reasoning stands inside the completion's, but not
// at xAI, which its total tells (wires §0.1).
func count(v gjson.Result) wire.Usage {
	first := func(paths ...string) int64 {
		for _, path := range paths {
			if n := read.Count(v.Get(path)); n > 0 {
				return n
			}
		}
		return 0
	}
	u := wire.Usage{
		OutputTokens:     first("completion_tokens"),
		CacheReadTokens:  first("prompt_tokens_details.cached_tokens", "prompt_cache_hit_tokens", "cached_tokens"),
		CacheWriteTokens: first("prompt_tokens_details.cache_write_tokens", "cache_write_tokens"),
		ReasoningTokens:  first("completion_tokens_details.reasoning_tokens", "reasoning_tokens"),
	}
	prompt := first("prompt_tokens")
	u.InputTokens = max(prompt-u.CacheReadTokens-u.CacheWriteTokens, 0)
	if r := u.ReasoningTokens; first("total_tokens") == prompt+u.OutputTokens+r {
		u.OutputTokens += r
	}
	return u
}
