package output

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// hangUp is a kqueue that a thread waits for. There is no event for the end of the reader alone: each time that the pipe has room
// again, the thread looks for EV_EOF (EV_CLEAR keeps it from looking more often). poll(2) of darwin reports nothing when no event is
// asked for.
type hangUp struct {
	queue int
	mu    sync.Mutex
	over  bool // the queue is closed
}

// wake is the number of the event that ends the wait.
const wake = 1

func watchHangUp(f *os.File) (*hangUp, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	queue, err := unix.Kqueue()
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(queue)
	h := &hangUp{queue: queue}
	cerr := conn.Control(func(watched uintptr) {
		changes := make([]unix.Kevent_t, 2)
		unix.SetKevent(&changes[0], int(watched), unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_CLEAR)
		unix.SetKevent(&changes[1], wake, unix.EVFILT_USER, unix.EV_ADD|unix.EV_CLEAR)
		_, err = unix.Kevent(queue, changes, nil, nil)
	})
	if err == nil {
		err = cerr
	}
	if err != nil {
		unix.Close(queue)
	}
	return h, err
}

// wait returns true when no reader is left, false after stop.
func (h *hangUp) wait() bool {
	defer h.close()
	events := make([]unix.Kevent_t, 1)
	for {
		n, err := unix.Kevent(h.queue, nil, events, nil)
		switch {
		case err == unix.EINTR || err == nil && n == 0:
		case err != nil || events[0].Filter == unix.EVFILT_USER:
			return false
		case events[0].Flags&unix.EV_EOF != 0:
			return true
		}
	}
}

func (h *hangUp) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	unix.Close(h.queue)
}

// stop wakes the thread, which closes the queue.
func (h *hangUp) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return
	}
	changes := make([]unix.Kevent_t, 1)
	unix.SetKevent(&changes[0], wake, unix.EVFILT_USER, 0)
	changes[0].Fflags = unix.NOTE_TRIGGER
	_, _ = unix.Kevent(h.queue, changes, nil, nil)
}
