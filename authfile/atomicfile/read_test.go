//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, size int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("x", size)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := func(name, target string) string {
		path := filepath.Join(dir, name)
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe, fed := pipes(t, dir)
	const limit = 1 << 20
	for _, tc := range []struct {
		path          string
		size          int    // -1: none
		why           string // of an Unfit
		link, through bool   // Read says that it is a link; ReadThrough reads it all the same
	}{
		{file("empty", 0), 0, "", false, true},
		{file("small", 10), 10, "", false, true},
		{file("just", limit), limit, "", false, true},
		{file("large", limit+1), -1, "is larger than 1 MB", false, false},
		{pipe, -1, "is a pipe, not a file", false, false},
		{fed, -1, "is a pipe, not a file", false, false},
		{dir, -1, "is a folder, not a file", false, false},
		{os.DevNull, -1, "is a device, not a file", false, false},
		{link("to small", "small"), 10, "", true, true},
		{link("to null", os.DevNull), 0, "", true, true},
		{link("to zero", "/dev/zero"), -1, "is a device, not a file", true, false},
		{link("to nothing", "nothing"), -1, "", true, false},
		{link("circle", "circle"), -1, "", true, false},
		{filepath.Join(dir, "circle", "f"), -1, "", false, false},
	} {
		name := filepath.Base(tc.path)
		data, err := Read(tc.path, limit)
		if tc.link != errors.Is(err, ErrLink) || !tc.link && (err == nil) != tc.through || err == nil && len(data) != tc.size {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
		data, err = ReadThrough(tc.path, limit)
		if (err == nil) != tc.through || err == nil && len(data) != tc.size {
			t.Errorf("through %s: %d bytes, %v", name, len(data), err)
		}
		if e, ok := errors.AsType[*Unfit](err); ok != (tc.why != "") || ok && e.Why != tc.why {
			t.Errorf("through %s: %v", name, err)
		}
	}
	if _, err := ReadThrough(filepath.Join(dir, "nothing"), limit); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if data, err := Read("/proc/self/stat", limit); err == nil && len(data) == 0 { // a file whose size says 0
		t.Error("nothing of a file of the kernel")
	}
}

// TestSmallLimit: a limit below a megabyte is told in kilobytes.
func TestSmallLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, strings.Repeat("x", 5<<10), 0o600)
	if _, err := Read(path, 4<<10); err == nil || err.Error() != path+" is larger than 4 kB" {
		t.Error(err)
	}
}

// TestKindOf: what stands in the place of a file is named.
func TestKindOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, _ := pipes(t, dir)
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for path, want := range map[string]string{dir: "a folder", pipe: "a pipe", filepath.Join(dir, "socket"): "a socket", os.DevNull: "a device"} {
		if info, err := os.Stat(path); err != nil || KindOf(info.Mode()) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// pipes makes a pipe without a writer, and one in which there is a byte.
func pipes(t *testing.T, dir string) (empty, fed string) {
	t.Helper()
	empty, fed = filepath.Join(dir, "pipe"), filepath.Join(dir, "fed")
	for _, path := range []string{empty, fed} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w, err := os.OpenFile(fed, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if _, err := w.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	return empty, fed
}
