package supervise

import "runtime/debug"

// AbortOnCrash makes a death of Go's runtime (a fatal error, a panic that nobody recovers) end the process by SIGABRT, which
// a shell shows as 134. The runtime's own exit status is 2, which would say that a flag is wrong. No core file is written:
// the memory holds credentials. A runtime that dies before main still exits with 2.
func AbortOnCrash() {
	debug.SetTraceback("crash")
	noCore()
}
