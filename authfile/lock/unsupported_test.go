//go:build unix

package lock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"golang.org/x/sys/unix"

	"hermes/authfile/atomicfile"
)

// TestUnsupported: by which errors a file system says that it has no locks.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	for want, all := range map[bool][]error{true: {unix.ENOLCK, unix.ENOTSUP, unix.EOPNOTSUPP, unix.ENOSYS}, false: {unix.EBADF, unix.EWOULDBLOCK}} {
		for _, err := range all {
			if got := unsupported(fmt.Errorf("flock: %w", err)); got != want {
				t.Errorf("%v: %v", err, got)
			}
		}
	}
}

// TestReleaseAfter: a lock under which another process works is let go when that is done. What root makes in a person's folder is that
// person's.
func TestReleaseAfter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, Name)
	root := os.Geteuid() == 0 && os.Chown(dir, 54321, 54322) == nil
	h, err := New(Options{}).Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || root && atomicfile.OwnerName(info) != "user 54321" {
		t.Errorf("%v, %v", info, err)
	}
	h.Release()
	synctest.Test(t, func(t *testing.T) {
		h, err := New(Options{}).Lock(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		h.ReleaseAfter(done)
		h.Release()
		synctest.Wait() // for whatever lets it go
		if _, err := New(Options{}).TryLock(t.Context(), path); !errors.Is(err, ErrBusy) {
			t.Fatalf("it was let go before: %v", err)
		}
		close(done)
		if h, err = New(Options{}).Lock(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		h.Release()
	})
}
