package lock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// Name is the lock file's name in a home folder.
const Name = "auth.lock"

// DefaultTimeout bounds a wait where Options.Timeout is 0.
const DefaultTimeout = 30 * time.Second

// Options are the settings of a [Mutex]; the zero value is usable.
type Options struct {
	Timeout time.Duration // bounds every wait; 0 means DefaultTimeout
	Waiting func(Holder)  // called once a wait, after one second; may be nil
}

// Error is every failure here that is not the end of the caller's context.
type Error struct {
	Path    string // of the lock file
	Message string // names the file
	Err     error  // cause, or nil
	Timeout bool   // somebody else has the lock
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Class is lock_timeout for a wait that is over, else io.
func (e *Error) Class() string {
	if e.Timeout {
		return "lock_timeout"
	}
	return "io"
}

func (e *Error) Unwrap() error { return e.Err }

func errorf(path string, cause error, format string, args ...any) *Error {
	return &Error{Path: path, Err: cause, Message: fmt.Sprintf(format, args...)}
}

// ErrBusy says that somebody else has the lock.
var ErrBusy = errors.New("the lock is taken")

var errTimeout = errors.New("the wait for the lock is over")

// Mutex takes one home's lock for this process. Its methods may be called from
// several goroutines; one of them has the lock at a time.
type Mutex struct {
	o    Options
	turn chan struct{} // the goroutine that has the lock or waits for it
}

// New makes a Mutex. It does no I/O.
func New(o Options) *Mutex {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	return &Mutex{o: o, turn: make(chan struct{}, 1)}
}

// Held is the lock while this process has it.
type Held struct {
	Waited time.Duration // how long it took to get it

	m         *Mutex
	paths     []string
	locks     []*flock.Flock
	inherited *os.File // the last of paths, in a process that got it from its parent
	unshield  func()
	abandoned func()          // ends a wait that was given up, and gives the lock back
	until     <-chan struct{} // closed when nobody else works under the lock
}

// Lock takes the lock files of these names, in this order: everybody must take
// them in the same one. It waits until the Mutex's timeout or the end of ctx.
// While the lock is held no stop signal stops this process, see [Held.Release].
//
// Errors: *Error, or the cause of ctx.
func (m *Mutex) Lock(ctx context.Context, paths ...string) (*Held, error) {
	return m.take(ctx, paths, &waiter{m: m, started: time.Now()})
}

// TryLock is Lock without a wait: ErrBusy if somebody else has the lock.
func (m *Mutex) TryLock(ctx context.Context, paths ...string) (*Held, error) {
	return m.take(ctx, paths, nil)
}

func (m *Mutex) take(ctx context.Context, paths []string, w *waiter) (*Held, error) {
	ctx, stop := context.WithTimeoutCause(ctx, m.o.Timeout, errTimeout)
	defer stop()
	select {
	case m.turn <- struct{}{}:
	default:
		if w == nil {
			return nil, ErrBusy
		}
		if err, gaveUp := w.wait(ctx, paths[0], m.turn, nil); gaveUp {
			return nil, err
		}
	}
	h := &Held{m: m, paths: paths, unshield: func() {}}
	for _, path := range paths {
		if err := h.lock(ctx, path, w); err != nil {
			h.Release()
			return nil, err
		}
	}
	h.unshield = shield()
	if w != nil {
		h.Waited = time.Since(w.started)
	}
	return h, nil
}

// lock takes one more file. One that does not have that name any more does not
// count: a clean-up script may have deleted it during the wait.
func (h *Held) lock(ctx context.Context, path string, w *waiter) error {
	for {
		flags, mine, err := prepare(path)
		if err != nil {
			return err
		}
		for _, other := range h.locks {
			if info, err := other.Stat(); err == nil && os.SameFile(info, mine) {
				return nil // one file under two names
			}
		}
		fl := flock.New(path, flock.SetFlag(flags), flock.SetPermissions(0o600))
		if err := h.wait(ctx, fl, w); err != nil {
			if errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
				continue
			}
			return err
		}
		if named(fl.Stat, path) {
			h.locks = append(h.locks, fl)
			return nil
		}
		if err := fl.Unlock(); err != nil {
			return errorf(path, err, "cannot give the lock %s back", path)
		}
		if ctx.Err() != nil {
			return h.m.gaveUp(ctx, path)
		}
	}
}

// named says whether an open file still has its name.
func named(stat func() (fs.FileInfo, error), path string) bool {
	mine, err1 := stat()
	now, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(mine, now)
}

// wait tries once, and then blocks in a goroutine.
func (h *Held) wait(ctx context.Context, fl *flock.Flock, w *waiter) error {
	path := fl.Path()
	ok, err := uninterrupted(fl.TryLock)
	switch {
	case err != nil:
		return cannotLock(path, err)
	case ok:
		return nil
	case w == nil:
		return ErrBusy
	}
	granted := make(chan error, 1)
	go func() {
		_, err := uninterrupted(func() (bool, error) { return true, fl.Lock() })
		granted <- err
	}()
	err, gaveUp := w.wait(ctx, path, nil, granted)
	if gaveUp {
		h.abandoned = func() {
			if <-granted == nil {
				_ = fl.Unlock() // nobody is left to tell
			}
		}
		return err
	}
	if err != nil {
		return cannotLock(path, err)
	}
	return nil
}

// uninterrupted repeats what a signal interrupted; gofrs/flock does not.
func uninterrupted(try func() (bool, error)) (bool, error) {
	for {
		if ok, err := try(); !interrupted(err) {
			return ok, err
		}
	}
}

func cannotLock(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case unsupported(err):
		return errorf(path, err, "file locks do not work where %s is", path)
	}
	return errorf(path, err, "cannot lock %s", path)
}

// Current says whether the lock files still have their names. If not, somebody
// deleted one, and another process may hold the file that took its place.
func (h *Held) Current() bool {
	for _, fl := range h.locks {
		if !named(fl.Stat, fl.Path()) {
			return false
		}
	}
	return h.inherited == nil || named(h.inherited.Stat, h.paths[len(h.paths)-1])
}

// Regain also takes the lock files that took the place of deleted ones. It waits
// as long as the Mutex's timeout allows, whatever became of the caller's context.
func (h *Held) Regain() error {
	ctx, stop := context.WithTimeoutCause(context.Background(), h.m.o.Timeout, errTimeout)
	defer stop()
	paths := h.paths
	if h.inherited != nil { // the parent has the others, and waits for us
		paths = paths[len(paths)-1:]
	}
	for _, path := range paths {
		if err := h.lock(ctx, path, &waiter{m: h.m, started: time.Now()}); err != nil {
			return err
		}
	}
	return nil
}

// ReleaseAfter makes Release wait, in the background, for done: another process
// works under this lock.
func (h *Held) ReleaseAfter(done <-chan struct{}) { h.until = done }

// Release gives the lock back and lets stop signals do what they did before. A
// Held is of no use after it.
//
// After a wait that was given up, no other goroutine takes its turn until the
// kernel has ended that wait: so at most one thread of a process waits there.
func (h *Held) Release() {
	h.unshield()
	if h.until == nil {
		h.unlock()
		if h.abandoned == nil {
			<-h.m.turn
			return
		}
	}
	go func() {
		if h.until != nil {
			<-h.until
			h.unlock()
		}
		if h.abandoned != nil {
			h.abandoned()
		}
		<-h.m.turn
	}()
}

func (h *Held) unlock() {
	for i := len(h.locks) - 1; i >= 0; i-- {
		_ = h.locks[i].Unlock() // fails only for a bad descriptor; the lock ends with the process at the latest
	}
	if h.inherited != nil {
		h.inherited.Close() // not unlocked: the parent shares the lock and still needs it
	}
}
