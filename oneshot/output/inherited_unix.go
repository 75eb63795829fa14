//go:build unix

package output

import "golang.org/x/sys/unix"

// inherited reports whether the parent gave this descriptor. All that this process opens itself has the flag FD_CLOEXEC, and what
// the parent gave has it not. So a wrong number never names one of our own files.
func inherited(fd uintptr) bool {
	flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}
