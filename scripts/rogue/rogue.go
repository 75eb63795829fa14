// Package rogue is a server that behaves badly, for tests of whole processes. It sends the bytes of a file, repeats a part of them
// without end, or sends HTTP/2 frames after which the client of net/http may send its request again.
package rogue

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server is one that listens on loopback until Close.
type Server struct {
	// URL is where it listens.
	URL string
	// CA is its certificate in PEM, nil for plain http.
	CA []byte

	ln       net.Listener
	requests atomic.Int64
	open     sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool // nil once it is closed
}

// Canned serves the answers of a file over HTTP/1.1 and then closes the connection: the first request gets the first
// answer, the last answer serves all requests that follow. A line "====" stands between two answers. What follows a line
// "...." is sent again and again, a piece each pause, until the client leaves; when nothing follows, the server is silent.
func Canned(file []byte, pause time.Duration) (*Server, error) {
	answers := bytes.Split(file, []byte("====\n"))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return serve(ln, "http", func(s *Server, conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		n := s.requests.Add(1)
		say(conn, answers[min(int(n), len(answers))-1], pause)
	}), nil
}

// say writes an answer of Canned.
func say(conn net.Conn, answer []byte, pause time.Duration) {
	head, more, endless := bytes.Cut(answer, []byte("....\n"))
	if _, err := conn.Write(head); err != nil || !endless {
		return
	}
	if len(more) == 0 {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	if pause == 0 { // as fast as it goes
		more = bytes.Repeat(more, 1+(64<<10)/len(more))
	}
	for {
		if _, err := conn.Write(more); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// Front is https, by a certificate that no system trusts, before the plain http server at a URL.
func Front(plain string) (*Server, error) {
	backend := strings.TrimPrefix(plain, "http://")
	return serveTLS("http/1.1", func(s *Server, conn net.Conn) {
		to, err := net.Dial("tcp", backend)
		if err != nil {
			return
		}
		defer to.Close()
		s.open.Go(func() {
			_, _ = io.Copy(conn, to)
			conn.Close()
		})
		_, _ = io.Copy(to, conn)
	})
}

// HTTP2 answers each request over HTTP/2 with the frame that its name says: goaway (last stream 0), protocol-error or
// refused (RST_STREAM). With goaway-at-once the frame comes before any request.
func HTTP2(name string) (*Server, error) {
	return serveTLS("h2", func(s *Server, conn net.Conn) { s.frames(conn, name) })
}

func serveTLS(protocol string, handle func(*Server, net.Conn)) (*Server, error) {
	cert, ca, err := certificate()
	if err != nil {
		return nil, err
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{protocol}})
	if err != nil {
		return nil, err
	}
	s := serve(ln, "https", handle)
	s.CA = ca
	return s, nil
}

// Requests is how many requests came, counted when the last byte of one is there.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// Close ends the server and its connections, and waits for both.
func (s *Server) Close() {
	s.ln.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.open.Wait()
}

func serve(ln net.Listener, scheme string, handle func(*Server, net.Conn)) *Server {
	s := &Server{URL: scheme + "://" + ln.Addr().String(), ln: ln, conns: map[net.Conn]bool{}}
	s.open.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if !s.keep(conn) {
				conn.Close()
				return
			}
			s.open.Go(func() {
				handle(s, conn)
				s.drop(conn)
			})
		}
	})
	return s
}

func (s *Server) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *Server) drop(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}
