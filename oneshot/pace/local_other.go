//go:build !linux

package pace

import "os"

// local takes every file: where it lies is not known here.
func local(*os.File) error { return nil }
