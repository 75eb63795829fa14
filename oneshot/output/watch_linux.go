package output

import (
	"os"

	"golang.org/x/sys/unix"
)

// hangUp is an epoll instance with one descriptor and no events: the kernel always reports EPOLLERR and EPOLLHUP. The instance is
// itself a descriptor that the Go runtime can wait for without a thread. The file cannot be given to the runtime directly: that
// needs O_NONBLOCK, which would hold for every process that shares the pipe.
type hangUp struct{ epoll *os.File }

func watchHangUp(f *os.File) (*hangUp, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else os.NewFile does not give it to the runtime
		unix.Close(fd)
		return nil, err
	}
	h := &hangUp{os.NewFile(uintptr(fd), "epoll")}
	cerr := conn.Control(func(watched uintptr) { err = unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, int(watched), &unix.EpollEvent{}) })
	if err == nil {
		err = cerr
	}
	if err != nil {
		h.stop()
	}
	return h, err
}

// wait returns true when no reader is left, false after stop.
func (h *hangUp) wait() bool {
	conn, err := h.epoll.SyscallConn()
	if err != nil {
		return false
	}
	gone := false
	_ = conn.Read(func(fd uintptr) bool {
		n, err := unix.EpollWait(int(fd), make([]unix.EpollEvent, 1), 0)
		gone = err == nil && n > 0
		return gone
	})
	return gone
}

func (h *hangUp) stop() { h.epoll.Close() }
