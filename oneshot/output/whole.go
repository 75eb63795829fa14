package output

import (
	"bytes"
	"io"
	"os"
)

// pipeBuf is what a pipe takes whole or not at all (PIPE_BUF of Linux; POSIX asks for 512 at least).
const pipeBuf = 4096

// wholeLines writes lines in pieces that a pipe takes whole, so that what a reader finds behind a process that was ended in
// the middle of a write ends with a line. A single line that is longer may be cut still.
type wholeLines struct{ w io.Writer }

// inWholeLines is w itself where it is no pipe or socket: a file takes all at once.
func inWholeLines(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && isPipe(f) {
		return wholeLines{w}
	}
	return w
}

func (l wholeLines) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := l.w.Write(p[written : written+piece(p[written:])])
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}

// piece is the length of as many lines as a pipe takes at once, of the first line where that is longer.
func piece(p []byte) int {
	if len(p) <= pipeBuf {
		return len(p)
	}
	if i := bytes.LastIndexByte(p[:pipeBuf], '\n'); i >= 0 {
		return i + 1
	}
	if i := bytes.IndexByte(p, '\n'); i >= 0 {
		return i + 1
	}
	return len(p)
}
