//go:build unix && !linux && !darwin

package authfile

import "golang.org/x/sys/unix"

const (
	noFollow = unix.O_NOFOLLOW
	noWait   = unix.O_NONBLOCK // a pipe under the name of a file does not make us wait
)

func freeBytes(string) (int64, bool) { return 0, false }
