//go:build unix

package pace

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// lockFor is how long the lock is tried: it is held for microseconds, unless its holder was stopped (SIGSTOP).
const lockFor = 2 * time.Second

// errHeld is a lock that a stopped process holds.
var errHeld = errors.New("another process holds its lock and does not move")

func lock(f *os.File) error {
	for pause, begun := 100*time.Microsecond, time.Now(); ; pause = min(2*pause, 5*time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return err
		case time.Since(begun) > lockFor:
			return errHeld
		default:
			time.Sleep(pause)
		}
	}
}

func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
