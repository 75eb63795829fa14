package authfile

import (
	"context"
	"errors"

	"hermes/authfile/lock"
)

// held is the store while this process has its lock.
type held struct {
	s     *Store
	place place
	*lock.Held
}

// acquire takes the lock. The wait is bounded by Options.LockTimeout and ends
// with ctx.
func (s *Store) acquire(ctx context.Context) (*held, error) { return s.take(ctx, s.mutex.Lock) }

// acquireNow takes the lock if it is free, else fails with lock.ErrBusy.
func (s *Store) acquireNow(ctx context.Context) (*held, error) { return s.take(ctx, s.mutex.TryLock) }

func (s *Store) take(ctx context.Context, take func(context.Context, ...string) (*lock.Held, error)) (*held, error) {
	p, err := s.place()
	if err != nil {
		return nil, err
	}
	l, err := take(ctx, p.locks()...)
	if err != nil {
		return nil, lockError(err)
	}
	return &held{s, p, l}, nil
}

// lockError adds what a failure of the lock means for the login.
func lockError(err error) error {
	e, ok := errors.AsType[*lock.Error](err)
	if !ok {
		return err
	}
	if e.Timeout {
		return errorf(classLockTimeout, e.Path, e.Err, "%s; nothing was changed and the login is not lost, so try again later", e.Message)
	}
	return errorf(classIO, e.Path, e.Err, "%s, so the login is not renewed", e.Message)
}
