//go:build !unix

package pace

import (
	"errors"
	"os"
)

// lock fails: here the standard library knows no lock.
func lock(*os.File) error { return errors.ErrUnsupported }

func unlock(*os.File) {}
