package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// segments writes n segments into a new folder, each with the good end of a row: "0", "1" and so on, whose result is its number.
func segments(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "day[1]*?")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("no segment\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		line := fmt.Sprintf(endLine+"%s"+okMember+"true"+finalMember+"true"+outMember+"%d}\n", key(fmt.Sprint(i)), i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d%s", i, suffix)), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// openFiles counts the files below dir that this process has open.
func openFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("/proc tells which files are open")
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil && (name == dir || strings.HasPrefix(name, dir+"/")) {
			n++
		}
	}
	return n
}

// TestFilesInUse: of many segments 32 stay open, each is read again when it is asked for, and no file is open behind Close.
func TestFilesInUse(t *testing.T) {
	t.Parallel()
	dir := segments(t, 33)
	j := open(t, dir, all)
	for i := range 32 {
		checkResult(t, j, i)
	}
	checkResult(t, j, 0)
	if got := openFiles(t, dir); got != 33 {
		t.Errorf("after 32 segments %d files are open, want them and a lock", got)
	}
	checkResult(t, j, 32)
	if got := openFiles(t, dir); got != 2 {
		t.Errorf("after one more %d files are open, want it and a lock", got)
	}
	checkResult(t, j, 0)
	if _, err := Open(dir, "", all); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if _, err := Open(dir, "0-of-2", all); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if got := openFiles(t, dir); got != 3 {
		t.Errorf("%d files are open after others were refused, want two segments and a lock", got)
	}
	if err := j.Start(key("x")); err != nil || j.Torn != 0 {
		t.Errorf("%v, %d torn", err, j.Torn)
	}
	if got := openFiles(t, dir); got != 4 {
		t.Errorf("%d files are open, want three segments and a lock", got)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	one, err := Open(dir, "0-of-2", all)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, "0-of-2", all); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if got := openFiles(t, dir); got != 2 {
		t.Errorf("a part has %d files open, want two locks", got)
	}
	one.Close()
	if got := openFiles(t, dir); got != 0 {
		t.Errorf("%d files are open after Close", got)
	}
}

func checkResult(t *testing.T, j *Journal, i int) {
	t.Helper()
	if raw, err := j.Result(key(fmt.Sprint(i))); err != nil || string(raw) != fmt.Sprint(i) {
		t.Errorf("row %d: %q, %v", i, raw, err)
	}
}

// TestUnreadable: a journal that cannot be read is refused, and holds no lock and no file. One that is changed while it is used says so.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(dir string) error{
		"a lost segment":   func(dir string) error { return os.Symlink(filepath.Join(dir, "lost"), filepath.Join(dir, "9"+suffix)) },
		"a folder":         func(dir string) error { return os.Mkdir(filepath.Join(dir, "9"+suffix), 0o700) },
		"no lock possible": func(dir string) error { return os.Mkdir(filepath.Join(dir, "batch.lock"), 0o700) },
	} {
		dir := segments(t, 1)
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir, "", all)
		if err == nil || errors.Is(err, ErrBusy) || name == "a lost segment" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
		if got := openFiles(t, dir); got != 0 {
			t.Errorf("%s: %d files are open", name, got)
		}
	}
	dir := segments(t, 2)
	j := open(t, dir, all)
	defer j.Close()
	err := errors.Join(os.Truncate(filepath.Join(dir, "000"+suffix), 9), os.Remove(filepath.Join(dir, "001"+suffix)))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := j.Result(key("0")); raw != nil || err == nil || !strings.Contains(err.Error(), "the journal has changed") {
		t.Errorf("cut: %q, %v", raw, err)
	}
	if raw, err := j.Result(key("1")); raw != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed: %q, %v", raw, err)
	}
	if err := j.load(mostSegments, "", all); err == nil || !strings.Contains(err.Error(), "begin a new journal") {
		t.Error(err)
	}
	if err := j.load(mostSegments-1, os.DevNull, all); err != nil {
		t.Error(err)
	}
}

// TestUnwritable: what cannot be noted is an error, then and later. A result stands in the journal as it is.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "j")
	j := open(t, dir, all)
	if raw, err := j.Result(key("a")); raw != nil || err != nil {
		t.Errorf("an empty journal has %q, %v", raw, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	first := j.Start(key("a"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if later := j.Start(key("a")); !errors.Is(first, fs.ErrNotExist) || !errors.Is(later, first) {
		t.Errorf("%v, then %v", first, later)
	}
	if err := j.Close(); !errors.Is(err, first) {
		t.Errorf("%v, and Close: %v", first, err)
	}
	j = open(t, dir, all)
	if err := j.End(key("a"), End{OK: true, Final: true, Result: make(chan int)}); err == nil {
		t.Error("a channel is a result")
	}
	if err := errors.Join(j.End(key("a"), End{OK: true, Final: true, Result: "a<b>&"}), j.Close()); err != nil {
		t.Error(err)
	}
	j = open(t, dir, all)
	defer j.Close()
	if raw, err := j.Result(key("a")); string(raw) != `"a<b>&"` || err != nil || j.Torn != 0 {
		t.Errorf("%q, %v, %d torn", raw, err, j.Torn)
	}
}

// unkept has the journal write into a pipe, which no disk can keep: where lines are to be kept, the journal fails from then on.
func unkept(t *testing.T, j *Journal) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	j.mu.Lock()
	defer j.mu.Unlock()
	j.own = w
}

func ends(t *testing.T, j *Journal, n int) {
	t.Helper()
	for range n {
		if err := j.End(key("a"), End{}); err != nil {
			t.Fatal(err)
		}
	}
	j.syncs.Wait()
}

// TestKept: the disk is told to keep lines after 64 ends, counted anew each time, and after a second; not before.
func TestKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t, t.TempDir(), all)
		ends(t, j, 64)
		unkept(t, j)
		if err := j.Start(key("a")); err != nil {
			t.Fatal(err)
		}
		ends(t, j, 63)
		if err := j.Start(key("a")); err != nil {
			t.Fatalf("kept after 63 ends: %v", err)
		}
		ends(t, j, 1)
		if err := j.Start(key("a")); err == nil {
			t.Error("64 ends were not kept")
		}
		if j.Close() == nil {
			t.Error("Close kept silent")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		j := open(t, t.TempDir(), all)
		time.Sleep(time.Minute)
		ends(t, j, 1)
		time.Sleep(syncAfter / 2)
		ends(t, j, 63)
		unkept(t, j)
		if err := j.Start(key("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(syncAfter - time.Nanosecond)
		synctest.Wait()
		if err := j.Start(key("a")); err != nil {
			t.Fatalf("kept within a second: %v", err)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := j.Start(key("a")); err == nil {
			t.Error("not kept after a second")
		}
		j.Close()
	})
}

// TestKeptBeside: lines that are to be kept while the disk is at work are kept behind that; the first error stays; Close keeps the rest.
func TestKeptBeside(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir(), all)
	ends(t, j, 1)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	j.mu.Lock()
	defer j.own.Close()
	j.sync() // does not end before mu is free
	j.own, j.timer = w, time.NewTimer(time.Hour)
	j.sync()
	j.mu.Unlock()
	j.syncs.Wait()
	if err := j.Start(key("a")); err == nil {
		t.Error("not kept")
	}
	first := errors.New("disk full")
	j.err, j.timer = first, time.NewTimer(time.Hour)
	j.mu.Lock()
	j.sync()
	j.mu.Unlock()
	j.syncs.Wait()
	if err := j.Start(key("a")); !errors.Is(err, first) {
		t.Errorf("%v stands in place of the first error", err)
	}
	j.Close()

	j = open(t, t.TempDir(), all)
	unkept(t, j)
	if err := j.Start(key("a")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err == nil {
		t.Error("Close did not keep what is there")
	}
}
