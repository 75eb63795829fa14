// Package rogue is a server that behaves badly, for tests of whole processes. It sends the bytes of a file, repeats a part of them
// without end, or sends HTTP/2 frames after which the client of net/http may send its request again.
package rogue

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
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
	// Client is the certificate, with its key, in PEM, that the server wants of a client; nil where it wants none.
	Client []byte

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

// Front is https, by a certificate that no system trusts, before the plain http server at a URL. A strict one lets in only a
// client that shows Client.
func Front(plain string, strict bool) (*Server, error) {
	backend := strings.TrimPrefix(plain, "http://")
	return serveTLS("http/1.1", strict, func(s *Server, conn net.Conn) {
		if conn.(*tls.Conn).Handshake() != nil {
			return
		}
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
	return serveTLS("h2", false, func(s *Server, conn net.Conn) {
		s.frames(conn, name, func(stream uint32) { refuse(conn, name, stream) })
	})
}

func serveTLS(protocol string, strict bool, handle func(*Server, net.Conn)) (*Server, error) {
	cert, err := certificate("rogue")
	if err != nil {
		return nil, err
	}
	c := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{protocol}}
	var client []byte
	if strict {
		theirs, err := certificate("client")
		if err != nil {
			return nil, err
		}
		key, err := x509.MarshalPKCS8PrivateKey(theirs.PrivateKey)
		if err != nil {
			return nil, err
		}
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(theirs.Leaf)
		client = append(inPEM("CERTIFICATE", theirs.Leaf.Raw), inPEM("PRIVATE KEY", key)...)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		return nil, err
	}
	s := serve(ln, "https", handle)
	s.CA, s.Client = inPEM("CERTIFICATE", cert.Leaf.Raw), client
	return s, nil
}

// Requests is how many requests came, counted when the last byte of one is there.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// Open is how many connections are open.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

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

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(raw)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}, err
}

func inPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
