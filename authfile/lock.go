package authfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// held is the lock while this process has it.
type held struct {
	s         *Store
	place     place
	locks     []*flock.Flock
	inherited *os.File // instead of locks, in the helper process
	restore   func()   // ends the shield against signals
	waited    time.Duration
	abandoned func()          // waits for a lock nobody wants any more, and gives it back
	until     <-chan struct{} // closed when the helper process has ended
}

var (
	errLockWait = errors.New("the wait for the lock is over")
	errLockBusy = errors.New("the lock is taken")
)

// acquire takes the lock. The wait is bounded by Options.LockTimeout, ends with
// ctx, and blocks in the kernel: the queue is served in turn, and a thousand
// waiters cost nothing, where polling starves even the holder.
func (s *Store) acquire(ctx context.Context) (*held, error) {
	return s.take(ctx, &waiter{s: s, started: time.Now()})
}

// acquireNow takes the lock if it is free, else fails with errLockBusy.
func (s *Store) acquireNow(ctx context.Context) (*held, error) {
	return s.take(ctx, nil)
}

func (s *Store) take(ctx context.Context, w *waiter) (*held, error) {
	p, err := s.place()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeoutCause(ctx, s.o.LockTimeout, errLockWait)
	defer stop()
	select {
	case s.turn <- struct{}{}:
	default:
		if w == nil {
			return nil, errLockBusy
		}
		if err := w.turn(ctx, p.locks()[0]); err != nil {
			return nil, err
		}
	}
	h := &held{s: s, place: p, restore: func() {}}
	for _, path := range p.locks() {
		if err := h.lock(ctx, path, w); err != nil {
			h.release()
			return nil, err
		}
	}
	h.restore = shield()
	if w != nil {
		h.waited = time.Since(w.started)
	}
	return h, nil
}

// lock takes one more lock file. A file that is not the one of that name any
// more does not count: a clean-up script may have deleted it meanwhile.
func (h *held) lock(ctx context.Context, path string, w *waiter) error {
	for {
		flags, mine, err := h.lockFile(path)
		if err != nil {
			return err
		}
		for _, other := range h.locks {
			if info, err := other.Stat(); err == nil && os.SameFile(info, mine) {
				return nil // one file under two names
			}
		}
		fl := flock.New(path, flock.SetFlag(flags), flock.SetPermissions(0o600))
		if err := h.grab(ctx, fl, path, w); err != nil {
			if errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
				continue
			}
			return err
		}
		if current(fl, path) {
			h.locks = append(h.locks, fl)
			return nil
		}
		if err := fl.Unlock(); err != nil {
			return errorf(classIO, path, err, "cannot give a lock back")
		}
		if ctx.Err() != nil {
			return h.s.gaveUp(ctx, path)
		}
	}
}

// current says whether a lock is on the file that has the name now.
func current(fl *flock.Flock, path string) bool {
	mine, err1 := fl.Stat()
	named, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(mine, named)
}

// stillOurs is asked once more before the token is spent: the holder of a lock
// file that was deleted is not alone.
func (h *held) stillOurs() bool {
	for _, fl := range h.locks {
		if !current(fl, fl.Path()) {
			return false
		}
	}
	if h.inherited == nil {
		return true
	}
	locks := h.place.locks()
	mine, err1 := h.inherited.Stat()
	named, err2 := os.Lstat(locks[len(locks)-1])
	return err1 == nil && err2 == nil && os.SameFile(mine, named)
}

// regain takes the lock files that were put in the place of deleted ones, so
// that a save excludes those who hold them.
func (h *held) regain() error {
	ctx, stop := context.WithTimeoutCause(context.Background(), h.s.o.LockTimeout, errLockWait)
	defer stop()
	paths := h.place.locks()
	if h.inherited != nil { // the parent has the others, and waits for us
		paths = paths[len(paths)-1:]
	}
	for _, path := range paths {
		if err := h.lock(ctx, path, &waiter{s: h.s, started: time.Now()}); err != nil {
			return err
		}
	}
	return nil
}

// grab tries once and then blocks in a goroutine.
func (h *held) grab(ctx context.Context, fl *flock.Flock, path string, w *waiter) error {
	ok, err := uninterrupted(fl.TryLock)
	if err != nil {
		return noLock(path, err)
	}
	if ok {
		return nil
	}
	if w == nil {
		return errLockBusy
	}
	granted := make(chan error, 1)
	go func() {
		_, err := uninterrupted(func() (bool, error) { return true, fl.Lock() })
		granted <- err
	}()
	err, gave := w.wait(ctx, path, granted)
	if gave {
		h.abandoned = func() {
			if <-granted == nil {
				_ = fl.Unlock() // nobody is left to tell
			}
		}
		return err
	}
	if err != nil {
		return noLock(path, err)
	}
	return nil
}

// release gives the locks back in reverse order, but not before a helper
// process that works under them has ended. After a wait that was given up no
// other goroutine of this process takes its turn until that wait is over, so
// at most one thread waits in the kernel.
func (h *held) release() {
	h.restore()
	if h.until != nil {
		go func() {
			<-h.until
			h.unlock()
			<-h.s.turn
		}()
		return
	}
	h.unlock()
	if h.abandoned == nil {
		<-h.s.turn
		return
	}
	go func() {
		h.abandoned()
		<-h.s.turn
	}()
}

func (h *held) unlock() {
	for i := len(h.locks) - 1; i >= 0; i-- {
		_ = h.locks[i].Unlock() // fails only for a bad descriptor; the lock ends with the process at the latest
	}
	if h.inherited != nil {
		h.inherited.Close() // not unlocked: the parent shares the lock and still needs it
	}
}

// waiter is somebody in the queue.
type waiter struct {
	s       *Store
	started time.Time
	told    bool
}

func (w *waiter) turn(ctx context.Context, path string) error {
	for {
		select {
		case w.s.turn <- struct{}{}:
			return nil
		case <-w.notice():
			w.tell(path)
		case <-ctx.Done():
			return w.s.gaveUp(ctx, path)
		}
	}
}

// wait returns what came through done; gave says that nothing came in time.
func (w *waiter) wait(ctx context.Context, path string, done <-chan error) (err error, gave bool) {
	for {
		select {
		case err := <-done:
			return err, false
		case <-w.notice():
			w.tell(path)
		case <-ctx.Done():
			return w.s.gaveUp(ctx, path), true
		}
	}
}

// notice fires one second after the wait began, once.
func (w *waiter) notice() <-chan time.Time {
	if w.told {
		return nil
	}
	return time.After(time.Until(w.started.Add(time.Second)))
}

func (w *waiter) tell(path string) {
	w.told = true
	if w.s.o.Waiting != nil {
		w.s.o.Waiting(holder(path))
	}
}

// gaveUp explains a wait that ended without the lock.
func (s *Store) gaveUp(ctx context.Context, path string) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, errLockWait) {
		return cause
	}
	who := "another process"
	if h := holder(path); h.PID != 0 {
		who = fmt.Sprintf("process %d", h.PID)
		if h.Name != "" {
			who += " (" + h.Name + ")"
		}
		if h.State == stateSuspended {
			who += ", which is suspended (resume it, for instance with fg)"
		}
	}
	return errorf(classLockTimeout, path, nil, "%s is in use by %s for more than %v; nothing was changed and the login is not lost, so try again later",
		path, who, s.o.LockTimeout)
}

// uninterrupted repeats what a signal interrupted; gofrs/flock does not.
func uninterrupted(try func() (bool, error)) (bool, error) {
	for {
		if ok, err := try(); !interrupted(err) {
			return ok, err
		}
	}
}

func noLock(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if unsupported(err) {
		return errorf(classIO, path, err, "file locks do not work where %s is, so the login is not renewed", path)
	}
	return errorf(classIO, path, err, "cannot lock %s, so the login is not renewed", path)
}
