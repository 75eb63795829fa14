//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const noFollow = syscall.O_NOFOLLOW

func replace(from, to string) error { return os.Rename(from, to) }

// mounted reports whether a rename failed because the target is a mount of its own.
func mounted(err error) bool { return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) }

// keepOwner hands the new file to the owner of the old one, so that root does not take a user's file away.
func keepOwner(f *os.File, old fs.FileInfo) error {
	was, ok := old.Sys().(*syscall.Stat_t)
	if !ok || (int(was.Uid) == os.Geteuid() && int(was.Gid) == os.Getegid()) {
		return nil
	}
	err := f.Chown(int(was.Uid), int(was.Gid))
	if int(was.Uid) == os.Geteuid() {
		return nil // a group we are not in: the file stays ours
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
