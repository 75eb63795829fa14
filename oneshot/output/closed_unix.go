//go:build unix

package output

import (
	"os"

	"golang.org/x/sys/unix"
)

// Closed reports that the descriptor of f takes no output: it was opened for reading only, or nobody gave it to this process.
// The second is a guess. Where descriptor 1 is closed at the start, Go's runtime opens the null device in its place, for
// reading and writing; a shell's >/dev/null is for writing only. A parent that opens the null device for both looks the
// same, unless it gave it as stdin or stderr too.
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

// accessOf is how the file was opened, -1 where that cannot be told, and whether it is the null device,
// which only one that was opened for both is asked.
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
