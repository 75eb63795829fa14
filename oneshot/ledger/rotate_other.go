//go:build !unix

package ledger

import (
	"errors"
	"io/fs"
	"os"
)

// rotate moves the file to name.1. A file that is open cannot be moved here.
func rotate(f *os.File, name string) error {
	f.Close()
	if err := os.Rename(name, name+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
