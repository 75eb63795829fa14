package authfile

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// StartDetached has no counterpart here: a lock cannot be handed on.
func StartDetached(context.Context, *exec.Cmd, string, *os.File) error { return errors.ErrUnsupported }
