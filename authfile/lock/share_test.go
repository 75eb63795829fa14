//go:build linux

package lock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestTwoNames: one file under two names is locked once, and nobody waits for himself.
func TestTwoNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	if err := errors.Join(os.WriteFile(first, nil, 0o600), os.Link(first, second)); err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{}).Lock(t.Context(), first, second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{}).TryLock(t.Context(), second); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	h.Release()
	again, err := New(Options{}).TryLock(t.Context(), second)
	if err != nil {
		t.Fatalf("not given back: %v", err)
	}
	again.Release()
}

// TestNotInherited: a descriptor that is no lock is refused, and a child whose run was ended does not wait for its turn.
func TestNotInherited(t *testing.T) {
	t.Parallel()
	h, path := locked(t)
	gone := h.Share()
	gone.Close()
	if _, err := New(Options{}).Inherit(t.Context(), gone, path); classOf(err) != "io" || !strings.Contains(err.Error(), "the inherited lock is no open file") {
		t.Errorf("a closed file: %v", err)
	}
	m := New(Options{})
	child, err := m.Inherit(t.Context(), h.Share(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer child.Release()
	if f := child.Share(); f != nil {
		t.Errorf("a child hands on what is its parent's: %v", f.Name())
	}
	cause := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	more := h.Share()
	defer more.Close()
	if _, err := m.Inherit(ctx, more, path); !errors.Is(err, cause) {
		t.Errorf("%v, want the caller's cause", err)
	}
}

// TestNotRegained: where the name of the lock is something else now, whoever has the lock is told.
func TestNotRegained(t *testing.T) {
	t.Parallel()
	h, path := locked(t)
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := h.Regain(); classOf(err) != "io" || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("%v", err)
	}
	if h.Current() {
		t.Error("current, though a folder has its name")
	}
}

// TestCannotLock: a disk without locks is told from another failure of the lock.
func TestCannotLock(t *testing.T) {
	t.Parallel()
	for want, cause := range map[string]error{
		"file locks do not work where /home/auth.lock is": syscall.ENOLCK, "cannot lock /home/auth.lock": syscall.EBADF,
	} {
		if err := cannotLock("/home/auth.lock", cause); classOf(err) != "io" || !strings.HasPrefix(err.Error(), want+": ") || !errors.Is(err, cause) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
