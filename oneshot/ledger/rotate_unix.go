//go:build unix

package ledger

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// rotate moves the file f, which has the name, to name.1. Of several processes that want to, the one that has the lock of
// the file does; it looks again, since the name may be another file's by now, and to move that one would replace the old
// file by an almost empty one. Who does not get the lock leaves it to its holder. Where there are no locks nothing is safer
// than to move.
func rotate(f *os.File, name string) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(mine, now) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Rename(name, name+".1")
}
