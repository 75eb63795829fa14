package cassette

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// Deck is what --record and --replay ask for. The zero Deck does neither.
type Deck struct {
	// Player answers in place of the network; nil where nothing is replayed.
	Player *Replayer
	// reel takes the recording; nil where nothing is recorded.
	reel *reel
}

// Open opens the files that were named; "" is none. A cassette to be recorded is begun anew, private to the user.
// Its descriptor lives as long as the process: each exchange is one write, so that nothing is left to flush.
func Open(record, replay string) (Deck, error) {
	switch {
	case record != "":
		f, err := os.OpenFile(record, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
		if err != nil {
			return Deck{}, &Error{class: "io", message: fmt.Sprintf("--record: %v", err)}
		}
		return Deck{reel: &reel{w: f}}, nil
	case replay != "":
		f, err := os.Open(replay)
		if err != nil {
			return Deck{}, &Error{"no_input", fmt.Sprintf("--replay: %v", err), "check the name of the file"}
		}
		defer f.Close()
		p, err := NewReplayer(f)
		if err != nil {
			return Deck{}, fmt.Errorf("--replay %s: %w", replay, err)
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
		return &Error{class: "io", message: "the last exchange was still under way and is not in the cassette"}
	}
}
