package cassette

import (
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"hermes/oneshot/class"
)

// Deck is what --record and --replay ask for. The zero Deck does neither.
type Deck struct {
	// Player answers in place of the network; nil where nothing is replayed.
	Player *Replayer
	// reel takes the recording; nil where nothing is recorded.
	reel *reel
}

// pipeWait bounds the reading of a cassette that comes through a pipe.
const pipeWait = 30 * time.Second

// Open opens the files that were named; "" is none. A cassette to be recorded is begun anew, private to the user. A pipe with
// nobody at its other end is not waited for.
// Its descriptor lives as long as the process: each exchange is one write, so that nothing is left to flush.
func Open(record, replay string) (Deck, error) {
	switch {
	case record != "":
		f, err := os.OpenFile(record, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND|syscall.O_NONBLOCK, 0o600)
		if err != nil {
			return Deck{}, &Error{class: class.IO, message: fmt.Sprintf("--record: %v", err)}
		}
		return Deck{reel: &reel{w: f}}, nil
	case replay != "":
		f, err := os.OpenFile(replay, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return Deck{}, &Error{class.NoInput, fmt.Sprintf("--replay: %v", err), "check the name of the file"}
		}
		defer f.Close()
		_ = f.SetReadDeadline(time.Now().Add(pipeWait)) // an error is that of a file, which is not waited for
		p, err := NewReplayer(f)
		if err != nil {
			return Deck{}, fmt.Errorf("--replay %s: %w", replay, err)
		}
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 && len(p.tracks) == 0 {
			return Deck{}, &Error{class.NoInput, fmt.Sprintf("--replay %s: nothing came out of the pipe", replay), "write to it first"}
		}
		return Deck{Player: p}, nil
	}
	return Deck{}, nil
}

// Over is the transport to use in place of next: next itself, unless the exchange is to be recorded. secrets gives
// the strings to be replaced wherever they appear, and may be nil; it is called when an exchange is over, so it also
// knows a token that was renewed meanwhile.
func (d Deck) Over(next http.RoundTripper, secrets func() []string) http.RoundTripper {
	if d.reel == nil {
		return next
	}
	return &Recorder{next: next, reel: d.reel, secrets: secrets}
}

// patience is how long a run that is over waits for the end of its recording; a body that nobody reads has none.
const patience = 500 * time.Millisecond

// End waits a little for what is still being recorded and returns the first error of the recording, which did not disturb
// the run.
func (d Deck) End() error {
	if d.reel == nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- d.reel.end() }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return &Error{class: class.IO, message: "the last exchange was still under way and is not in the cassette"}
	}
}
