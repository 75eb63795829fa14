//go:build linux

package lock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func classOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class()
	}
	return ""
}

// Case 42: thousands of acquisitions, half of them given up, leave no
// descriptor, goroutine or lock behind.
func TestManyAcquisitions(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	a, b := New(Options{}), New(Options{})
	round := func() {
		h, err := a.Lock(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Microsecond, cancel)
		if _, err := b.Lock(ctx, path); err == nil {
			t.Fatal("two holders")
		}
		h.Release()
		h, err = b.Lock(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		h.Release()
	}
	for range 10 {
		round()
	}
	fds, routines := countFDs(t), runtime.NumGoroutine()
	n := 2000
	if testing.Short() {
		n = 100
	}
	for range n {
		round()
	}
	for end := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > routines && time.Now().Before(end); {
		<-time.After(5 * time.Millisecond)
	}
	if f, g := countFDs(t), runtime.NumGoroutine(); f != fds || g > routines {
		t.Errorf("%d descriptors became %d, %d goroutines %d", fds, f, routines, g)
	}
}

func countFDs(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		entries, err = os.ReadDir("/dev/fd")
	}
	if err != nil {
		t.Skip(err)
	}
	return len(entries)
}

// A lock on a file that was deleted while we waited does not count.
func TestDeletedLockDoesNotCount(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	old := flock.New(path)
	if ok, err := old.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	got := make(chan *Held)
	go func() {
		h, err := New(Options{}).Lock(context.Background(), path)
		if err != nil {
			t.Error(err)
		}
		got <- h
	}()
	for !waiterIn(t, path) {
		<-time.After(time.Millisecond)
	}
	os.Remove(path)
	fresh := flock.New(path)
	if ok, err := fresh.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := old.Unlock(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-got:
		t.Fatal("two holders")
	case <-time.After(100 * time.Millisecond):
	}
	if err := fresh.Unlock(); err != nil {
		t.Fatal(err)
	}
	h := <-got
	if !h.Current() {
		t.Error("not ours")
	}
	os.Remove(path)
	if h.Current() {
		t.Error("ours, though its file is gone")
	}
	h.Release()
}

// waiterIn says whether somebody waits for the lock on a file.
func waiterIn(t *testing.T, path string) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Skip(err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if strings.Contains(line, "->") && strings.Contains(line, fmt.Sprintf(":%d ", st.Ino)) {
			return true
		}
	}
	return false
}

// The descriptor for a helper is that of the lock that is held, not of another
// opening of the same file, and an inherited one is checked.
func TestDescriptor(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	decoy, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer decoy.Close()
	h, err := New(Options{}).Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	f := h.Share()
	if f == nil {
		t.Fatal("not found")
	}
	defer f.Close()
	child, err := New(Options{}).Inherit(t.Context(), f, path)
	if err != nil || !child.Current() {
		t.Fatal(err)
	}
	child.Release()
	if _, err := New(Options{}).Inherit(t.Context(), decoy, path); classOf(err) != "lock_timeout" {
		t.Errorf("another opening: %v", err)
	}
	other, err := os.Create(path + ".other")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := New(Options{}).Inherit(t.Context(), other, path); classOf(err) != "io" {
		t.Errorf("another file: %v", err)
	}
	if _, err := New(Options{}).TryLock(t.Context(), path); !errors.Is(err, ErrBusy) {
		t.Errorf("the end of the child freed the lock: %v", err)
	}
	h.Release()
	if err := syscall.Flock(int(decoy.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Errorf("still locked by the copy: %v", err) // an unlock is for all copies of a descriptor
	}
}

// Case 31: whoever dies with the lock leaves it free, Python too.
func TestLockOfADeadProcessIsFree(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	cmd := exec.Command(python, "-c", `
import fcntl, sys, time
f = open(sys.argv[1], "a+")
fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held", flush=True)
time.sleep(60)`, path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	m := New(Options{})
	if _, err := m.TryLock(t.Context(), path); !errors.Is(err, ErrBusy) {
		t.Errorf("Python's lock does not exclude us: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	h, err := m.Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	probe := `import fcntl, sys
f = open(sys.argv[1], "a+")
try:
    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB); print("free")
except OSError:
    print("busy")`
	if said, _ := exec.Command(python, "-c", probe, path).Output(); string(said) != "busy\n" {
		t.Errorf("our lock is %q to Python", said)
	}
}

func TestLockPID(t *testing.T) {
	t.Parallel()
	table := "1: FLOCK  ADVISORY  WRITE 100 fe:00:77 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 101 fe:00:77 0 EOF\n" +
		"2: POSIX  ADVISORY  WRITE 102 fe:00:78 0 EOF\n3: FLOCK  ADVISORY  WRITE 103 00:2a:78 0 EOF\n4: FLOCK garbage\n" +
		"5: FLOCK  ADVISORY  WRITE 104 fe:00:80\n6: FLOCK  ADVISORY  WRITE who 00:2a:80 0 EOF\n"
	dev := uint64(0xfe00)
	for ino, want := range map[uint64]int{77: 100, 78: 103, 79: 0, 80: 104} {
		if got := lockPID(table, dev, ino); got != want {
			t.Errorf("inode %d: %d", ino, got)
		}
	}
}

// What the kernel says of a process, and of one that is not there.
func TestHolderIn(t *testing.T) {
	t.Parallel()
	for stat, want := range map[string]Holder{
		"7 (hermes) R 1": {7, "hermes", "running"}, "7 (a) b) S 1": {7, "a) b", "sleeping"}, "7 (\x1b[2J) I 1": {7, "?[2J", "sleeping"},
		"7 (ü~ ) D": {7, "?~ ", "waiting for the disk"}, "7 (a) T 1": {7, "a", Suspended}, "7 (a) t 1": {7, "a", Suspended},
		"7 () Z 1": {7, "", "dead"}, "7 (a) X 1": {7, "a", "dead"}, "7 (a) P 1": {7, "a", ""}, "(a) R": {7, "a", "running"},
		"": {PID: 7}, "7 a) R": {PID: 7}, "7 (a R": {PID: 7}, "7 )a( R": {PID: 7}, "7 (a)": {PID: 7}, "7 (a) ": {PID: 7},
	} {
		if got := holderIn(7, []byte(stat)); got != want {
			t.Errorf("%q: %+v, want %+v", stat, got, want)
		}
	}
	if h := describe(os.Getpid()); h.Name == "" || h.State == "" {
		t.Errorf("%+v", h)
	}
}

// locked has the lock at path until the test ends.
func locked(t *testing.T) (h *Held, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), Name)
	h, err := New(Options{}).Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Release)
	return h, path
}

// A wait ends at its time, and says who has the lock; one told so after a second, once. It is the same between two goroutines of one
// process, and when the caller gives up the error is the caller's.
func TestWaitIsBounded(t *testing.T) {
	t.Parallel()
	_, path := locked(t)
	var told []Holder
	m := New(Options{Timeout: 3 * time.Second, Waiting: func(h Holder) { told = append(told, h) }})
	want := fmt.Sprintf("%s is in use by process %d (%s) for more than 3s", path, os.Getpid(), describe(os.Getpid()).Name)
	start := time.Now()
	_, err := m.Lock(t.Context(), path)
	if classOf(err) != "lock_timeout" || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if d := time.Since(start); d < 3*time.Second || d > 30*time.Second {
		t.Errorf("waited %v", d)
	}
	if len(told) != 1 || told[0].PID != os.Getpid() {
		t.Errorf("told %+v", told)
	}
	quick := New(Options{Timeout: 50 * time.Millisecond})
	mine, err := quick.Lock(t.Context(), path+".mine")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := quick.Lock(t.Context(), path+".mine"); classOf(err) != "lock_timeout" {
		t.Errorf("the turn of another goroutine: %v", err)
	}
	if _, err := quick.TryLock(t.Context(), path+".mine"); !errors.Is(err, ErrBusy) {
		t.Errorf("the turn of another goroutine: %v", err)
	}
	mine.Release()
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if _, err := quick.Lock(ctx, path); !errors.Is(err, gone) {
		t.Errorf("%v, want the caller's cause", err)
	}
}

// Whoever has the lock when its files are deleted takes the new ones too: all of them, or in a child process the last one, for its parent
// has the others.
func TestRegain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, last := filepath.Join(dir, "first"), filepath.Join(dir, "last")
	h, err := New(Options{}).Lock(t.Context(), first, last)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	child, err := New(Options{Timeout: time.Second}).Inherit(t.Context(), h.Share(), first, last)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(last)
	if child.Current() || h.Current() {
		t.Error("current, though the file is gone")
	}
	if err := child.Regain(); err != nil {
		t.Errorf("the child waits for its parent: %v", err)
	}
	if _, err := New(Options{}).TryLock(t.Context(), last); !errors.Is(err, ErrBusy) {
		t.Errorf("the child does not have the new file: %v", err)
	}
	child.Release()
	os.Remove(first)
	if err := h.Regain(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{first, last} {
		if _, err := New(Options{}).TryLock(t.Context(), path); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// What stands in the place of a lock file, and the words for it.
func TestNoLockFile(t *testing.T) {
	t.Parallel()
	for want, make := range map[string]func(path string) error{
		"is a directory":             func(path string) error { return os.Mkdir(path, 0o700) },
		"is a pipe, not a lock file": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"(it is a symbolic link)":    func(path string) error { return os.Symlink("there", path) },
		"(cannot save beside it)":    func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		path := filepath.Join(t.TempDir(), "f")
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		if want == "(cannot save beside it)" {
			path += "/" + Name
		}
		_, err := New(Options{}).Lock(t.Context(), path)
		if classOf(err) != "io" || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := os.WriteFile(open, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{}).Lock(t.Context(), open)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	if info, err := os.Stat(open); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can open the lock: %v, %v", info.Mode(), err)
	}
}
