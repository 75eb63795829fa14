package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// call is one request on its way through the server.
type call struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	seq     int
	id      string // Trace-Id, 32 hex digits, the same in each run of a seed
	scope   string
	wire    wire // whose form errors have
	body    []byte
	size    int      // of a body that is let go of
	sum     [32]byte // its SHA-256
	free    func()   // gives its memory back
	tooLong bool
	faults  faults
	ownPick bool // the faults came with the request's header
	answer  string
	model   string
	stream  bool
	logged  bool
	lost    bool // the client went away
}

// newCall reads the whole body first. Nil is a request that is over: its client left, or was too slow.
func (s *Server) newCall(w http.ResponseWriter, r *http.Request) *call {
	c := &call{s: s, w: w, r: r, wire: anthropic{}, free: func() {}}
	err := c.read()
	c.seq = s.saw(r)
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", s.opts.Chaos, c.seq))
	c.id = hex.EncodeToString(sum[:16])
	if err != nil {
		c.free()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.Header().Set("Connection", "close")
		c.deny(problem{status: http.StatusRequestTimeout, cause: causeTimeout, message: fmt.Sprintf("the body did not come within %v", s.bodyTime)})
		return nil
	}
	if err != nil {
		c.abort()
	}
	return c
}

// abort drops the connection: no more bytes and no proper end.
func (c *call) abort() {
	c.note(0)
	panic(http.ErrAbortHandler)
}

// leave is abort for a client that has gone away.
func (c *call) leave() {
	if !c.lost {
		c.lost = true
		c.s.dropped()
	}
	c.abort()
}

// reset sends a TCP RST, where the connection can be had.
func (c *call) reset() {
	c.note(0)
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		c.abort()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// refuse closes the connection without an answer, and the port with it when
// the fault says for how long.
func (c *call) refuse() {
	c.note(0)
	if d := c.faults.dur("refuse"); d > 0 {
		c.s.shut(d)
	}
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		c.abort()
	}
	conn.Close()
}

// sleep waits, or ends the call when the client leaves first.
func (c *call) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), d)
	defer cancel()
	<-ctx.Done()
	if c.r.Context().Err() != nil {
		c.leave()
	}
}

// head writes the status line and the headers that every answer has.
func (c *call) head(status int, contentType string) {
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Trace-Id", c.id)
	h.Set("Minimax-Request-Id", c.id)
	if isWire(c.scope) {
		c.wire.headers(h, c.id, c.s.quota(status))
	}
	h.Set("Date", c.s.now().UTC().Format(http.TimeFormat))
	c.note(status)
	c.w.WriteHeader(status)
}

// json answers with one JSON document.
func (c *call) json(status int, v any) {
	c.plain(status, "application/json; charset=utf-8", encode(v))
}

func (c *call) html(status int, title string) {
	page := "<html>\n<head><title>" + title + "</title></head>\n<body>\n<center><h1>" + title +
		"</h1></center>\n<hr><center>sandbox</center>\n</body>\n</html>\n"
	c.plain(status, "text/html; charset=utf-8", []byte(page))
}

// plain writes a body that is no stream; the faults of the byte level apply.
func (c *call) plain(status int, contentType string, body []byte) {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		c.head(status, contentType)
		return
	}
	if !c.faults.has("crlf") {
		c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	out := c.open(status, contentType)
	out.write(body)
	out.flush()
}

// obj is a JSON object; its keys come out sorted, so output is reproducible.
type obj map[string]any

// encode is JSON without HTML escapes and without a final newline.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte(`{"error":"sandbox: the answer cannot be encoded"}`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
