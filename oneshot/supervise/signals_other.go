//go:build !unix

package supervise

import (
	"os"
	"syscall"
)

var ignored = []os.Signal{syscall.SIGPIPE}
