package rogue

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
)

// The frames of RFC 9113 that are needed here.
const (
	frameData      = 0x0
	frameHeaders   = 0x1
	frameReset     = 0x3
	frameSettings  = 0x4
	framePush      = 0x5
	framePing      = 0x6
	frameGoAway    = 0x7
	frameWindow    = 0x8
	frameContinued = 0x9
	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
	prefaceLength  = 24
	codeProtocol   = 0x1
	codeRefused    = 0x7
	maxFrameLength = 1 << 20
)

// frame is one frame as it stands on the wire; payload is never kept.
type frame struct {
	kind, flags byte
	stream      uint32
}

// frames speaks HTTP/2 until the client leaves. answer gets the stream of each request.
func (s *Server) frames(conn net.Conn, name string, answer func(stream uint32)) {
	in := bufio.NewReader(conn)
	if _, err := io.CopyN(io.Discard, in, prefaceLength); err != nil {
		return
	}
	send(conn, frame{kind: frameSettings})
	if name == "goaway-at-once" {
		send(conn, frame{kind: frameGoAway}, 0, 0)
	}
	for {
		f, err := receive(in)
		switch {
		case err != nil:
			return
		case f.kind == frameSettings && f.flags&flagAck == 0:
			send(conn, frame{kind: frameSettings, flags: flagAck})
		case (f.kind == frameData || f.kind == frameHeaders) && f.flags&flagEndStream != 0:
			s.requests.Add(1)
			answer(f.stream)
		}
	}
}

// refuse answers a request with a frame.
func refuse(conn net.Conn, name string, stream uint32) {
	switch name {
	case "goaway", "goaway-at-once":
		send(conn, frame{kind: frameGoAway}, 0, 0)
	case "protocol-error":
		send(conn, frame{kind: frameReset, stream: stream}, codeProtocol)
	case "refused":
		send(conn, frame{kind: frameReset, stream: stream}, codeRefused)
	}
}

// send writes a frame whose payload is some numbers of four bytes.
func send(conn net.Conn, f frame, numbers ...uint32) {
	var payload []byte
	for _, n := range numbers {
		payload = binary.BigEndian.AppendUint32(payload, n)
	}
	_ = write(conn, f, payload) // a client that left is noticed by the next read
}

func write(conn net.Conn, f frame, payload []byte) error {
	p := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(f.kind))
	p = binary.BigEndian.AppendUint32(append(p, f.flags), f.stream)
	_, err := conn.Write(append(p, payload...))
	return err
}

func receive(in *bufio.Reader) (frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return frame{}, err
	}
	length := int64(binary.BigEndian.Uint32(head[:4]) >> 8)
	if length > maxFrameLength {
		return frame{}, io.ErrShortBuffer
	}
	_, err := io.CopyN(io.Discard, in, length)
	return frame{head[3], head[4], binary.BigEndian.Uint32(head[5:]) &^ (1 << 31)}, err
}
