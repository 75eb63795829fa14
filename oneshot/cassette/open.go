package cassette

import (
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"hermes/oneshot/class"
)

// Cassette is what --record and --replay ask for. The zero Cassette does neither.
type Cassette struct {
	// Player answers in place of the network; nil where nothing is replayed.
	Player *Replayer
	// out takes the recording; nil where nothing is recorded.
	out *writer
}

// pipeWait bounds the reading of a cassette that comes through a pipe.
const pipeWait = 30 * time.Second

// Open opens the files that were named; "" is none. A cassette to be recorded is begun anew, private to the user. A pipe that
// nobody has open at its other end is not waited for. The descriptor lives as long as the process: each exchange is one write,
// so that nothing is left to flush.
func Open(record, replay string) (Cassette, error) {
	switch {
	case record != "":
		f, err := os.OpenFile(record, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND|syscall.O_NONBLOCK, 0o600)
		if err != nil {
			return Cassette{}, &Error{class: class.IO, message: fmt.Sprintf("--record: %v", err)}
		}
		return Cassette{out: &writer{to: f}}, nil
	case replay != "":
		f, err := os.OpenFile(replay, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return Cassette{}, &Error{class.NoInput, fmt.Sprintf("--replay: %v", err), "check the name of the file"}
		}
		defer f.Close()
		_ = f.SetReadDeadline(time.Now().Add(pipeWait)) // an error is that of a file, which is not waited for
		p, err := NewReplayer(f)
		if err != nil {
			return Cassette{}, fmt.Errorf("--replay %s: %w", replay, err)
		}
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 && len(p.entries) == 0 {
			return Cassette{}, &Error{class.NoInput, fmt.Sprintf("--replay %s: nothing came out of the pipe", replay), "write to it first"}
		}
		return Cassette{Player: p}, nil
	}
	return Cassette{}, nil
}

// Over is the transport to use in place of next: next itself, unless the exchange is to be recorded. secrets gives
// the strings to be replaced wherever they appear, and may be nil; it is called when an exchange is over, so it also
// knows a token that was renewed meanwhile.
func (c Cassette) Over(next http.RoundTripper, secrets func() []string) http.RoundTripper {
	if c.out == nil {
		return next
	}
	return &Recorder{next: next, out: c.out, secrets: secrets}
}

// patience is how long a run that is over waits for the end of its recording. A body that nobody reads never ends.
const patience = 500 * time.Millisecond

// End waits a little for what is still being recorded and returns the first error of the recording, which did not disturb
// the run.
func (c Cassette) End() error {
	if c.out == nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- c.out.end() }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return &Error{class: class.IO, message: "the last exchange was still under way and is not in the cassette"}
	}
}
