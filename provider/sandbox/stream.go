package sandbox

import (
	"net/http"
	"strconv"
	"strings"
)

// stream plays an answer through a wire's encoder.
type stream struct {
	*writer
	a   *answer
	enc encoder

	fail      *problem // the error in the middle, nil for none
	failAfter int
}

func (c *call) streamReply(a *answer) {
	c.s.add(func(n *State) { n.ActiveStreams++ })
	defer c.s.add(func(n *State) { n.ActiveStreams-- })
	c.w.Header().Set("Cache-Control", "no-cache")
	st := &stream{a: a, enc: c.wire.encoder(a)}
	if f, ok := c.faults.find("error"); ok {
		kind, after, _ := strings.Cut(f.arg, "/")
		p := named(kind)
		st.fail, st.failAfter = &p, 4
		if n, err := strconv.Atoi(after); err == nil {
			st.failAfter = n
		}
	}
	st.writer = c.open(http.StatusOK, st.enc.contentType())
	ok := st.play()
	st.flush()
	if ok {
		c.s.add(func(n *State) { n.CompletedStreams++ })
	}
}

// play returns whether the stream came to its proper end.
func (st *stream) play() bool {
	if !st.send(st.enc.start()) {
		return false
	}
	for _, p := range st.a.parts() {
		if !st.send(st.enc.open(p)) || !st.deltas(p) || !st.big(p) || !st.send(st.enc.close(p)) {
			return false
		}
	}
	events := st.enc.end()
	if st.a.faults.has("no-stop") && len(events) > 0 {
		st.send(events[:len(events)-1])
		return false
	}
	return st.send(events)
}

// send writes events; false means that the error took the place of one of
// them and the stream is over.
func (st *stream) send(events [][]byte) bool {
	for _, e := range events {
		if st.failed() {
			return false
		}
		st.raw(e)
	}
	return true
}

func (st *stream) failed() bool {
	if st.fail == nil || st.events < st.failAfter {
		return false
	}
	for _, e := range st.enc.fail(*st.fail, st.events) {
		st.raw(e)
	}
	return true
}

// deltas sends a part's text in pieces of the reply's size, and what giant asks for in one.
func (st *stream) deltas(p *part) bool {
	for text := p.text; text != ""; {
		head := firstRunes(text, st.a.r.chunk)
		st.c.sleep(st.a.r.delay)
		if !st.delta(p, head) {
			return false
		}
		text = text[len(head):]
	}
	return p.giant == "" || st.delta(p, p.giant)
}

func (st *stream) delta(p *part, text string) bool {
	e := st.enc.delta(nil, p, encode(text))
	return len(e) == 0 || st.send([][]byte{e})
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

// big sends the same piece many times, as fast as the connection takes it.
func (st *stream) big(p *part) bool {
	if p.units == 0 {
		return true
	}
	quoted := encode(p.tail)
	st.hurry = st.pause == 0 && st.a.r.delay == 0
	defer func() { st.hurry = false }()
	var b []byte
	for range p.units {
		if st.failed() {
			return false
		}
		st.c.sleep(st.a.r.delay)
		if b = st.enc.delta(b[:0], p, quoted); len(b) > 0 {
			st.raw(b)
		}
	}
	return true
}
