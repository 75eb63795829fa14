//go:build unix

package output

import (
	"os"

	"golang.org/x/sys/unix"
)

// hungUp asks the kernel whether a write would meet EPIPE. The descriptor stays as it is: non-blocking mode would be
// everybody's who shares the pipe.
func hungUp(f *os.File) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	gone := false
	_ = conn.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(poll, 0)
		gone = err == nil && n > 0 && poll[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
	})
	return gone
}

// inherited reports a descriptor that the parent gave: exec closes what has the flag, and all that this process opens
// itself has it, so that a wrong number is never another file of ours.
func inherited(fd uintptr) bool {
	flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}
