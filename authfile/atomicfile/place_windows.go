package atomicfile

import (
	"io/fs"
	"os"
	"time"
)

const noFollow = 0

// replace retries for two seconds: a rename fails while any reader has the target open.
func replace(from, to string) error {
	var err error
	for wait := time.Millisecond; wait < 2*time.Second; wait *= 2 {
		if err = os.Rename(from, to); err == nil {
			return nil
		}
		<-time.After(wait)
	}
	return err
}

func mounted(error) bool { return false }

func keepOwner(*os.File, fs.FileInfo) error { return nil }

func syncDir(string) error { return nil }
