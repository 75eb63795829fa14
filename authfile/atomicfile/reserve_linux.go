package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

func allocate(f *os.File, from, n int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), 0, from, n)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return &os.PathError{Op: "fallocate", Path: f.Name(), Err: err}
		}
	}
}

// noAllocate says whether the file system has no such call.
func noAllocate(err error) bool {
	return errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS)
}
