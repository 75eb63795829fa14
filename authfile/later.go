package authfile

import (
	"context"
	"errors"
	"time"

	"hermes/authfile/journal"
)

const (
	lookEvery  = 200 * time.Millisecond // for a newer grant, while a refusal is not confirmed
	flightLook = 50 * time.Millisecond  // for the end of a renewal whose lock file was deleted
)

// later says that this pass under the lock cannot decide: the lock must be let
// go, and the store looked at again.
type later struct {
	until time.Time // at the latest
	token string    // a refresh token in the store that is another one ends the wait; "" where that proves nothing
	cause error     // what a caller hears who waits no longer
}

func (l *later) Error() string { return l.cause.Error() }

// wait lets time pass without the lock.
func (l *later) wait(ctx context.Context, s *Store, id string) error {
	for {
		left := time.Until(l.until)
		if left <= 0 || l.over(s, id) {
			return nil
		}
		if !wait(ctx, min(left, lookEvery)) {
			return context.Cause(ctx)
		}
	}
}

// over says whether another program has saved another grant.
func (l *later) over(s *Store, id string) bool {
	if l.token == "" {
		return false
	}
	sn, err := s.read()
	if err != nil {
		return false
	}
	sn.alone = s.alone
	e, _, _ := sn.entry(id)
	return e.RefreshToken != "" && e.RefreshToken != l.token
}

// postponed turns a renewal that another process has in flight into a *later.
func (r *renewal) postponed(err error) error {
	if !errors.Is(err, journal.ErrInFlight) {
		return err
	}
	return &later{until: time.Now().Add(flightLook), cause: errorf(classLockTimeout, r.h.place.journal(r.id), nil,
		"another process has been renewing the login of %s for more than %v; the login is not lost, so try again later", r.id, r.s.o.LockTimeout)}
}
