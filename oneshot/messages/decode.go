package messages

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unsafe"

	"github.com/tidwall/gjson"

	"hermes/oneshot/sse"
)

// decoder turns the events of one stream into ours.
type decoder struct {
	a      *attempt
	yield  func(Event, error) bool
	result Result
	blocks map[int64]*block // tool calls under way, by index
	buf    []byte           // the text of the event at hand
	held   []byte           // the beginning of a MiniMax control mark that may end the answer
	seen   bool             // message_start or any other event came
	done   bool             // message_stop came
}

type block struct {
	tool  Tool
	input bytes.Buffer
}

// stream reads a text/event-stream. ok is false when the consumer has left.
func (a *attempt) stream(resp *http.Response, yield func(Event, error) bool) (*Result, error, bool) {
	d := &decoder{a: a, yield: yield}
	r := sse.NewReader(resp.Body)
	for !d.done {
		ev, err := r.Next()
		if err != nil {
			return &d.result, d.ended(err, resp), true
		}
		here, err := d.event(ev)
		if err != nil || !here {
			return &d.result, err, here
		}
		if !d.done && !r.Buffered() && !yield(Event{Kind: KindPause}, nil) {
			return &d.result, nil, false
		}
	}
	return &d.result, nil, true
}

// ended explains a stream that is over before message_stop.
func (d *decoder) ended(err error, resp *http.Response) error {
	if b, ok := resp.Body.(*body); ok && b.bytes == 0 && errors.Is(err, io.EOF) {
		return d.a.wrong("the answer is empty: status 200 and not a byte")
	}
	switch {
	case !d.seen && errors.Is(err, io.EOF):
		return d.a.wrong("what came is no event stream")
	case errors.Is(err, io.EOF):
		return d.a.wrong("the stream ended before message_stop: the answer is cut")
	case errors.Is(err, sse.ErrTooLong):
		e := d.a.wrong(err.Error())
		e.Retryable = false
		return e
	}
	return d.a.wrong("the stream broke off: " + clean(rootCause(err)))
}

// event handles one event. The text of the common one is cut from its bytes by hand; all others go through gjson.
func (d *decoder) event(ev sse.Event) (bool, error) {
	if raw, ok := textDelta(ev.Data); ok {
		return d.text(raw), nil
	}
	if string(ev.Data) == "[DONE]" {
		return true, nil
	}
	d.seen = true
	data := unsafe.String(unsafe.SliceData(ev.Data), len(ev.Data))
	kind := gjson.Get(data, "type").Str
	if kind == "" {
		kind = ev.Type
	}
	switch kind {
	case "content_block_delta":
		return d.delta(data)
	case "message_start":
		d.result.Model = clone(gjson.Get(data, "message.model").Str)
		d.result.MessageID = clone(gjson.Get(data, "message.id").Str)
		d.usage(gjson.Get(data, "message.usage"))
	case "content_block_start":
		d.open(data)
	case "content_block_stop":
		return d.close(gjson.Get(data, "index").Int()), nil
	case "message_delta":
		d.stop(data)
	case "message_stop":
		d.done = true
		return d.release(), nil
	case "error":
		return true, d.a.classify(ev.Data, d.a.info.HTTPStatus, true)
	default:
		if code := gjson.Get(data, "base_resp.status_code").Int(); code != 0 {
			return true, d.a.classify(ev.Data, d.a.info.HTTPStatus, true)
		}
	}
	return true, nil
}

func clone(s string) string { return string([]byte(s)) }

// open notes a block. Only tool calls have a state of their own; text may come with the start already.
func (d *decoder) open(data string) {
	b := gjson.Get(data, "content_block")
	if b.Get("type").Str != "tool_use" {
		return
	}
	if d.blocks == nil {
		d.blocks = map[int64]*block{}
	}
	d.blocks[gjson.Get(data, "index").Int()] = &block{tool: Tool{ID: clone(b.Get("id").Str), Name: clone(b.Get("name").Str)}}
}

func (d *decoder) delta(data string) (bool, error) {
	switch gjson.Get(data, "delta.type").Str {
	case "text_delta":
		raw := gjson.Get(data, "delta.text").Raw
		if len(raw) < 2 {
			return true, nil
		}
		return d.text(unsafe.Slice(unsafe.StringData(raw), len(raw))[1 : len(raw)-1]), nil
	case "thinking_delta":
		words := gjson.Get(data, "delta.thinking").Str
		if words == "" {
			return true, nil
		}
		d.first()
		return d.yield(Event{Kind: KindThinking, Text: []byte(words)}, nil), nil
	case "input_json_delta":
		if b := d.blocks[gjson.Get(data, "index").Int()]; b != nil {
			b.input.WriteString(gjson.Get(data, "delta.partial_json").Str)
		}
	}
	return true, nil
}

// first notes the time to the first piece of text or reasoning.
func (d *decoder) first() {
	if d.a.info.TTFT == 0 {
		d.a.info.TTFT = time.Since(d.a.started)
	}
}

// close hands out a tool call. What is no JSON is handed out as a JSON string.
func (d *decoder) close(index int64) bool {
	b := d.blocks[index]
	if b == nil {
		return true
	}
	delete(d.blocks, index)
	b.tool.Input = bytes.TrimSpace(b.input.Bytes())
	if len(b.tool.Input) == 0 {
		b.tool.Input = json.RawMessage("{}")
	}
	if !json.Valid(b.tool.Input) {
		quoted, _ := json.Marshal(string(b.tool.Input))
		b.tool.Input = quoted
	}
	return d.yield(Event{Kind: KindToolUse, Tool: &b.tool}, nil)
}

// stop takes the end of the message: why, and the counts that win over those at its start.
func (d *decoder) stop(data string) {
	delta := gjson.Get(data, "delta")
	if reason := delta.Get("stop_reason").Str; reason != "" {
		d.result.StopReason = clone(reason)
	}
	d.result.StopSequence = clone(delta.Get("stop_sequence").Str)
	d.result.Refusal = clean(delta.Get("stop_details.explanation").Str + delta.Get("stop_details.category").Str)
	d.usage(gjson.Get(data, "usage"))
}

// usage merges counts field by field: a later value that is there wins.
func (d *decoder) usage(u gjson.Result) {
	merge := func(to *int64, path string) {
		if v := u.Get(path); v.Type == gjson.Number {
			*to = v.Int()
		}
	}
	merge(&d.result.Usage.InputTokens, "input_tokens")
	merge(&d.result.Usage.OutputTokens, "output_tokens")
	merge(&d.result.Usage.CacheReadTokens, "cache_read_input_tokens")
	merge(&d.result.Usage.CacheWriteTokens, "cache_creation_input_tokens")
	merge(&d.result.Usage.ReasoningTokens, "output_tokens_details.thinking_tokens")
}

// whole reads an answer that came as one JSON document, or the error it is.
func (a *attempt) whole(resp *http.Response, yield func(Event, error) bool) (*Result, error, bool) {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, sse.MaxLine))
	if err != nil {
		return nil, a.wrong("the answer broke off: " + clean(rootCause(err))), true
	}
	doc := gjson.ParseBytes(raw)
	if !gjson.ValidBytes(raw) {
		return nil, a.wrong("status 200 with a body that is not JSON"), true
	}
	if doc.Get("base_resp.status_code").Int() != 0 || doc.Get("error").IsObject() {
		return nil, a.classify(raw, resp.StatusCode, true), true
	}
	if doc.Get("type").Str != "message" {
		return nil, a.wrong("status 200 with JSON that is no message"), true
	}
	d := &decoder{a: a, yield: yield}
	d.result = Result{
		StopReason: doc.Get("stop_reason").Str, StopSequence: doc.Get("stop_sequence").Str,
		Model: doc.Get("model").Str, MessageID: doc.Get("id").Str,
	}
	d.usage(doc.Get("usage"))
	for _, b := range doc.Get("content").Array() {
		if words := b.Get("text").Str; words != "" {
			a.yielded = true
			d.first()
			if !yield(Event{Kind: KindText, Text: []byte(words)}, nil) {
				return &d.result, nil, false
			}
		}
	}
	return &d.result, nil, true
}
