package sse

import (
	"bytes"
	"io"
)

// byteOrderMark is dropped at the start of a stream, and only there.
const byteOrderMark = "\xef\xbb\xbf"

// line cuts the next line off the buffer, without its end. The slice is valid
// until fill moves the buffer.
func (r *Reader) line() ([]byte, bool) {
	if !r.begun && !r.begin() {
		return nil, false
	}
	if r.skipLF && r.pos < r.end {
		r.skipLF = false
		if r.buf[r.pos] == '\n' {
			r.moveTo(r.pos + 1)
		}
	}
	at := r.lineEnd()
	if at < 0 {
		return nil, false
	}
	if at-r.pos > MaxLine {
		r.giveUp()
		return nil, false
	}
	line := r.buf[r.pos:at]
	r.skipLF = r.buf[at] == '\r'
	r.moveTo(at + 1)
	return line, true
}

// lineEnd finds the next CR or LF. What was searched is remembered, so a line
// that arrives in many pieces, or a stream with CR alone, costs linear time.
func (r *Reader) lineEnd() int {
	if !r.atLF {
		if i := bytes.IndexByte(r.buf[r.noLF:r.end], '\n'); i >= 0 {
			r.noLF, r.atLF = r.noLF+i, true
		} else {
			r.noLF = r.end
		}
	}
	if i := bytes.IndexByte(r.buf[r.noCR:r.noLF], '\r'); i >= 0 {
		return r.noCR + i
	}
	r.noCR = r.noLF
	if r.atLF {
		return r.noLF
	}
	return -1
}

// giveUp drops the rest of the stream for a line or event past MaxLine.
func (r *Reader) giveUp() {
	r.err, r.hasData = ErrTooLong, false
	r.moveTo(r.end)
}

// moveTo makes `to` the start of the next line.
func (r *Reader) moveTo(to int) {
	r.pos = to
	r.noCR = max(r.noCR, to)
	if r.noLF < to {
		r.noLF, r.atLF = to, false
	}
}

// begin drops the byte order mark; false says that its bytes are not all there.
func (r *Reader) begin() bool {
	head := r.buf[r.pos:min(r.end, r.pos+len(byteOrderMark))]
	if string(head) == byteOrderMark[:len(head)] {
		if len(head) < len(byteOrderMark) {
			return false
		}
		r.moveTo(r.pos + len(head))
	}
	r.begun = true
	return true
}

// fill reads once and makes room before if needed.
func (r *Reader) fill() error {
	if r.end-r.pos > MaxLine {
		return ErrTooLong
	}
	r.room()
	for range maxEmptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.full = r.end == len(r.buf)
		if n > 0 || err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// room makes space for a read worth its call: first by moving what is still
// needed to the front, then by doubling while a quarter is not free, so that
// each byte is moved a bounded number of times. A small buffer that was full
// grows to the usual size at once.
func (r *Reader) room() {
	if len(r.buf)-r.end >= minRead && (r.pos < r.end || r.hasData) {
		return
	}
	need := 0
	if r.hasData {
		need = copy(r.buf, r.buf[r.dataFrom:r.dataTo])
	}
	kept := copy(r.buf[need:], r.buf[r.pos:r.end])
	back := r.pos - need
	r.pos, r.end, r.noCR, r.noLF = need, need+kept, r.noCR-back, r.noLF-back
	r.dataFrom, r.dataTo = 0, need
	size := 2 * len(r.buf)
	if r.full {
		size = max(size, usualBuffer)
	}
	if grow := r.full && len(r.buf) < usualBuffer; !grow && len(r.buf)-r.end >= len(r.buf)/4 {
		return
	}
	buf := make([]byte, size)
	copy(buf, r.buf[:r.end])
	r.buf = buf
}
