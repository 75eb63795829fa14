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

// mounted says whether a rename failed because its target is a mount point.
func mounted(err error) bool {
	return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV)
}

// keepOwner hands f to the owner of like, so that root does not take a user's
// file away. Without the right to do so the file stays ours, except that root
// must succeed.
func keepOwner(f *os.File, like fs.FileInfo) error {
	was, ok := like.Sys().(*syscall.Stat_t)
	if !ok || (int(was.Uid) == os.Geteuid() && int(was.Gid) == os.Getegid()) {
		return nil
	}
	err := f.Chown(int(was.Uid), int(was.Gid))
	if os.Geteuid() != 0 {
		return nil // a group we are not in, or a file that only the folder lets us replace
	}
	return err
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
