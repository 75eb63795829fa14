//go:build unix

package lock

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"

	"hermes/authfile/atomicfile"
)

// prepare makes the lock file ready, on a descriptor of its own: regular, ours,
// and private, since whoever can open it can lock everybody out. The flags are
// those with which it can be opened.
func prepare(path string) (flags int, info fs.FileInfo, err error) {
	const base = unix.O_NOFOLLOW | unix.O_NONBLOCK
	flags = os.O_RDWR | base // NFS needs write access for an exclusive lock
	f, err := os.OpenFile(path, flags|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		flags = os.O_RDONLY | base // a lock that root made with 0644
		if g, rerr := os.OpenFile(path, flags, 0); rerr == nil {
			f, err = g, nil
		}
	}
	if err != nil {
		return 0, nil, cannotOpen(path, err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return 0, nil, cannotOpen(path, err)
	}
	if !info.Mode().IsRegular() {
		return 0, nil, errorf(path, nil, "%s is %s, not a lock file", path, atomicfile.KindOf(info.Mode()))
	}
	if atomicfile.Foreign(info) && !atomicfile.Roots(info) {
		return 0, nil, errorf(path, nil, "%s belongs to %s", path, atomicfile.OwnerName(info))
	}
	if folder, err := os.Stat(filepath.Dir(path)); err == nil && os.Geteuid() == 0 {
		_ = atomicfile.KeepOwner(f, folder) // what root makes in a person's home is that person's; where it fails the lock still locks
	}
	if info.Mode().Perm()&0o077 != 0 && !atomicfile.Foreign(info) {
		_ = f.Chmod(0o600) // as above
	}
	return flags, info, nil
}

func cannotOpen(path string, err error) error {
	why := "cannot save beside it"
	if errors.Is(err, unix.ELOOP) {
		why = "it is a symbolic link"
	}
	if info, serr := os.Lstat(path); serr == nil && errors.Is(err, fs.ErrPermission) {
		why = "it belongs to " + atomicfile.OwnerName(info)
	}
	return errorf(path, err, "cannot open %s (%s)", path, why)
}

// shield keeps the process from being stopped while it has the lock, and from
// dying of a closed pipe or a file size limit. A signal that is ignored already
// is left alone: after Notify and Stop it would do what it does by default.
func shield() (restore func()) {
	c := make(chan os.Signal, 1) // never read: a signal that finds it full is dropped
	for _, s := range []os.Signal{unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE, unix.SIGXFSZ} {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
	return func() { signal.Stop(c) }
}

// TryFile takes the lock of an open file, which ends with the descriptor: ErrBusy
// if another descriptor has it. Where locks do not work it does nothing.
func TryFile(f *os.File) error {
	if errors.Is(tryFD(int(f.Fd())), unix.EWOULDBLOCK) {
		return ErrBusy
	}
	return nil
}

func tryFD(fd int) error {
	_, err := uninterrupted(func() (bool, error) { return true, unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	return err
}

func interrupted(err error) bool { return errors.Is(err, unix.EINTR) }

func unsupported(err error) bool {
	return errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS)
}
