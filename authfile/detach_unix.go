//go:build unix

package authfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// StartDetached runs cmd as the helper process of a renewal: in a session of
// its own, with the lock as descriptor 3 and line, which may hold a secret, as
// its standard input: arguments and environment can be seen from outside.
// Its other streams go where cmd says, by default nowhere. It waits for the
// end. A ctx that ends does not kill the helper: it only stops the waiting.
func StartDetached(ctx context.Context, cmd *exec.Cmd, line string, lock *os.File) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = []*os.File{lock}
	cmd.Stdin = strings.NewReader(line + "\n")
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the helper process: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// descriptor is another descriptor of the innermost lock, to hand on. The lock
// library does not show its own, so it is looked for among the open ones: it
// must be the lock file, and asking it for the lock must succeed at once,
// which no descriptor does that was opened separately. nil when not found.
func (h *held) descriptor() *os.File {
	if len(h.locks) == 0 {
		return nil
	}
	fl := h.locks[len(h.locks)-1]
	want, err := fl.Stat()
	if err != nil {
		return nil
	}
	dir := "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		dir = "/dev/fd"
		entries, _ = os.ReadDir(dir) // none: not found
	}
	st, ok := want.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		var mine unix.Stat_t
		if err != nil || unix.Fstat(fd, &mine) != nil || mine.Ino != st.Ino || uint64(mine.Dev) != uint64(st.Dev) {
			continue
		}
		if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) != nil {
			continue
		}
		if f, err := dupFile(fd, fl.Path()); err == nil {
			return f
		}
	}
	return nil
}

// checkInherited makes sure that a descriptor is the lock of this store and
// that the lock is held through it.
func checkInherited(lock *os.File, p place) error {
	locks := p.locks()
	path := locks[len(locks)-1]
	mine, err := lock.Stat()
	if err != nil {
		return errorf(classIO, path, err, "the inherited lock is no open file")
	}
	named, err := os.Lstat(path)
	if err != nil || !os.SameFile(mine, named) {
		return errorf(classIO, path, err, "the inherited descriptor is not %s", path)
	}
	unix.CloseOnExec(int(lock.Fd()))
	_, err = retry(func() (int, error) { return 0, unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errorf(classLockTimeout, path, nil, "the inherited descriptor does not hold %s", path)
	}
	if err != nil {
		return noLock(path, err)
	}
	return nil
}
