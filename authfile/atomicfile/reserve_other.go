//go:build !linux

package atomicfile

import (
	"errors"
	"os"
)

func allocate(*os.File, int64, int64) error { return errors.ErrUnsupported }

// noAllocate says whether the file system has no such call.
func noAllocate(err error) bool { return errors.Is(err, errors.ErrUnsupported) }
