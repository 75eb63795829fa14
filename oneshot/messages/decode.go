package messages

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/tidwall/gjson"

	"hermes/oneshot/sse"
)

const (
	// maxInput bounds the input of all tool calls of an answer, in bytes.
	maxInput = 256 << 20
	// maxBlocks bounds the blocks whose end is waited for.
	maxBlocks = 10_000
)

// decoder turns the events of one stream into ours (grammar: provider-apis §3.1).
// Blocks may interleave, so what is kept of one is kept by its index.
type decoder struct {
	a     *attempt
	tools map[int64]*toolBlock // tool calls under way
	kept  int                  // bytes of their input
	skip  map[int64]bool       // blocks of a type never heard of
	buf   []byte               // the text at hand, behind what is held back
	held  int                  // so many bytes of buf may begin a control mark
	marks bool                 // the model leaves such marks
	done  bool
}

func (d *decoder) run(r *sse.Reader) error {
	d.marks = leavesMarks(d.a.s.r.Model)
	err := d.events(r)
	if err != nil && err != errLeft && d.a.s.begun && !d.release() {
		return errLeft
	}
	return err
}

func (d *decoder) events(r *sse.Reader) error {
	for first := true; !d.done; first = false { // a pause came before the first read
		if !first && !r.Buffered() && !d.a.s.emit(Event{Kind: KindPause}) {
			return errLeft
		}
		ev, err := r.Next()
		if err != nil {
			return d.ended(err)
		}
		d.a.noteEvent(ev)
		if err := d.event(ev); err != nil {
			return err
		}
	}
	return nil
}

// ended explains a stream that is over before message_stop.
func (d *decoder) ended(err error) error {
	switch err {
	case io.EOF:
		return d.a.fail("protocol", "the stream ended before message_stop")
	case sse.ErrTooLong:
		e := d.a.fail("protocol", err.Error())
		e.Retryable = false
		return e
	}
	return errBroken
}

// event handles one event. A piece of text in the usual layout is cut from the
// event's bytes by hand, anything else is read as JSON.
func (d *decoder) event(ev sse.Event) error {
	if raw, kind := cutDelta(ev.Data); kind != 0 && len(d.skip) == 0 {
		if ok, err := d.piece(kind, raw); ok {
			return err
		}
	}
	data := unsafe.String(unsafe.SliceData(ev.Data), len(ev.Data))
	data = strings.TrimSpace(data)
	if data == "[DONE]" && d.a.result.StopReason != "" {
		return d.finish() // MiniMax's own client takes it for the end
	}
	if !known(ev.Type) || !strings.HasPrefix(data, "{") {
		return nil
	}
	if !json.Valid(ev.Data) {
		return d.a.fail("protocol", "an event of the stream is not JSON")
	}
	return d.object(ev, gjson.Parse(data))
}

// known reports whether an event's name is one of the API's, or absent: then
// the data says what it is.
func known(name string) bool {
	switch name {
	case "message", "message_start", "message_delta", "message_stop", "error", "ping",
		"content_block_start", "content_block_delta", "content_block_stop":
		return true
	}
	return false
}

func (d *decoder) object(ev sse.Event, doc gjson.Result) error {
	kind := doc.Get("type").Str
	if kind == "" {
		kind = ev.Type
	}
	switch kind {
	case "message_start":
		d.begin(doc.Get("message"))
	case "content_block_start":
		return d.start(doc.Get("index").Int(), doc.Get("content_block"))
	case "content_block_delta":
		return d.delta(doc.Get("index").Int(), doc.Get("delta"))
	case "content_block_stop":
		return d.stop(doc.Get("index").Int())
	case "message_delta":
		d.a.end(doc.Get("delta"))
		d.a.result.Usage.merge(doc.Get("usage"))
	case "message_stop":
		return d.finish()
	case "error":
		return d.a.classify(ev.Data)
	default:
		if failed(doc) {
			return d.a.classify(ev.Data)
		}
		if wireOf(doc) != "" {
			return d.a.otherWire(doc, "events that are none of a message came")
		}
	}
	return nil
}

func (d *decoder) begin(message gjson.Result) {
	r := &d.a.result
	r.Model = strings.Clone(message.Get("model").Str)
	r.MessageID = strings.Clone(message.Get("id").Str)
	r.Usage.merge(message.Get("usage"))
	d.marks = d.marks || leavesMarks(r.Model)
}

// start opens a block. Its first text may come with it.
func (d *decoder) start(index int64, block gjson.Result) error {
	switch block.Get("type").Str {
	case "text":
		return d.escaped(KindText, block.Get("text"))
	case "thinking":
		return d.escaped(KindThinking, block.Get("thinking"))
	case "redacted_thinking":
	case "tool_use":
		if !d.a.s.r.Tools {
			return nil
		}
		if d.tools == nil {
			d.tools = make(map[int64]*toolBlock)
		}
		d.tools[index] = newToolBlock(block)
	default:
		if d.skip == nil {
			d.skip = make(map[int64]bool)
		}
		d.skip[index] = true
	}
	if len(d.tools)+len(d.skip) > maxBlocks {
		return d.a.fail("protocol", fmt.Sprintf("more than %d content blocks are open at once", maxBlocks))
	}
	return nil
}

func (d *decoder) delta(index int64, delta gjson.Result) error {
	if d.skip[index] {
		return nil
	}
	switch delta.Get("type").Str {
	case "text_delta":
		return d.escaped(KindText, delta.Get("text"))
	case "thinking_delta":
		return d.escaped(KindThinking, delta.Get("thinking"))
	case "input_json_delta":
		if t := d.tools[index]; t != nil {
			piece := delta.Get("partial_json").Str
			if d.kept += len(piece); d.kept > maxInput {
				return d.a.fail("protocol", fmt.Sprintf("the tool calls are larger than %d MB", maxInput>>20))
			}
			t.input = append(t.input, piece...)
		}
	}
	return nil
}

// escaped hands out a JSON string that gjson found. Its own unescaping loses
// a character behind a lone surrogate, so the raw one is taken.
func (d *decoder) escaped(kind Kind, v gjson.Result) error {
	if v.Type != gjson.String {
		return nil
	}
	raw := v.Raw[1 : len(v.Raw)-1]
	_, err := d.piece(kind, unsafe.Slice(unsafe.StringData(raw), len(raw)))
	return err
}

func (d *decoder) stop(index int64) error {
	delete(d.skip, index)
	t := d.tools[index]
	if t == nil {
		return nil
	}
	delete(d.tools, index)
	return d.a.tool(t)
}

// finish closes a whole answer, with the tool calls that were never closed.
func (d *decoder) finish() error {
	d.done = true
	if !d.release() {
		return errLeft
	}
	for _, index := range slices.Sorted(maps.Keys(d.tools)) {
		if err := d.a.tool(d.tools[index]); err != nil {
			return err
		}
	}
	return nil
}

// say hands out a piece of text or reasoning.
func (a *attempt) say(kind Kind, text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if a.info.TTFT == 0 {
		a.info.TTFT = max(time.Since(a.started), 1)
	}
	if kind == KindText {
		a.s.begun = true
	}
	return a.s.emit(Event{Kind: kind, Text: text})
}
