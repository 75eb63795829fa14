//go:build unix

package lock

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUnsupported: by which errors a file system says that it has no locks.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	for want, all := range map[bool][]error{true: {unix.ENOLCK, unix.ENOTSUP, unix.EOPNOTSUPP, unix.ENOSYS}, false: {unix.EBADF, unix.EWOULDBLOCK}} {
		for _, err := range all {
			if got := unsupported(fmt.Errorf("flock: %w", err)); got != want {
				t.Errorf("%v: %v", err, got)
			}
		}
	}
}
