package authfile

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"hermes/authfile/lock"
)

// StoreName is the file name of the credential store inside the home folder.
const StoreName = "auth.json"

// LockName is the name of the lock file beside a store called auth.json. Hermes
// Agent locks the same file.
const LockName = lock.Name

// Holder says who has the lock.
type Holder = lock.Holder

// Options are the knobs of a Store; the zero value is usable.
type Options struct {
	// LockTimeout bounds every wait for the lock; 0 means lock.DefaultTimeout.
	LockTimeout time.Duration
	// Waiting is called once per wait, after one second, with whoever holds
	// the lock; fields of Holder may be empty.
	Waiting func(Holder)
	// Warn receives what a person should know: a short stable code and a
	// sentence. Never a secret. Each code is reported once per Store.
	Warn func(code, message string)
	// Detach runs a renewal in a helper process that inherits lock and calls
	// [Store.RenewLocked]; it returns when the helper has ended. The context
	// it gets is never cancelled. rejected is a secret: it belongs on the
	// helper's standard input, see [StartDetached]. Nil, or a platform where
	// the lock cannot be handed on: renew in this process.
	Detach func(ctx context.Context, id, rejected string, lock *os.File) error
	// SetAside lets Save rename a broken store to auth.json.bad-<time> and
	// start a new one. Without it a broken store is an error.
	SetAside bool
}

// Store is one auth.json. Its methods may be called from several goroutines.
type Store struct {
	home  string
	path  string
	alone bool // the file is one login, of another program
	o     Options

	mutex  *lock.Mutex
	busy   atomic.Int32
	last   atomic.Pointer[Snapshot]
	warnMu sync.Mutex
	warned map[string]bool
	step   func(name string) // nil outside tests, which kill the process there
	delay  time.Duration     // confirmAfter outside tests
}

// Open names the store in the folder home. It does no I/O: a store that does
// not exist yet reads as empty.
func Open(home string, o Options) *Store {
	if o.LockTimeout <= 0 {
		o.LockTimeout = lock.DefaultTimeout
	}
	return &Store{
		home: home, path: filepath.Join(home, StoreName), o: o,
		mutex: lock.New(lock.Options{Timeout: o.LockTimeout, Waiting: o.Waiting}), warned: map[string]bool{}, delay: confirmAfter,
	}
}

// OpenAlone names a file that is one login and belongs to another program, such as Qwen Code's: its keys are changed
// where they stand and nothing is added. The lock is beside it; that the other program takes none is the caller's to tell.
func OpenAlone(path string, o Options) *Store {
	s := Open(filepath.Dir(path), o)
	s.path, s.alone = path, true
	return s
}

// Path is the name of the file as the user knows it; it may be a symbolic link.
func (s *Store) Path() string { return s.path }

// Busy says whether this process has sent a refresh token and not yet saved
// what came, or waits for a helper process that does so: it must not end now
// if it can be avoided, since it may take the helper along.
func (s *Store) Busy() bool { return s.busy.Load() > 0 }

func (s *Store) warn(code, message string) {
	if s.o.Warn == nil {
		return
	}
	s.warnMu.Lock()
	seen := s.warned[code]
	s.warned[code] = true
	s.warnMu.Unlock()
	if !seen {
		s.o.Warn(code, message)
	}
}

func (s *Store) reached(step string) {
	if s.step != nil {
		s.step(step)
	}
}
