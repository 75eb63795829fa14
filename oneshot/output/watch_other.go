//go:build !linux && !darwin

package output

import (
	"errors"
	"os"
)

// hangUp is not known on this system: the next write finds out.
type hangUp struct{}

func watchHangUp(*os.File) (*hangUp, error) { return nil, errors.ErrUnsupported }

func (*hangUp) wait() bool { return false }

func (*hangUp) stop() {}
