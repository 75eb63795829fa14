package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// held makes the lock of the file at path, as another process would.
func held(t *testing.T, path, id string) string {
	t.Helper()
	name := path + ".lock"
	if err := os.WriteFile(name, []byte(id), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestLockOfALiveEditIsWaitedFor: five seconds, then an error that names the lock; the file and the lock stay.
func TestLockOfALiveEditIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	name := held(t, path, "1 \"another host\" 0011\n")
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := Set(path, "a", "2", SetOptions{})
		if took := time.Since(start); class(err) != "lock_timeout" || !strings.Contains(err.Error(), name) || took < lockWait || took > lockWait+time.Second {
			t.Errorf("after %s: %v", took, err)
		}
	})
	if read(t, path) != "a: 1\n" || read(t, name) != "1 \"another host\" 0011\n" {
		t.Error("the file or the lock changed")
	}
}

// TestLockThatIsLetGoIsTaken: an edit waits for the one before it and then sees what that one wrote.
func TestLockThatIsLetGoIsTaken(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	first, err := takeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := Set(path, "b", "2", SetOptions{})
		done <- err
	}()
	if err := os.WriteFile(path, []byte("a: 1\nc: 3\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	first.release()
	if err := <-done; err != nil || read(t, path) != "a: 1\nc: 3\nb: 2\n" {
		t.Errorf("%v, %q", err, read(t, path))
	}
}

// TestLockNobodyHoldsIsBroken: of a process that is gone, or too old whoever made it.
func TestLockNobodyHoldsIsBroken(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	for name, tc := range map[string]struct {
		id  string
		age time.Duration
	}{
		"a process that is gone": {fmt.Sprintf("%d %q 0011\n", 1<<30, host), 0},
		"an old one of a host":   {"1 \"another host\" 0011\n", time.Minute},
		"an old one, empty":      {"", time.Minute},
		"one from the future":    {"1 \"another host\" 0011\n", -8 * time.Hour},
		"an old one of this":     {fmt.Sprintf("%d %q 0011\n", os.Getpid(), host), time.Minute},
	} {
		if tc.age == 0 && runtime.GOOS == "windows" {
			continue
		}
		path := write(t, "a: 1\n")
		lock := held(t, path, tc.id)
		if err := os.Chtimes(lock, time.Time{}, time.Now().Add(-tc.age)); err != nil {
			t.Fatal(err)
		}
		if _, err := Set(path, "a", "2", SetOptions{}); err != nil || read(t, path) != "a: 2\n" {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
			t.Errorf("%s: left behind: %q", name, left)
		}
	}
}

// TestBreakingALiveLockPutsItBack: another process broke the stale lock first and holds a new one by now.
func TestBreakingALiveLockPutsItBack(t *testing.T) {
	t.Parallel()
	path := write(t, "")
	l := &lock{path: path + ".lock", id: []byte("1 \"here\" 0022\n")}
	l.breakLock([]byte("nothing to break")) // a lock that is gone already
	name := held(t, path, "a live one")
	l.breakLock([]byte("the stale one"))
	if got := read(t, name); got != "a live one" {
		t.Errorf("the lock is %q", got)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
	if l.owned() {
		t.Error("a lock of another is owned")
	}
	if l.release(); read(t, name) != "a live one" {
		t.Error("a lock of another was released")
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

// TestLockThatWasTakenOverStopsTheEdit: a process that slept while its lock was broken writes nothing.
func TestLockThatWasTakenOverStopsTheEdit(t *testing.T) {
	t.Parallel()
	path := write(t, "a: 1\n")
	err := editFile(path, true, func(src []byte) ([]byte, error) {
		held(t, path, "another's")
		return []byte("ours"), nil
	})
	if class(err) != "lock_timeout" || read(t, path) != "a: 1\n" || read(t, path+".lock") != "another's" {
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
		"a folder in its place":     func() error { _, err := Set(folder, "a", "1", SetOptions{}); return err },
		"a file in the folder's":    func() error { _, err := Set(filepath.Join(file, "config.yaml"), "a", "1", SetOptions{}); return err },
		"load a folder":             func() error { _, err := Load(folder); return err },
		"get from a folder":         func() error { _, err := Get(folder, "a"); return err },
		"show a folder":             func() error { return Show(folder, os.Stderr, true) },
		"a folder as .env":          func() error { _, err := LoadEnv(folder); return err },
		"unset in a folder as .env": func() error { _, err := UnsetEnv(folder, "A"); return err },
		"secret beside a mere file": func() error {
			_, err := Set(filepath.Join(file, "config.yaml"), "A_TOKEN", "x", SetOptions{})
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
