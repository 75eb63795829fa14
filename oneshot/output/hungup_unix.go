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
