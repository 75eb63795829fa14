package authfile

import (
	"io"
	"io/fs"
	"os"
)

// slurp reads a small regular file, not following a link at the end of the
// name, and closes it soon: while it is open nobody can replace it.
func slurp(path string, limit int) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errIsLink}
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, "a folder or device")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		return nil, tooLarge(path, info.Size())
	}
	return data, err
}
