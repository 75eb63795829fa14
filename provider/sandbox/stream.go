package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// stream plays a reply as server-sent events, in the order of MiniMax's own
// sample: message_start with an empty usage, ping, the blocks, message_delta
// with the real usage, message_stop.
type stream struct {
	*wire
	call  *call
	r     *reply
	index int

	failType  string // of the error event, "" for none
	failAfter int
}

func (c *call) streamReply(q *request, r *reply) {
	c.s.add(func(n *State) { n.ActiveStreams++ })
	defer c.s.add(func(n *State) { n.ActiveStreams-- })
	c.w.Header().Set("Cache-Control", "no-cache")
	st := &stream{call: c, r: r}
	if f, ok := c.faults.find("error"); ok {
		kind, after, _ := strings.Cut(f.arg, "/")
		st.failType, st.failAfter = kind, 4
		if n, err := strconv.Atoi(after); err == nil {
			st.failAfter = n
		}
	}
	st.wire = c.open(http.StatusOK, "text/event-stream; charset=utf-8")
	if st.play(q) {
		c.s.add(func(n *State) { n.CompletedStreams++ })
	}
}

// play returns whether the stream came to its proper end.
func (st *stream) play(q *request) bool {
	c := st.call
	start := obj{"type": "message_start", "message": st.r.message(c.id, q.Model)}
	ok := st.send("message_start", start) && st.send("ping", obj{"type": "ping"}) &&
		st.thinking() && st.text() && st.tool() && st.end()
	st.flush()
	return ok
}

// send writes one event; false means that the error event took its place and
// the stream is over.
func (st *stream) send(name string, v any) bool {
	if st.failed() {
		return false
	}
	st.event(name, encode(v))
	return true
}

func (st *stream) failed() bool {
	if st.failType == "" || st.events < st.failAfter {
		return false
	}
	st.event("error", encode(obj{
		"type":       "error",
		"error":      obj{"details": nil, "type": st.failType, "message": "sandbox: " + st.failType},
		"request_id": st.call.id,
	}))
	return true
}

func (st *stream) begin(block obj) bool {
	return st.send("content_block_start", obj{"type": "content_block_start", "index": st.index, "content_block": block})
}

// delta sends a piece of a block. Its fields stand in Anthropic's order, on which readers may build a short way.
func (st *stream) delta(kind, field, text string) bool {
	return st.send("content_block_delta", st.piece(kind, field, text))
}

func (st *stream) piece(kind, field, text string) json.RawMessage {
	return fmt.Appendf(nil, `{"type":"content_block_delta","index":%d,"delta":{"type":%s,%s:%s}}`,
		st.index, encode(kind), encode(field), encode(text))
}

func (st *stream) stop() bool {
	ok := st.send("content_block_stop", obj{"type": "content_block_stop", "index": st.index})
	st.index++
	return ok
}

// chunks sends text in deltas of the reply's size.
func (st *stream) chunks(text, kind, field string) bool {
	for text != "" {
		head := firstRunes(text, st.r.chunk)
		st.call.sleep(st.r.delay)
		if !st.delta(kind, field, head) {
			return false
		}
		text = text[len(head):]
	}
	return true
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// thinking's block starts without a signature; it comes as the last delta.
func (st *stream) thinking() bool {
	if st.r.thinking == "" {
		return true
	}
	return st.begin(obj{"type": "thinking", "thinking": ""}) &&
		st.chunks(st.r.thinking, "thinking_delta", "thinking") &&
		st.delta("signature_delta", "signature", signature(st.r.thinking)) &&
		st.stop()
}

func (st *stream) text() bool {
	r := st.r
	if r.text == "" && r.giant == 0 && r.big == 0 {
		return true
	}
	return st.begin(obj{"type": "text", "text": ""}) &&
		st.chunks(r.text, "text_delta", "text") && st.giant() && st.big() && st.stop()
}

func (st *stream) giant() bool {
	return st.r.giant == 0 || st.delta("text_delta", "text", strings.Repeat("x", st.r.giant))
}

// big is encoded once and sent as fast as the connection takes it.
func (st *stream) big() bool {
	if st.r.big == 0 {
		return true
	}
	event := []byte("event: content_block_delta\ndata: " + string(st.piece("text_delta", "text", bigDelta())) + "\n\n")
	st.hurry = st.pause == 0 && st.r.delay == 0
	defer func() { st.hurry = false }()
	for range st.r.big {
		if st.failed() {
			return false
		}
		st.call.sleep(st.r.delay)
		st.raw(event)
	}
	return true
}

func (st *stream) tool() bool {
	t := st.r.tool
	if t == nil {
		return true
	}
	ok := st.begin(obj{"type": "tool_use", "id": t.id(st.call.id), "name": t.Name, "input": obj{}})
	return ok && st.chunks(string(t.input()), "input_json_delta", "partial_json") && st.stop()
}

func (st *stream) end() bool {
	delta := obj{"stop_reason": st.r.stop, "stop_sequence": nil}
	if st.r.details != nil {
		delta["stop_details"] = st.r.details
	}
	if !st.send("message_delta", obj{"type": "message_delta", "delta": delta, "usage": st.r.usage}) {
		return false
	}
	if st.call.faults.has("no-stop") {
		return false
	}
	return st.send("message_stop", obj{"type": "message_stop"})
}
