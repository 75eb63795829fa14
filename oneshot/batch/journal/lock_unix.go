//go:build unix

package journal

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockFile takes the lock of a file, which lives as long as the process at most. A disk without locks is used without one.
func lockFile(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, ErrBusy
	}
	return f, nil
}
