//go:build unix

package journal

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockFile takes the lock of a file, which lives as long as the process at most. A disk without locks is used without one.
func lockFile(name string, shared bool) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, ErrBusy
	}
	return f, nil
}
