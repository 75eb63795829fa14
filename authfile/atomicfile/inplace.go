package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// inPlace rewrites a target that cannot be renamed over. temp has the whole
// content and is on the disk; it stays, under the recovery name, until the
// target is complete.
func (p *Pending) inPlace(temp string) error {
	if p.o.Recovery != "" {
		keep := filepath.Join(filepath.Dir(temp), filepath.Base(p.o.Recovery))
		if err := os.Rename(temp, keep); err != nil {
			os.Remove(temp)
			return err
		}
		temp = keep
	}
	data, err := os.ReadFile(temp)
	if err != nil {
		return err
	}
	if torn, err := Overwrite(p.target, data); err != nil {
		if !torn {
			os.Remove(temp)
			return err
		}
		return fmt.Errorf("%s may be torn, its whole content is in %s: %w", p.target, temp, err)
	}
	return os.Remove(temp)
}

// Overwrite puts data into an existing file without replacing it, growing it
// first so that a full disk leaves the old content. torn says that an error
// came after bytes were touched.
func Overwrite(path string, data []byte) (torn bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if err := grow(f, int64(len(data))); err != nil {
		return false, err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		return true, err
	}
	if err := f.Truncate(int64(len(data))); err != nil {
		return true, err
	}
	return false, f.Sync()
}
