package atomicfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"syscall"
	"time"
)

const noFollow = 0

// OpenPrivate opens a file beside the store, or makes it. A link at the end of
// the name is ErrLink. While the file is open nobody can replace it.
func OpenPrivate(path string, flag int) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrLink}
	}
	return os.OpenFile(path, flag, 0o600)
}

// Windows refuses to rename over a file that any reader has open.
const (
	errorSharingViolation = syscall.Errno(32)
	errorLockViolation    = syscall.Errno(33)
)

// replace tries for about two seconds while somebody has the target open.
func replace(from, to string) error {
	deadline := time.Now().Add(2 * time.Second)
	for wait := time.Millisecond; ; wait *= 2 {
		err := os.Rename(from, to)
		busy := errors.Is(err, errorSharingViolation) || errors.Is(err, errorLockViolation) || errors.Is(err, syscall.ERROR_ACCESS_DENIED)
		if !busy || time.Now().After(deadline) {
			return err
		}
		<-time.After(wait/2 + rand.N(wait))
	}
}

func mounted(error) bool { return false }

// KeepOwner is not needed here: access is by the folder's list.
func KeepOwner(*os.File, fs.FileInfo) error { return nil }

// Foreign is not known here.
func Foreign(fs.FileInfo) bool { return false }

// OwnerName is not known here.
func OwnerName(fs.FileInfo) string { return "another user" }

// Names is not known here.
func Names(fs.FileInfo) int { return 1 }

func syncDir(string) error { return nil }
