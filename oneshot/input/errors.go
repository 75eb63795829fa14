package input

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"hermes/oneshot/class"
)

// Error is input that cannot be sent, or a flag that makes no sense. Its class is invalid_input, no_input, usage or context_length.
type Error struct {
	ErrClass class.Class
	Msg      string
	Advice   string // what to do next, where the class's own hint does not fit; else ""
}

func (e *Error) Error() string { return e.Msg }

// Class names the error's class for the exit code.
func (e *Error) Class() string { return string(e.ErrClass) }

// Hint is what to do next, "" for the hint of the class.
func (e *Error) Hint() string { return e.Advice }

func unreadable(name string, err error) error {
	return &Error{ErrClass: class.NoInput, Msg: fmt.Sprintf("cannot read %s: %v", name, bare(err)), Advice: fileAdvice(err)}
}

// Unopened is the error of a file that cannot be opened, with advice that fits the cause.
func Unopened(err error) *Error {
	return &Error{ErrClass: class.NoInput, Msg: "cannot open " + trimOp(err), Advice: fileAdvice(err)}
}

func fileAdvice(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "check the permissions of the file"
	case errors.Is(err, syscall.EISDIR):
		return "name a file, not a folder"
	}
	return "check the name of the file"
}

// bare is the system's error without the name of the file.
func bare(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// trimOp drops the operation of a path error: "open x: no such file" reads "x: no such file".
func trimOp(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return strings.TrimPrefix(err.Error(), path.Op+" ")
	}
	return err.Error()
}
