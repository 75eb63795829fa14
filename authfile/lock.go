package authfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// LockName is the name of the lock file beside the store. Hermes Agent locks the same file; nobody renames or deletes it.
const LockName = "auth.lock"

// held is the lock while this process has it.
type held struct {
	s      *Store
	locks  []*flock.Flock
	undo   func()
	waited time.Duration
	target string // the store itself, behind symbolic links
}

// lock takes the lock beside the store, and where the store is a symbolic link the one beside its target too, in that
// order. The wait is bounded, heeds the context, and blocks in the kernel: waiters are served in turn.
func (s *Store) lock(ctx context.Context) (*held, error) {
	if err := os.MkdirAll(s.home, 0o700); err != nil {
		return nil, errorf(classIO, s.home, err, "cannot make the home folder")
	}
	target := s.path
	if t, err := filepath.EvalSymlinks(s.path); err == nil {
		target = t
	}
	started := time.Now()
	ctx, stop := context.WithTimeoutCause(ctx, s.o.LockTimeout, errLockTimeout)
	defer stop()
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, s.gaveUp(ctx, s.path)
	}
	h := &held{s: s, target: target, undo: func() {}}
	for _, dir := range lockFolders(s.path, target) {
		fl, err := s.lockOne(ctx, filepath.Join(dir, LockName))
		if err != nil {
			h.release()
			return nil, err
		}
		h.locks = append(h.locks, fl)
	}
	h.undo, h.waited = steady(), time.Since(started)
	return h, nil
}

var errLockTimeout = errors.New("lock wait over")

func lockFolders(path, target string) []string {
	a, b := filepath.Dir(path), filepath.Dir(target)
	if real, err := filepath.EvalSymlinks(a); err == nil && real == b || a == b {
		return []string{a}
	}
	return []string{a, b}
}

// lockOne locks one file, and makes sure that it is still the file of that name: a clean-up script may have deleted it
// while we waited.
func (s *Store) lockOne(ctx context.Context, path string) (*flock.Flock, error) {
	for {
		fl := flock.New(path, flock.SetFlag(lockFlags), flock.SetPermissions(0o600))
		if err := s.wait(ctx, fl, path); err != nil {
			return nil, err
		}
		mine, err1 := fl.Stat()
		named, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(mine, named) {
			if _, other := foreign(named); !other && named.Mode().Perm() != 0o600 {
				_ = os.Chmod(path, 0o600) // else any local reader could hold it
			}
			return fl, nil
		}
		_ = fl.Unlock()
	}
}

// wait tries once, then blocks in a goroutine. A grant that comes after we gave up is given back.
func (s *Store) wait(ctx context.Context, fl *flock.Flock, path string) error {
	if ok, err := retryEINTR(fl.TryLock); err != nil {
		return errorf(classIO, path, err, "cannot lock the login, so it is not renewed")
	} else if ok {
		return nil
	}
	granted := make(chan error, 1)
	go func() {
		_, err := retryEINTR(func() (bool, error) { return true, fl.Lock() })
		granted <- err
	}()
	notice := time.NewTimer(time.Second)
	defer notice.Stop()
	for {
		select {
		case err := <-granted:
			if err != nil {
				return errorf(classIO, path, err, "cannot lock the login, so it is not renewed")
			}
			return nil
		case <-notice.C:
			if s.o.Waiting != nil {
				s.o.Waiting(holder(path))
			}
		case <-ctx.Done():
			go func() {
				if <-granted == nil {
					_ = fl.Unlock()
				}
			}()
			return s.gaveUp(ctx, path)
		}
	}
}

func retryEINTR(try func() (bool, error)) (bool, error) {
	for {
		if ok, err := try(); !errors.Is(err, syscall.EINTR) {
			return ok, err
		}
	}
}

func (s *Store) gaveUp(ctx context.Context, path string) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, errLockTimeout) {
		return cause
	}
	who := "another process"
	if h := holder(path); h.PID != 0 {
		who = fmt.Sprintf("process %d (%s", h.PID, h.Name)
		if h.State == "suspended" {
			who += ", suspended: resume it with fg"
		}
		who += ")"
	}
	return errorf(classLockTimeout, path, nil, "%s has held %s for more than %v", who, path, s.o.LockTimeout)
}

func (h *held) release() {
	h.undo()
	for i := len(h.locks) - 1; i >= 0; i-- {
		_ = h.locks[i].Unlock()
	}
	<-h.s.turn
}

// beside is a file in the folder of the store itself.
func (h *held) beside(name string) string { return filepath.Join(filepath.Dir(h.target), name) }

// sweep removes temporary files whose makers are dead: we hold the lock, so nobody else is writing one.
func (h *held) sweep() {
	old, _ := filepath.Glob(h.beside("." + StoreName + ".tmp-*"))
	for _, name := range old {
		if strings.HasPrefix(filepath.Base(name), "."+StoreName) {
			os.Remove(name)
		}
	}
}
