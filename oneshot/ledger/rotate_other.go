//go:build !unix

package ledger

import (
	"errors"
	"io/fs"
	"os"
)

// rotate renames the file to name.1. This system cannot rename an open file, so f is closed first.
func rotate(f *os.File, name string) error {
	f.Close()
	if err := os.Rename(name, name+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
