//go:build unix

package config

import (
	"errors"
	"syscall"
)

// alive reports whether a process of this number exists, whoever owns it.
func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// nonblock opens a pipe without waiting for its other end.
const nonblock = syscall.O_NONBLOCK
