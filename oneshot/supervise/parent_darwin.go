package supervise

import (
	"os"

	"golang.org/x/sys/unix"
)

// watchParent lets a thread wait for the parent's end. It waits until the process ends itself: stop only makes it deaf.
func watchParent(gone func()) (stop func(), err error) {
	parent := os.Getppid()
	queue, err := unix.Kqueue()
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(queue)
	change := make([]unix.Kevent_t, 1)
	unix.SetKevent(&change[0], parent, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change[0].Fflags = unix.NOTE_EXIT
	_, err = unix.Kevent(queue, change, nil, nil)
	switch {
	case err == unix.ESRCH || err == nil && os.Getppid() != parent:
		unix.Close(queue)
		gone()
		return func() {}, nil
	case err != nil:
		unix.Close(queue)
		return nil, err
	}
	go func() {
		for {
			n, err := unix.Kevent(queue, nil, make([]unix.Kevent_t, 1), nil)
			if err == unix.EINTR || err == nil && n == 0 {
				continue
			}
			if err == nil {
				gone()
			}
			return
		}
	}()
	return func() {}, nil
}
