package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"time"
)

// The bounds of a request's body. maxBody is what it may have, in bytes; MiniMax is reported to cut at 64 MB for M3.
const (
	maxBody   = 64 << 20
	smallBody = 1 << 20
	bodyTime  = time.Minute // from when it is first read
)

// room is the memory for bodies that are not small, in pieces of smallBody: all of them together hold no more than the
// largest may. Who finds too little waits for a turn.
type room struct{ turn, pieces chan struct{} }

func newRoom() room {
	return room{make(chan struct{}, 1), make(chan struct{}, maxBody/smallBody)}
}

// take waits for room for a body of n bytes and returns what gives it back.
func (m room) take(ctx context.Context, n int64) (free func(), err error) {
	taken := 0
	free = func() {
		for ; taken > 0; taken-- {
			<-m.pieces
		}
	}
	select { // one at a time, or two could each hold what the other waits for
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return free, ctx.Err()
	}
	for range (n + smallBody - 1) / smallBody {
		select {
		case m.pieces <- struct{}{}:
			taken++
		case <-ctx.Done():
			free()
			return free, ctx.Err()
		}
	}
	return free, nil
}

// read takes in the whole body: net/http notices a client that leaves only while nothing of the request is left to read.
func (c *call) read() error {
	control := http.NewResponseController(c.w)
	_ = control.SetReadDeadline(time.Now().Add(c.s.bodyTime))
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	var err error
	if c.body, err = io.ReadAll(io.LimitReader(c.r.Body, smallBody)); err != nil || len(c.body) < smallBody {
		return err
	}
	known, most := c.r.ContentLength, int64(maxBody)
	if known >= 0 {
		most = min(known, maxBody)
	}
	if c.free, err = c.s.room.take(c.r.Context(), most); err != nil {
		return err
	}
	_ = control.SetReadDeadline(time.Now().Add(c.s.bodyTime))
	whole := bytes.NewBuffer(make([]byte, 0, max(min(known, maxBody), smallBody)+bytes.MinRead))
	whole.Write(c.body)
	_, err = whole.ReadFrom(io.LimitReader(c.r.Body, int64(maxBody+1-whole.Len())))
	c.body, c.tooLong = whole.Bytes(), whole.Len() > maxBody
	return err
}

// release lets go of a large body whose answer is known: sending it can take long.
func (c *call) release(q *request) {
	if len(c.body) < smallBody {
		return
	}
	c.size = len(c.body)
	if c.s.log != nil {
		c.sum = sha256.Sum256(c.body)
	}
	c.body, q.messages, q.system = nil, nil, nil
	c.free()
}
