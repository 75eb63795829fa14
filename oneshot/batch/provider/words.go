package provider

import (
	"errors"
	"fmt"
	"net/http"

	"hermes/oneshot/wire"
)

// String is a submission in words.
func (d Submitted) String() string {
	s := "submitted " + some(d.Rows, "row") + " in " + some(len(d.Sent), "batch")
	if d.Rows == 0 {
		s = "nothing to submit"
	}
	if d.Had > 0 {
		s += "; " + some(d.Had, "row") + " submitted or answered before"
	}
	if d.Bad > 0 {
		s += "; " + some(d.Bad, "row") + " that cannot be asked, as the results will say"
	}
	return s
}

// some is a number of things.
func some(n int, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case thing == "batch":
		thing = "batche"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// LookError is a look at a batch that failed, which says nothing of the batch.
type LookError struct {
	Batch string
	Err   error
}

func (e *LookError) Error() string { return "the batch " + e.Batch + ": " + e.Err.Error() }

// Unwrap gives the cause, which has the class.
func (e *LookError) Unwrap() error { return e.Err }

// Hint is what to do next, "" where the cause knows better.
func (e *LookError) Hint() string {
	if m, ok := errors.AsType[*wire.Error](e.Err); ok && (m.Retryable || m.HTTPStatus == http.StatusNotFound) {
		return "look again later: what was submitted is noted, and nothing is lost"
	}
	return ""
}
