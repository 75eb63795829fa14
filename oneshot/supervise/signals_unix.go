//go:build unix

package supervise

import (
	"os"
	"syscall"
)

// ignored are signals that say no more than the error of the write that raised them.
var ignored = []os.Signal{syscall.SIGPIPE, syscall.SIGXFSZ}
