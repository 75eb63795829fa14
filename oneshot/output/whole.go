package output

import (
	"bytes"
	"io"
	"os"
)

// pipeBuf is how many bytes a pipe takes in one piece (PIPE_BUF of Linux; POSIX guarantees 512).
const pipeBuf = 4096

// wholeLines writes lines in pieces of at most pipeBuf bytes. So the output of a process that is killed during a write ends with a
// complete line. Only a single line that is longer can be cut.
type wholeLines struct{ w io.Writer }

// inWholeLines is w itself where it is no pipe or socket.
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

// piece is the length of the lines at the start of p that fit into pipeBuf, or of the first line where that is longer.
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
