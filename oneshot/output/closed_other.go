//go:build !unix

package output

import "os"

// Closed is not known on this system: the first write finds out.
func Closed(*os.File) bool { return false }
