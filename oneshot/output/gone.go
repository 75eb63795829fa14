package output

import (
	"os"
	"syscall"
)

// Gone looks whether the reader of a pipe or socket among the sinks is gone, and returns that as the write error which
// the next event would meet. Who does not ask learns of it only when the model speaks.
func (e *Emitter) Gone() error {
	for _, s := range e.sinks {
		if s.File != nil && isPipe(s.File) && hungUp(s.File) {
			return &WriteError{Sink: s.Name, Err: syscall.EPIPE}
		}
	}
	return nil
}

func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}
