package anthropic

import (
	"maps"
	"slices"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"

	"hermes/oneshot/sse"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/read"
)

// maxBlocks bounds the blocks whose end is waited for.
const maxBlocks = 10_000

// decoder turns the events of one stream into ours (grammar: provider-apis §3.1).
type decoder struct {
	to     *wire.Sink
	blocks map[int64]*block // blocks under way, where the turn is kept
	skip   map[int64]bool   // blocks of a type never heard of
	marks  bool             // the model leaves control marks
	held   []byte           // text that may begin one

	text, thoughts read.Pieces
}

// Event handles one event. A piece of text in the usual layout is cut from the event's bytes by hand, anything else is
// read as JSON.
func (d *decoder) Event(ev sse.Event) (done bool, err error) {
	if raw, reasoning, ok := cutDelta(ev.Data); ok && len(d.skip) == 0 && len(d.blocks) == 0 {
		if ok, err := d.piece(reasoning, raw); ok {
			return false, err
		}
	}
	data := unsafe.String(unsafe.SliceData(ev.Data), len(ev.Data))
	data = strings.TrimSpace(data)
	if data == "[DONE]" && d.to.Result().Word != "" {
		return true, d.finish() // MiniMax's own client takes it for the end
	}
	if !known(ev.Type) || !strings.HasPrefix(data, "{") {
		return false, nil
	}
	if !read.Valid(ev.Data) {
		return false, wire.Broken("an event of the stream is not JSON")
	}
	return d.object(ev, gjson.Parse(data))
}

// EOF is a stream that is over before message_stop.
func (d *decoder) EOF() error { return wire.Broken("the stream ended before message_stop") }

// known reports whether an event's name is one of the API's, or absent: then the data says what it is.
func known(name string) bool {
	switch name {
	case "message", "message_start", "message_delta", "message_stop", "error", "ping",
		"content_block_start", "content_block_delta", "content_block_stop":
		return true
	}
	return false
}

func (d *decoder) object(ev sse.Event, doc gjson.Result) (done bool, err error) {
	kind := doc.Get("type").Str
	if kind == "" {
		kind = ev.Type
	}
	switch kind {
	case "message_start":
		d.begin(doc.Get("message"))
	case "content_block_start":
		return false, d.start(doc.Get("index").Int(), doc.Get("content_block"))
	case "content_block_delta":
		return false, d.delta(doc.Get("index").Int(), doc.Get("delta"))
	case "content_block_stop":
		return false, d.stop(doc.Get("index").Int())
	case "message_delta":
		end(d.to.Result(), doc.Get("delta"))
		merge(&d.to.Result().Usage, doc.Get("usage"))
	case "message_stop":
		return true, d.finish()
	case "error":
		return false, failed(ev.Data)
	default:
		if apierror.Is(doc) {
			return false, failed(ev.Data)
		}
		return false, apierror.Foreign(wire.Messages, doc)
	}
	return false, nil
}

func (d *decoder) begin(message gjson.Result) {
	r := d.to.Result()
	r.Model = strings.Clone(message.Get("model").Str)
	r.MessageID = strings.Clone(message.Get("id").Str)
	merge(&r.Usage, message.Get("usage"))
	d.marks = d.marks || leavesMarks(r.Model)
}

// start opens a block. Its first text may come with it.
func (d *decoder) start(index int64, b gjson.Result) error {
	kind := b.Get("type").Str
	if d.to.Keeps() {
		if d.blocks == nil {
			d.blocks = make(map[int64]*block)
		}
		d.blocks[index] = newBlock(kind, b)
	}
	switch kind {
	case "text":
		return d.escaped(false, b.Get("text"))
	case "thinking":
		return d.escaped(true, b.Get("thinking"))
	case "redacted_thinking", "tool_use":
	default:
		if d.skip == nil {
			d.skip = make(map[int64]bool)
		}
		d.skip[index] = true
	}
	if len(d.blocks)+len(d.skip) > maxBlocks {
		return wire.Broken("more than %d content blocks are open at once", maxBlocks)
	}
	return nil
}

func (d *decoder) delta(index int64, delta gjson.Result) error {
	if b := d.blocks[index]; b != nil {
		if err := d.to.Hold(len(delta.Raw)); err != nil {
			return err
		}
		b.add(delta)
	}
	if d.skip[index] {
		return nil
	}
	switch delta.Get("type").Str {
	case "text_delta":
		return d.escaped(false, delta.Get("text"))
	case "thinking_delta":
		return d.escaped(true, delta.Get("thinking"))
	}
	return nil
}

// escaped hands out a JSON string that gjson found. Its own unescaping loses a character behind a lone surrogate, so the
// raw one is taken.
func (d *decoder) escaped(reasoning bool, v gjson.Result) error {
	if v.Type != gjson.String {
		return nil
	}
	_, err := d.piece(reasoning, read.Raw(v))
	return err
}

func (d *decoder) stop(index int64) error {
	delete(d.skip, index)
	b := d.blocks[index]
	if b == nil {
		return nil
	}
	delete(d.blocks, index)
	part := b.part()
	d.to.Keep(part)
	if part.Kind == wire.PartCall {
		return d.to.Call(*part.Call)
	}
	return nil
}

// finish closes a whole answer, with the blocks that were never closed.
func (d *decoder) finish() error {
	if err := d.Flush(); err != nil {
		return err
	}
	for _, index := range slices.Sorted(maps.Keys(d.blocks)) {
		if err := d.stop(index); err != nil {
			return err
		}
	}
	return nil
}
