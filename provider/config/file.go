package config

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"hermes/authfile/atomicfile"
	"hermes/authfile/lock"
)

const (
	maxFile   = 16 << 20 // bytes; no settings file reaches it
	editTries = 20       // how often an edit starts again because a foreign writer was faster
)

// readFile returns nil for a file that is not there. A pipe is refused: who waits for its writer may wait for ever. So are a
// device, which may have no end, and what is larger than any settings file; a link to /dev/null is an empty file.
func readFile(path string) ([]byte, error) {
	src, err := atomicfile.ReadThrough(path, maxFile)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return src, nil
	}
	return nil, ioError(path, err)
}

// ioError keeps the system's reason but not its "open /path:" prefix, since the path is named already.
func ioError(path string, err error) *Error {
	reason := err.Error()
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		reason = e.Err.Error()
	}
	if e, ok := errors.AsType[*atomicfile.Unfit](err); ok {
		reason = e.Why
	}
	return &Error{Path: path, Msg: reason, class: "io", err: err}
}

// editFile replaces the file at path by what change makes of it, under the lock of the folder in which the file lies, behind
// links. change gets the present content (nil when there is no file) and returns nil to leave the file alone. It may run more
// than once. A new file is its owner's alone; keepMode leaves an old one as open as it was.
func editFile(path string, keepMode bool, change func(src []byte) ([]byte, error)) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return ioError(path, err)
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = path
	}
	held, err := lock.New(lock.Options{}).Lock(context.Background(), filepath.Join(filepath.Dir(real), lock.Name))
	if err != nil {
		return lockError(path, err)
	}
	defer held.Release()
	for range editTries {
		src, err := readFile(path)
		if err != nil {
			return err
		}
		out, err := change(src)
		if err != nil || out == nil {
			return err
		}
		// Hermes Agent takes no lock for this file: what it wrote in the meantime must not be lost.
		if now, err := readFile(path); err != nil || !bytes.Equal(now, src) {
			continue
		}
		if !held.Current() {
			return &Error{Path: path, Msg: "another program deleted " + lock.Name + "; nothing was changed, so try again", class: "lock_timeout"}
		}
		if err := atomicfile.Write(path, out, atomicfile.Options{Mode: 0o600, KeepMode: keepMode}); err != nil {
			return ioError(path, err)
		}
		return nil
	}
	return &Error{Path: path, Msg: "another program keeps writing the file; nothing was changed", class: "lock_timeout"}
}

func lockError(path string, err error) *Error {
	out := &Error{Path: path, Msg: err.Error(), class: "io", err: err}
	if e, ok := errors.AsType[*lock.Error](err); ok && e.Timeout {
		out.Msg, out.class = e.Message+"; nothing was changed, so try again later", "lock_timeout"
	}
	return out
}
