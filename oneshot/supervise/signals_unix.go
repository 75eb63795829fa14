//go:build unix

package supervise

import (
	"os"
	"syscall"
)

// ignored are the signals of a failed write: the error of the write says the same.
var ignored = []os.Signal{syscall.SIGPIPE, syscall.SIGXFSZ}
