package main

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
)

// The events before and after the deltas of an answer.
const (
	opening = "event: message_start\n" +
		`data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"sandbox","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":2,"output_tokens":0}}}` + "\n\n" +
		"event: content_block_start\n" +
		`data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n"
	closing = "event: content_block_stop\n" +
		`data: {"type":"content_block_stop","index":0}` + "\n\n" +
		"event: message_delta\n" +
		`data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}` + "\n\n" +
		"event: message_stop\n" +
		`data: {"type":"message_stop"}` + "\n\n"
)

func delta(text string) string {
	quoted, _ := json.Marshal(text) // a string always can be
	return "event: content_block_delta\n" +
		`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":` + string(quoted) + "}}\n\n"
}

// stream begins an event stream. say writes and flushes a piece of it.
func stream(w http.ResponseWriter) (say func(string)) {
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	return func(piece string) {
		_, _ = io.WriteString(w, piece) // a client that left ends the request's context
		_ = rc.Flush()
	}
}

// swallow reads the request to its end, in large pieces. Only then does net/http notice that a client has left.
func swallow(r *http.Request) {
	_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, make([]byte, 256<<10))
}

// host serves on a free port of this machine, over plain HTTP unless srv has a certificate.
func host(srv *http.Server) (url string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv.ErrorLog = log.New(io.Discard, "", 0) // the programs say themselves what failed
	stop = func() { srv.Close() }
	if srv.TLSConfig != nil {
		go func() { _ = srv.ServeTLS(ln, "", "") }()
		return "https://" + ln.Addr().String(), stop, nil
	}
	go func() { _ = srv.Serve(ln) }()
	return "http://" + ln.Addr().String(), stop, nil
}

// hostSite is a server inside of this process and a home that leads to it.
func (b *bench) hostSite(handler http.HandlerFunc) (*site, func(), error) {
	url, stop, err := host(&http.Server{Handler: handler})
	if err != nil {
		return nil, nil, err
	}
	s, err := b.site(url)
	if err != nil {
		stop()
	}
	return s, stop, err
}
