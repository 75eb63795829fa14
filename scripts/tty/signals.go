package tty

import (
	"os"
	"os/signal"
	"syscall"
)

// DefaultSignals lets programs that are started from here on meet SIGINT and SIGHUP as they are by default, also where
// this one was started with nohup or in the background of a script: a child inherits what is ignored, not what is
// caught. This process itself goes on as if it ignored them.
func DefaultSignals() {
	dropped := make(chan os.Signal, 1) // never read: a signal that finds it full is dropped
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(dropped, s)
		}
	}
}
