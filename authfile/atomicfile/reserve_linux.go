package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

// reserve allocates the blocks. Where the file system cannot, zeros are written.
func reserve(f *os.File, n int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, n)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		_, err = f.WriteAt(make([]byte, n), 0)
	}
	return err
}
