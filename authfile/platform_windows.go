package authfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// lockFile needs no care here: access is by the folder's list.
func (h *held) lockFile(path string) (flags int, info fs.FileInfo, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, nil, errorf(classIO, path, err, "cannot open %s, so the login is not renewed", path)
	}
	defer f.Close()
	info, err = f.Stat()
	return os.O_RDWR | os.O_CREATE, info, err
}

func (h *held) own(*os.File) {}

func shield() (restore func()) { return func() {} }

// tryLock is not needed: a lock file that is open cannot be deleted here.
func tryLock(*os.File) error { return nil }

func interrupted(error) bool { return false }

func unsupported(err error) bool { return errors.Is(err, syscall.EWINDOWS) }

func ownerOf(fs.FileInfo) int { return -1 }

func foreign(fs.FileInfo) bool { return false }

func links(fs.FileInfo) int { return 1 }

func userName(int) string { return "another user" }

func freeBytes(string) (int64, bool) { return 0, false }

const (
	noFollow = 0
	noWait   = 0
)
