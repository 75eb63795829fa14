package output

import (
	"os"
	"syscall"
)

// Watch calls gone when the reader of a pipe or socket among the sinks closes it, with the error that the next write would return.
// The kernel reports this, so waiting costs nothing. stop ends the watch; a call of gone may still be running then. For other files,
// and on systems that do not report it, the next write finds out.
func (e *Emitter) Watch(gone func(error)) (stop func()) {
	var all []func()
	for _, s := range e.sinks {
		if s.File != nil {
			all = append(all, Watch(s.Name, s.File, gone))
		}
	}
	return func() {
		for _, stop := range all {
			stop()
		}
	}
}

// Watch is [Emitter.Watch] for one file.
func Watch(name string, f *os.File, gone func(error)) (stop func()) {
	if !isPipe(f) {
		return func() {}
	}
	h, err := watchHangUp(f)
	if err != nil {
		return func() {}
	}
	go func() {
		if h.wait() {
			gone(&WriteError{Sink: name, Err: syscall.EPIPE})
		}
	}()
	return h.stop
}

func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}
