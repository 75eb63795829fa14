package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// ErrLink says that a name is a symbolic link, which Read does not follow.
var ErrLink = errors.New("is a symbolic link")

// Unfit is a name under which no small file lies: a folder, a pipe, a device,
// or more bytes than the reader allows. Opening it again does not help.
type Unfit struct {
	Path string
	Why  string // "is a pipe, not a file"
}

func (e *Unfit) Error() string { return e.Path + " " + e.Why }

// Read returns the whole of a small regular file. It never waits and never
// grows: a pipe, a terminal, a folder, an endless device, and a file of more
// than limit bytes are an *Unfit; a link at the end of the name is ErrLink. All
// other errors are the system's, as *fs.PathError.
func Read(path string, limit int) ([]byte, error) {
	f, err := OpenPrivate(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Unfit{path, "is " + KindOf(info.Mode()) + ", not a file"}
	}
	data := make([]byte, 0, min(info.Size(), int64(limit))+1)
	for err == nil && len(data) <= limit { // one byte more than there is shows the end in the first read
		data = slices.Grow(data, 1)
		room := data[len(data):cap(data)]
		var n int
		n, err = f.Read(room)
		data = data[:len(data)+n]
		if n < len(room) {
			break
		}
	}
	if len(data) > limit {
		return nil, &Unfit{path, "is larger than " + inUnits(limit)}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return data, err
}

func inUnits(bytes int) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d kB", bytes>>10)
	}
	return fmt.Sprintf("%d MB", bytes>>20)
}

// ReadThrough is Read behind symbolic links. The null device is an empty file:
// people link to it to have none.
func ReadThrough(path string, limit int) ([]byte, error) {
	data, err := Read(path, limit)
	if !errors.Is(err, ErrLink) {
		return data, err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	if real == os.DevNull {
		return nil, nil
	}
	return Read(real, limit)
}

// KindOf names what is no regular file: "a folder", "a pipe", "a socket", "a device".
func KindOf(mode fs.FileMode) string {
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
