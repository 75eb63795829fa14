//go:build !linux || (!amd64 && !arm64)

package confine

import (
	"errors"
	"fmt"
	"os"
)

// Supported says that this system cannot confine a program.
func Supported() error { return errors.New("this system cannot confine a program") }

// Main is never asked for where nothing is supported.
func Main() int {
	fmt.Fprintln(os.Stderr, "hermes: the command was not run:", Supported())
	return 126
}
