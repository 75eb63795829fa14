//go:build !unix

package output

import "os"

// Closed knows nothing here: the first write finds out.
func Closed(*os.File) bool { return false }
