//go:build linux

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFull: where the room is not there the error comes before a byte is touched, and the old content is as long as it was.
func TestFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "old", 0o600)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const most = 1 << 62 // more than any file may have
	if err := grow(f, most); !errors.Is(err, syscall.EFBIG) || content(t, path) != "old" {
		t.Errorf("%v, %q", err, content(t, path))
	}
	p, err := Begin(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Discard()
	if err := p.Reserve(most); !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), filepath.Dir(path)) {
		t.Errorf("reserved: %v", err)
	}
	device, err := Create(os.DevNull, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(device.Reserve(most), device.Commit()); err != nil {
		t.Errorf("a device has no room to reserve: %v", err)
	}
}

// TestNotSettled: new content that cannot be brought to the disk, or not to its name, leaves the old and no file beside it.
func TestNotSettled(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, p *Pending){
		"the file fails": func(_ *testing.T, p *Pending) { p.f.Close() },
		"a folder came in its place": func(t *testing.T, p *Pending) {
			if err := errors.Join(os.Remove(p.target), os.MkdirAll(filepath.Join(p.target, "d"), 0o700)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "f")
			put(t, path, "old", 0o600)
			p, err := Begin(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = p.Write([]byte("new"))
			spoil(t, p)
			if err := p.Commit(); err == nil {
				t.Error("committed")
			}
			if all := temporary(t, path); len(all) > 0 {
				t.Errorf("left behind: %v", all)
			}
			if info, err := os.Stat(path); err != nil || !info.IsDir() && content(t, path) != "old" {
				t.Errorf("%v, %v", info, err)
			}
		})
	}
}
