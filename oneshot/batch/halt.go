package batch

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
)

// Error says that some rows failed: its class is batch_failed when another try would change none of them, else batch_incomplete.
type Error struct {
	Failed, Pending, Rows int64
	// Lacking says that rows have no result at all.
	Lacking bool
	Summary string
	// Advice is what to do about pending rows, "" for the words of the class.
	Advice string
}

// Hint is what to do next.
func (e *Error) Hint() string { return e.Advice }

func (e *Error) Error() string { return e.Summary }

// Class is batch_failed or batch_incomplete.
func (e *Error) Class() string {
	if e.Pending > 0 {
		return string(class.BatchIncomplete)
	}
	return string(class.BatchFailed)
}

// HaltError is the end of a batch by one row: its failure is that of all, or one of --halt-on. Class, hint and retry_at are those of
// the row.
type HaltError struct {
	Line int
	Err  error
	all  bool // every row would fail so
}

func (e *HaltError) Error() string {
	return fmt.Sprintf("the batch stopped at line %d: %v", e.Line, e.Err)
}

// Unwrap gives the error of the row.
func (e *HaltError) Unwrap() error { return e.Err }

// soon is how far away the reset of a limit may be, for rows to be tried on.
const soon = time.Minute

// halts gives the error of a row that ends the batch, nil for any other.
func (o *Options) halts(r *result) *HaltError {
	f := r.row.Error
	if f == nil || r.done || r.given || r.cut || r.err != nil && !slices.Contains(o.HaltOn, f.Class) {
		return nil
	}
	all := false
	switch f.Code {
	case 77, 78: // a row may name a provider, or a model, that only it cannot use
		all = !r.ownProvider && !(r.ownModel && f.HTTPStatus == http.StatusForbidden)
	case 80: // one row alone would cost more than all may
		all = true
	case 75:
		all = f.Class == class.Quota && f.RetryAt == nil || f.RetryAt != nil && time.Until(*f.RetryAt) > soon
	}
	if !all && !slices.Contains(o.HaltOn, f.Class) {
		return nil
	}
	return &HaltError{Line: r.row.Line, Err: r.why, all: all}
}

// mayPass reports whether the same row may succeed later by itself.
func mayPass(f *output.Failure) bool {
	return f != nil && slices.Contains([]int{69, 75, 76, 124, 129, 130, 141, 143}, f.Code)
}

// isFinal reports whether another try would not change how a row ended, not even after a login or another setting.
func isFinal(f *output.Failure) bool {
	return f == nil || !mayPass(f) && f.Code != 77 && f.Code != 78 && f.Code != 80
}

// isTerm reports the end by SIGTERM.
func isTerm(err error) bool { return class.Is(err, class.Terminated) }
