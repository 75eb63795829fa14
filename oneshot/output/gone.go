package output

import (
	"context"
	"os"
	"syscall"
	"time"
)

// look is how often Gone looks.
const look = 200 * time.Millisecond

// Gone waits until the reader of a pipe or socket among the sinks is gone, and returns that as the write error which the
// next event would meet; nil when ctx ended first. Without it a run learns of its reader only when the model speaks.
func (e *Emitter) Gone(ctx context.Context) error {
	var pipes []*Sink
	for _, s := range e.sinks {
		if s.File != nil && isPipe(s.File) {
			pipes = append(pipes, s)
		}
	}
	if len(pipes) == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		for _, s := range pipes {
			if hungUp(s.File) {
				return &WriteError{Sink: s.Name, Err: syscall.EPIPE}
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}
