//go:build linux || darwin

package output

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// ends are both ends of a pipe or a socket, as a parent gives them: blocking.
func ends(t *testing.T, open func(fds *[2]int) error) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	if err := open(&fds); err != nil {
		t.Fatal(err)
	}
	r, w = os.NewFile(uintptr(fds[0]), "reader"), os.NewFile(uintptr(fds[1]), "writer")
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// TestWatch: a reader that leaves is noticed without a write, whatever is between; one that only reads, or is slow, is not.
// The descriptor stays blocking, since others may share it.
func TestWatch(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*[2]int) error{
		"pipe": func(fds *[2]int) error { return syscall.Pipe(fds[:]) },
		"socket": func(fds *[2]int) (err error) {
			*fds, err = syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := os.Create(t.TempDir() + "/f")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			r, w := ends(t, open)
			told := make(chan error, 9)
			em := NewEmitter(&Sink{Name: "buffer"}, &Sink{Name: "file", File: file}, &Sink{Name: name, File: w})
			stop := em.Watch(func(err error) { told <- err })
			defer stop()
			for range 3 {
				if _, err := w.Write([]byte("a piece")); err != nil {
					t.Fatal(err)
				}
				if _, err := r.Read(make([]byte, 9)); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case err := <-told:
				t.Errorf("with a reader: %v", err)
			default:
			}
			r.Close()
			select {
			case err := <-told:
				if e, ok := errors.AsType[*WriteError](err); !ok || e.Sink != name || e.Class() != "pipe_closed" {
					t.Errorf("without a reader: %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Error("without a reader: not told")
			}
			flags, err := unix.FcntlInt(w.Fd(), unix.F_GETFL, 0)
			if err != nil || flags&unix.O_NONBLOCK != 0 {
				t.Errorf("flags %#x, %v", flags, err)
			}
		})
	}
}

// TestWatchStops: what is stopped is told nothing, and a reader that was gone before is told of at once.
func TestWatchStops(t *testing.T) {
	t.Parallel()
	r, w := ends(t, func(fds *[2]int) error { return syscall.Pipe(fds[:]) })
	Watch("pipe", w, func(err error) { t.Errorf("told %v", err) })()
	r.Close()
	told := make(chan error, 1)
	defer Watch("pipe", w, func(err error) { told <- err })()
	select {
	case <-told:
	case <-time.After(20 * time.Second):
		t.Error("not told of a reader that was gone")
	}
}
