//go:build unix

package authfile

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockFile makes the lock file ready, on its own descriptor: regular, ours,
// and private, since whoever can open it can lock everybody out. The flags are
// those with which it can be opened.
func (h *held) lockFile(path string) (flags int, info fs.FileInfo, err error) {
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
		return 0, nil, noLockFile(path, err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return 0, nil, noLockFile(path, err)
	}
	if !info.Mode().IsRegular() {
		return 0, nil, errorf(classIO, path, nil, "%s is %s, not a lock file", path, kindOf(info.Mode()))
	}
	uid := ownerOf(info)
	if uid != os.Geteuid() && uid != 0 && os.Geteuid() != 0 {
		return 0, nil, errorf(classIO, path, nil, "%s belongs to %s, so the login is not renewed", path, userName(uid))
	}
	h.own(f)
	if info.Mode().Perm()&0o077 != 0 && (uid == os.Geteuid() || os.Geteuid() == 0) {
		_ = f.Chmod(0o600) // where it fails the lock still locks
	}
	return flags, info, nil
}

func noLockFile(path string, err error) error {
	why := "cannot save beside it"
	if errors.Is(err, unix.ELOOP) {
		why = "it is a symbolic link"
	}
	if info, serr := os.Lstat(path); serr == nil && errors.Is(err, fs.ErrPermission) {
		why = "it belongs to " + userName(ownerOf(info))
	}
	return errorf(classIO, path, err, "cannot open %s (%s), so the login is not renewed", path, why)
}

// own hands a file that root made to the owner of the store.
func (h *held) own(f *os.File) {
	if os.Geteuid() != 0 {
		return
	}
	info, err := f.Stat()
	owner := h.place.owner()
	if err != nil || owner == nil {
		return
	}
	was, now := owner.Sys().(*syscall.Stat_t), info.Sys().(*syscall.Stat_t)
	if was.Uid != now.Uid || was.Gid != now.Gid {
		_ = f.Chown(int(was.Uid), int(was.Gid)) // best effort: the save itself insists
	}
}

// shield keeps the process from being stopped with the lock in its hand, and
// from dying of a closed pipe or a file size limit while a renewal is under
// way. What is ignored already is left alone: after Notify and Stop a signal is
// not ignored any more, but does what it does by default.
func shield() (restore func()) {
	c := make(chan os.Signal, 1) // never read: a signal that finds it full is dropped
	for _, s := range []os.Signal{unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE, unix.SIGXFSZ} {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
	return func() { signal.Stop(c) }
}

// tryLock takes the lock of an open file: errInFlight when another descriptor
// has it. Where locks do not work this one is not needed: then the store's own
// was refused already.
func tryLock(f *os.File) error {
	_, err := retry(func() (int, error) { return 0, unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errInFlight
	}
	return nil
}

func interrupted(err error) bool { return errors.Is(err, unix.EINTR) }

func unsupported(err error) bool {
	return errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS)
}
