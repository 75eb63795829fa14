package tty

import (
	"os"
	"os/signal"
	"syscall"
)

// DefaultSignals gives the programs that are started after it the default actions of SIGINT and SIGHUP, also when this process was
// started with nohup or in the background of a script. A child inherits an ignored signal, but not a caught one: so this process
// catches the two signals and does nothing with them.
func DefaultSignals() {
	dropped := make(chan os.Signal, 1) // never read: a signal that finds it full is dropped
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(dropped, s)
		}
	}
}
