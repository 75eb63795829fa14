//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const noFollow = syscall.O_NOFOLLOW

// OpenPrivate opens a file beside the store, or makes it with mode 0600. A link
// at the end of the name is ErrLink, and no pipe or terminal makes it wait.
func OpenPrivate(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|noFollow|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0o600)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK) {
		if info, lerr := os.Lstat(path); lerr == nil && info.Mode()&fs.ModeSymlink != 0 { // else a circle among the folders
			err = &fs.PathError{Op: "open", Path: path, Err: ErrLink}
		}
	}
	return f, err
}

func replace(from, to string) error { return os.Rename(from, to) }

// mounted says whether a rename failed because its target is a mount point.
func mounted(err error) bool {
	return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV)
}

// syncDir makes a rename durable. Some file systems cannot flush a folder.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EBADF) {
		return nil
	}
	return err
}
