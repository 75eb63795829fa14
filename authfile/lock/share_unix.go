//go:build unix

package lock

import (
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Share returns another descriptor of the last lock file, to hand on to a child
// process, which calls [Mutex.Inherit]. nil when there is none to be found.
//
// The lock library does not show its descriptor, so it is looked for among the
// open ones: it must be the lock file, and asking it for the lock must succeed
// at once, which no descriptor does that was opened separately.
func (h *Held) Share() *os.File {
	if len(h.locks) == 0 {
		return nil
	}
	fl := h.locks[len(h.locks)-1]
	want, err := fl.Stat()
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		entries, _ = os.ReadDir("/dev/fd") // none: not found
	}
	st, ok := want.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		var mine unix.Stat_t
		if err != nil || unix.Fstat(fd, &mine) != nil || mine.Ino != st.Ino || uint64(mine.Dev) != uint64(st.Dev) || tryFD(fd) != nil {
			continue
		}
		if dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3); err == nil {
			return os.NewFile(uintptr(dup), fl.Path())
		}
	}
	return nil
}

// Inherit is Lock in a child process: f is what the parent's [Held.Share] gave,
// whose lock both processes have. It must be the last of the lock files of these
// names, and locked. Release closes it and leaves the lock to the parent.
func (m *Mutex) Inherit(ctx context.Context, f *os.File, paths ...string) (*Held, error) {
	path := paths[len(paths)-1]
	if _, err := f.Stat(); err != nil {
		return nil, errorf(path, err, "the inherited lock is no open file")
	}
	if !named(f.Stat, path) {
		return nil, errorf(path, nil, "the inherited descriptor is not %s", path)
	}
	unix.CloseOnExec(int(f.Fd()))
	switch err := tryFD(int(f.Fd())); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, &Error{Path: path, Message: "the inherited descriptor does not hold " + path, Timeout: true}
	case err != nil:
		return nil, cannotLock(path, err)
	}
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return &Held{m: m, paths: paths, inherited: f, unshield: shield()}, nil
}
