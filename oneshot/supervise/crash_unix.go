//go:build unix

package supervise

import "syscall"

// noCore bounds a core file by one byte. 0 would do for a file, but Linux pipes a core to a handler whatever the bound, except
// for this one (core(5)). A hard limit of 0 cannot be raised to it, and needs not be.
func noCore() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &l) == nil && l.Max > 0 {
		l.Cur = 1
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &l)
	}
}
