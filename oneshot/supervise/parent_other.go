//go:build !linux && !darwin

package supervise

import (
	"errors"
	"runtime"
)

// watchParent is refused: nothing here tells of a parent's end.
func watchParent(func()) (stop func(), err error) {
	return nil, errors.New("the end of a parent is not told on " + runtime.GOOS)
}
