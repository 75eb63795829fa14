package supervise

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// watchParent waits for the pidfd of the parent, which can be read when the process has ended. PR_SET_PDEATHSIG would not do: it
// fires at the end of the parent's thread that started us.
func watchParent(gone func()) (stop func(), err error) {
	parent := os.Getppid()
	if parent == 0 {
		return nil, errors.New("the parent is outside of this container")
	}
	fd, err := unix.PidfdOpen(parent, 0)
	switch {
	case err == unix.ESRCH:
		gone()
		return func() {}, nil
	case err != nil:
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else os.NewFile does not give it to the runtime
		unix.Close(fd)
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	if os.Getppid() != parent {
		gone()
		return func() { f.Close() }, nil
	}
	conn, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return nil, err
	}
	go func() {
		err := conn.Read(func(fd uintptr) bool {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			return err == nil && n > 0
		})
		if err == nil {
			gone()
		}
	}()
	return func() { f.Close() }, nil
}
