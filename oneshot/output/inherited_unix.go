//go:build unix

package output

import "golang.org/x/sys/unix"

// inherited reports a descriptor that the parent gave: exec closes what has the flag, and all that this process opens
// itself has it, so that a wrong number is never another file of ours.
func inherited(fd uintptr) bool {
	flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}
