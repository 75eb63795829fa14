//go:build !unix

package oneshot

import "errors"

func mkfifo(string) error { return errors.ErrUnsupported }
