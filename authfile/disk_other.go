//go:build unix && !linux && !darwin

package authfile

import "golang.org/x/sys/unix"

const noFollow = unix.O_NOFOLLOW

func freeBytes(string) (int64, bool) { return 0, false }
