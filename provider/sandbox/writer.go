package sandbox

import (
	"bufio"
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// writer writes one body and plays the faults that live at the level of bytes
// and events.
type writer struct {
	c   *call
	buf *bufio.Writer
	rc  *http.ResponseController

	cut, cutEvents, stall int // -1: never
	stallFor              time.Duration
	pause, dripPause      time.Duration
	crlf, drip, split     bool
	comments              bool
	plain                 bool // none of the faults that look at bytes
	hurry                 bool // flush when the buffer is full, not for each event

	sent, events int
}

// open starts an answer.
func (c *call) open(status int, contentType string) *writer {
	f := c.faults
	o := &writer{
		c: c, buf: bufio.NewWriterSize(c.w, 32<<10), rc: http.NewResponseController(c.w),
		cut: f.num("cut", -1), cutEvents: f.num("cut-events", -1), stall: -1,
		pause: f.dur("slow-bytes"), dripPause: f.dur("drip"),
		comments: f.has("comments") && strings.HasPrefix(contentType, "text/event-stream"),
		crlf:     f.has("crlf"), drip: f.has("drip"), split: f.has("split-utf8"),
	}
	if f.has("stall") {
		o.stall = f.num("stall", 0)
		_, tail, _ := strings.Cut(f.text("stall"), "/")
		o.stallFor, _ = time.ParseDuration(tail)
	}
	o.plain = o.cut < 0 && !o.crlf && !o.drip && !o.split
	c.head(status, contentType)
	o.limits()
	return o
}

// raw writes a whole event that is already in its final form.
func (o *writer) raw(b []byte) {
	o.c.sleep(o.pause)
	if o.comments {
		o.write([]byte(": sandbox processing\n\n"))
	}
	o.write(b)
	o.events++
	if !o.hurry {
		o.flush()
	}
	o.limits()
}

// limits plays what is due after a number of events.
func (o *writer) limits() {
	if o.events == o.cutEvents {
		o.flush()
		o.c.abort()
	}
	if o.events != o.stall {
		return
	}
	o.flush()
	if o.stallFor > 0 {
		o.c.sleep(o.stallFor)
		return
	}
	<-o.c.r.Context().Done()
	o.c.leave()
}

func (o *writer) write(b []byte) {
	if o.plain {
		o.put(b)
		return
	}
	if o.crlf {
		b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")) // Gemini's end so already
	}
	if o.cut >= 0 && o.sent+len(b) >= o.cut {
		o.pieces(b[:o.cut-o.sent])
		o.flush()
		o.c.abort()
	}
	o.sent += len(b)
	o.pieces(b)
}

// pieces splits what it writes where drip or split-utf8 want it.
func (o *writer) pieces(b []byte) {
	if !o.drip && !o.split {
		o.put(b)
		return
	}
	for len(b) > 0 {
		n := 1
		if !o.drip {
			n = untilLeadByte(b)
		}
		o.put(b[:n])
		o.flush()
		o.c.sleep(o.dripPause)
		if !o.drip && n < len(b) {
			o.c.sleep(time.Millisecond) // lets the client read the half rune alone
		}
		b = b[n:]
	}
}

// untilLeadByte returns how many bytes end with the first byte of the next
// multi-byte rune.
func untilLeadByte(b []byte) int {
	for i, x := range b {
		if x >= utf8.RuneSelf && utf8.RuneStart(x) {
			return i + 1
		}
	}
	return len(b)
}

func (o *writer) put(b []byte) {
	if _, err := o.buf.Write(b); err != nil {
		o.c.leave()
	}
}

func (o *writer) flush() {
	if o.buf.Flush() != nil {
		o.c.leave()
	}
	if err := o.rc.Flush(); err != nil && o.c.r.Context().Err() != nil {
		o.c.leave()
	}
}

// retryAfter sets the header that status faults ask for.
func (c *call) retryAfter() {
	f := c.faults
	if f.has("retry-after") {
		c.w.Header().Set("Retry-After", strconv.Itoa(f.num("retry-after", 0)))
	}
	if f.has("retry-after-ms") {
		c.w.Header().Set("Retry-After-Ms", f.text("retry-after-ms"))
	}
	if f.has("retry-date") {
		at := c.s.now().Add(time.Duration(f.num("retry-date", 5)) * time.Second)
		c.w.Header().Set("Retry-After", at.UTC().Format(http.TimeFormat))
	}
}
