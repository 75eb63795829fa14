//go:build unix

package supervise

import "syscall"

// noCore limits a core file to one byte. A limit of 0 stops core files, but Linux still pipes the core to a handler program;
// only a limit of 1 stops that too (core(5)). A hard limit of 0 cannot be raised to 1, and nothing is written then.
func noCore() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &l) == nil && l.Max > 0 {
		l.Cur = 1
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &l)
	}
}
