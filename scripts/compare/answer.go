package main

import (
	"io"
	"log"
	"net"
	"net/http"
)

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
func (b *bench) hostSite(on wire, handler http.HandlerFunc) (*site, func(), error) {
	url, stop, err := host(&http.Server{Handler: handler})
	if err != nil {
		return nil, nil, err
	}
	s, err := b.site(on, url)
	if err != nil {
		stop()
	}
	return s, stop, err
}
