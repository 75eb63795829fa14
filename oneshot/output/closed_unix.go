//go:build unix

package output

import (
	"os"

	"golang.org/x/sys/unix"
)

// Closed reports whether nothing can be written to f: it was opened for reading only, or it was closed when the process started.
// The second is a guess. In place of a closed descriptor 1 the Go runtime opens the null device for reading and writing, and a
// shell's >/dev/null opens it for writing only. A null device that a parent opened for both looks the same as a closed
// descriptor, unless stdin or stderr is one too.
func Closed(f *os.File) bool {
	mode, null := accessOf(f)
	if mode != unix.O_RDWR || !null {
		return mode == unix.O_RDONLY
	}
	for _, other := range []*os.File{os.Stdin, os.Stderr} {
		if mode, null := accessOf(other); null && mode == unix.O_RDWR {
			return false
		}
	}
	return true
}

// accessOf is how the file was opened, -1 when that is unknown, and whether it is the null device. The second is looked at only for
// a file that was opened for reading and writing.
func accessOf(f *os.File) (mode int, null bool) {
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, false
	}
	mode = -1
	_ = conn.Control(func(fd uintptr) {
		if flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err == nil {
			mode = flags & unix.O_ACCMODE
		}
	})
	if mode != unix.O_RDWR {
		return mode, false
	}
	own, err := f.Stat()
	if err != nil || own.Mode()&os.ModeCharDevice == 0 {
		return mode, false
	}
	device, err := os.Stat(os.DevNull)
	return mode, err == nil && os.SameFile(own, device)
}
