package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hermes/authfile/lock"
)

// hold takes the lock of the folder in which path lies, as another process would.
func hold(t *testing.T, path string) *lock.Held {
	t.Helper()
	held, err := lock.New(lock.Options{}).Lock(t.Context(), filepath.Join(filepath.Dir(path), lock.Name))
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// TestLockThatIsLetGoIsTaken: an edit waits for the one before it and then sees what that one wrote.
func TestLockThatIsLetGoIsTaken(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	first := hold(t, path)
	done := make(chan error, 1)
	go func() {
		_, err := Set(path, "b", "2")
		done <- err
	}()
	if err := os.WriteFile(path, []byte("a: 1\nc: 3\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	first.Release()
	if err := <-done; err != nil || read(t, path) != "a: 1\nc: 3\nb: 2\n" {
		t.Errorf("%v, %q", err, read(t, path))
	}
}

// TestLockIsBesideTheFileItself: two homes that share a file by links exclude each other.
func TestLockIsBesideTheFileItself(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	link := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	first := hold(t, path)
	done := make(chan error, 1)
	go func() {
		_, err := Set(link, "a", "2")
		done <- err
	}()
	select {
	case err := <-done:
		t.Errorf("two edits at once: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	first.Release()
	if err := <-done; err != nil || read(t, path) != "a: 2\n" {
		t.Errorf("%v, %q", err, read(t, path))
	}
}

// TestALockErrorSaysWhatIsWrong: it names the file, and the class says whether to try again.
func TestALockErrorSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), lock.Name), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Set(path, "a", "2"); class(err) != "io" || !strings.Contains(err.Error(), lock.Name) || read(t, path) != "a: 1\n" {
		t.Errorf("%v, %q", err, read(t, path))
	}
	if err := lockError(path, &lock.Error{Message: "it is in use", Timeout: true}); class(err) != "lock_timeout" || !strings.Contains(err.Error(), "try again") {
		t.Error(err)
	}
}

// TestForeignWriterIsNotOverwritten: what another program writes during an edit is seen, and the edit is done on top of it.
func TestForeignWriterIsNotOverwritten(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	runs := 0
	err := editFile(path, true, func(src []byte) ([]byte, error) {
		if runs++; runs == 1 {
			if err := os.WriteFile(path, []byte("a: 1\nforeign: 1\n"), 0o640); err != nil {
				t.Error(err)
			}
		}
		return append(src, "b: 2\n"...), nil
	})
	if err != nil || runs != 2 || read(t, path) != "a: 1\nforeign: 1\nb: 2\n" {
		t.Errorf("%v after %d runs: %q", err, runs, read(t, path))
	}
	n := 0
	err = editFile(path, true, func([]byte) ([]byte, error) {
		n++
		return []byte("ours"), os.WriteFile(path, fmt.Appendf(nil, "n: %d\n", n), 0o640)
	})
	if class(err) != "lock_timeout" || !strings.Contains(err.Error(), "keeps writing") || strings.Contains(read(t, path), "ours") {
		t.Errorf("one that never stops: %v, %q", err, read(t, path))
	}
}

// TestLockFileThatWasDeletedStopsTheEdit: whoever made a new one may be at work.
func TestLockFileThatWasDeletedStopsTheEdit(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	err := editFile(path, true, func(src []byte) ([]byte, error) {
		return []byte("ours"), os.Remove(filepath.Join(filepath.Dir(path), lock.Name))
	})
	if class(err) != "lock_timeout" || read(t, path) != "a: 1\n" {
		t.Errorf("%v, %q", err, read(t, path))
	}
}

// TestEditsThatCannotRead or write say so with class io, and the system's reason behind it.
func TestEditsThatCannotReadOrWrite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func() error{
		"a folder in its place":     func() error { _, err := Set(folder, "a", "1"); return err },
		"a file in the folder's":    func() error { _, err := Set(filepath.Join(file, "config.yaml"), "a", "1"); return err },
		"load a folder":             func() error { _, err := Load(folder); return err },
		"get from a folder":         func() error { _, err := Get(folder, "a"); return err },
		"show a folder":             func() error { return Show(folder, os.Stderr, true) },
		"a folder as .env":          func() error { _, err := LoadEnv(folder); return err },
		"unset in a folder as .env": func() error { _, err := UnsetEnv(folder, "A"); return err },
		"secret beside a mere file": func() error {
			_, err := Set(filepath.Join(file, "config.yaml"), "A_TOKEN", "x")
			return err
		},
		"unset beside a mere file":   func() error { _, err := Unset(filepath.Join(file, "config.yaml"), "a"); return err },
		"unset secret beside a file": func() error { _, err := Unset(filepath.Join(file, "config.yaml"), "A_TOKEN"); return err },
	} {
		err := edit()
		if e, ok := err.(*Error); !ok || e.Class() != "io" || e.Unwrap() == nil || strings.Contains(e.Msg, folder) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
