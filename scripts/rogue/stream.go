package rogue

import (
	"net"
	"time"
)

// Harms are what Stream can do to an answer.
func Harms() []string {
	return []string{
		"none", "end", "trailers", "reset", "goaway", "goaway-before", "goaway-cut", "leave", "silence", "drip", "noise", "push", "window",
		"settings", "pings", "empty", "headers", "hints", "life",
	}
}

// Stream answers each request over HTTP/2 with an event stream, to which the harm that roll chooses comes after some bytes of it:
//
//   - end, trailers: it ends as if that were all;
//   - reset, by any code; goaway, and the rest all the same; goaway-before any of it; goaway-cut and leave, and the connection ends;
//   - silence; drip, a byte a frame;
//   - noise, push, window: what a client must not accept;
//   - settings, pings, empty (DATA), headers, hints (103), life (an event without a meaning): frames without end, while nothing is read.
func Stream(body []byte, roll func() (harm string, after int)) (*Server, error) {
	return serveTLS("h2", false, func(s *Server, conn net.Conn) {
		s.frames(conn, "", func(id uint32) {
			harm, after := roll()
			stream{conn, id}.answer(harm, body[:after], body[after:])
		})
	})
}

// stream is one of a connection, for which a write that fails is the end.
type stream struct {
	conn net.Conn
	id   uint32
}

// The header fields of an answer, by HPACK (RFC 7541): ":status: 200" and "content-type: text/event-stream"; ":status: 103"; "x: y".
const (
	success = "\x88\x0f\x10\x11text/event-stream"
	hint    = "\x08\x03103"
	field   = "\x00\x01x\x01y"
)

func (s stream) headers(flags byte, fields string) error {
	return write(s.conn, frame{frameHeaders, flags, s.id}, []byte(fields))
}

func (s stream) data(flags byte, p []byte) error {
	return write(s.conn, frame{frameData, flags, s.id}, p)
}

func (s stream) answer(harm string, head, tail []byte) {
	switch harm {
	case "goaway-before":
		send(s.conn, frame{kind: frameGoAway}, 0, 0)
		return
	case "headers":
		_ = s.headers(0, success)
		flood(func() error { return write(s.conn, frame{kind: frameContinued, stream: s.id}, []byte(field)) })
		return
	case "hints":
		flood(func() error { return s.headers(flagEndHeaders, hint) })
		return
	}
	_ = s.headers(flagEndHeaders, success)
	_ = s.data(0, head)
	switch harm {
	case "end":
		_ = s.data(flagEndStream, nil)
	case "trailers":
		_ = s.headers(flagEndHeaders|flagEndStream, field)
	case "reset":
		send(s.conn, frame{kind: frameReset, stream: s.id}, uint32(len(head)%14))
	case "goaway-cut", "leave":
		if harm == "goaway-cut" {
			send(s.conn, frame{kind: frameGoAway}, s.id, uint32(len(head)%14))
		}
		s.conn.Close()
	case "silence":
	case "drip":
		for i := range tail {
			_ = s.data(0, tail[i:i+1])
			time.Sleep(time.Millisecond)
		}
		_ = s.data(flagEndStream, nil)
	default:
		s.disturb(harm)
		_ = s.data(flagEndStream, tail)
	}
}

// disturb sends what does not belong into an answer, once or without end.
func (s stream) disturb(harm string) {
	switch harm {
	case "goaway":
		send(s.conn, frame{kind: frameGoAway}, s.id, 0)
	case "noise":
		_, _ = s.conn.Write([]byte("\x00\xff}]\r\n0\r\n\r\n: "))
	case "push":
		send(s.conn, frame{framePush, flagEndHeaders, s.id}, s.id+1)
	case "window":
		send(s.conn, frame{kind: frameWindow, stream: s.id}, 0)
	case "settings":
		flood(func() error { return write(s.conn, frame{kind: frameSettings}, nil) })
	case "pings":
		flood(func() error { return write(s.conn, frame{kind: framePing}, make([]byte, 8)) })
	case "empty":
		flood(func() error { return s.data(0, nil) })
	case "life":
		flood(func() error { return s.data(0, []byte(":\n\n")) })
	}
}

// flood sends until the client leaves.
func flood(send func() error) {
	for send() == nil {
	}
}
