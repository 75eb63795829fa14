package lock

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// prepare needs no care here: access is by the folder's list.
func prepare(path string) (flags int, info fs.FileInfo, err error) {
	flags = os.O_RDWR | os.O_CREATE
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return 0, nil, errorf(path, err, "cannot open %s", path)
	}
	defer f.Close()
	info, err = f.Stat()
	return flags, info, err
}

func shield() (restore func()) { return func() {} }

// TryFile is not needed: a lock file that is open cannot be deleted here.
func TryFile(*os.File) error { return nil }

// Share has no counterpart here: a lock cannot be handed on.
func (h *Held) Share() *os.File { return nil }

// Inherit has no counterpart here either.
func (m *Mutex) Inherit(context.Context, *os.File, ...string) (*Held, error) {
	return nil, errorf("", errors.ErrUnsupported, "a lock cannot be inherited")
}

func interrupted(error) bool { return false }

func unsupported(err error) bool { return errors.Is(err, syscall.EWINDOWS) }
