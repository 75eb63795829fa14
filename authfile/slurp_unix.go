//go:build unix

package authfile

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// slurp reads a small regular file with one open and one read. It does not
// follow a link at the end of the name, and no FIFO, terminal, folder or
// endless device makes it wait or grow: only what fits the first buffer is
// believed without asking what kind of file it is.
func slurp(path string, limit int) ([]byte, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	})
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errIsLink}
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	buf := make([]byte, min(limit, 16<<10))
	n, err := retry(func() (int, error) { return unix.Read(fd, buf) })
	if err == nil && n > 0 && n < len(buf) {
		return buf[:n], nil
	}
	return slurpRest(fd, path, buf[:max(n, 0)], limit)
}

// slurpRest is for a file that is empty, large, or none.
func slurpRest(fd int, path string, head []byte, limit int) ([]byte, error) {
	f, err := dupFile(fd, path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, kindOf(info.Mode()))
	}
	if info.Size() > int64(limit) {
		return nil, tooLarge(path, info.Size())
	}
	rest, err := io.ReadAll(io.LimitReader(f, int64(limit-len(head)+1)))
	if err == nil && len(head)+len(rest) > limit {
		return nil, tooLarge(path, int64(len(head)+len(rest)))
	}
	return append(head, rest...), err
}

// dupFile is another descriptor of the same open file.
func dupFile(fd int, name string) (*os.File, error) {
	dup, err := retry(func() (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3) })
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(dup), name), nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
