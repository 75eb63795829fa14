//go:build unix

package ledger

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// rotate renames the file f, which was opened by this name, to name.1. Only the process that gets the lock of the file does so.
// It first looks whether the name still means this file: another process may have rotated already, and to rename its new file
// would replace the old one by an almost empty one. A process that does not get the lock leaves the work to the one that has it.
// Where the file system has no locks, the file is renamed without one.
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
