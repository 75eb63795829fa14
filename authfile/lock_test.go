//go:build linux

package authfile

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

// holdLock starts a process that holds the lock until it is killed or told.
func holdLock(t *testing.T, home string) *process {
	t.Helper()
	p := launch(t, job{Home: home, Do: "hold"})
	p.start()
	if !p.lines.Scan() || p.lines.Text() != "held" {
		t.Fatalf("holder said %q", p.lines.Text())
	}
	return p
}

// Case 18 and the bounded wait: the error names who holds the lock and that he
// is suspended, says that nothing is lost, and when he goes on all is well.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	p := holdLock(t, home)
	pid := p.cmd.Process.Pid
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitState(t, pid, stateSuspended)
	var waiting []Holder
	s := Open(home, Options{LockTimeout: 1200 * time.Millisecond, Waiting: func(h Holder) { waiting = append(waiting, h) }})
	began := time.Now()
	_, _, err := s.Renew(t.Context(), testID, "", Exchange{})
	if classOf(err) != "lock_timeout" || time.Since(began) > 10*time.Second {
		t.Fatalf("after %v: %v", time.Since(began), err)
	}
	for _, want := range []string{filepath.Join(home, LockName), "not lost", "1.2s"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	if runtime.GOOS == "linux" {
		if want := fmt.Sprintf("process %d (", pid); !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "suspended") {
			t.Errorf("no %q in: %v", want, err)
		}
		if len(waiting) != 1 || waiting[0].PID != pid || waiting[0].State != stateSuspended || waiting[0].Name == "" {
			t.Errorf("told %+v", waiting)
		}
	}
	_ = p.cmd.Process.Signal(syscall.SIGCONT)
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
	if e, r, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" || !r.Renewed {
		t.Errorf("afterwards: %v", err)
	}
}

// A wait ends with its context, at once.
func TestWaitEndsWithTheContext(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	p := holdLock(t, home)
	s := Open(home, Options{})
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(cause) })
	began := time.Now()
	if _, _, err := s.Renew(ctx, testID, "", Exchange{}); !errors.Is(err, cause) || time.Since(began) > 20*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	h, err := s.acquire(t.Context()) // the wait that was given up has given its lock back
	if err != nil {
		t.Fatal(err)
	}
	h.release()
}

// Case 42: thousands of acquisitions, half of them given up, leave no
// descriptor, goroutine or lock behind.
func TestManyAcquisitions(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	a, b := Open(home, Options{}), Open(home, Options{})
	round := func() {
		h, err := a.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Microsecond, cancel)
		if _, err := b.acquire(ctx); err == nil {
			t.Fatal("two holders")
		}
		h.release()
		h, err = b.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.release()
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

// Case 35: a script deletes the lock file all the time. Nobody crashes or
// hangs; two holders at once are possible then, and the journal and the
// comparison of grants keep the store whole.
func TestLockFileIsDeletedAllTheTime(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	srv.delay, srv.grace = 50*time.Millisecond, true
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				os.Remove(filepath.Join(home, LockName))
			}
		}
	}()
	for _, r := range crowd(t, 20, job{Home: home, URL: srv.URL}) {
		if r.Err == "died" {
			t.Error("died")
		}
	}
	close(stop)
	<-done
	if r, _ := runJob(t, job{Home: home, URL: srv.URL}); r.Token == "" {
		t.Errorf("afterwards: %s", r.Err)
	}
	checkHome(t, home, true)
}

// A lock on a file that was deleted while we waited does not count.
func TestDeletedLockDoesNotCount(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	path := filepath.Join(home, LockName)
	old := flock.New(path)
	if ok, err := old.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	got := make(chan *held)
	go func() {
		h, err := Open(home, Options{}).acquire(context.Background())
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
	if !h.stillOurs() {
		t.Error("not ours")
	}
	os.Remove(path)
	if h.stillOurs() {
		t.Error("ours, though its file is gone")
	}
	h.release()
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

// Case 37: a process started while the lock is held inherits nothing of it.
func TestChildrenInheritNoDescriptor(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	x := &script{answer: []func(context.Context) ([]byte, error){func(ctx context.Context) ([]byte, error) {
		out, err := exec.Command("sh", "-c", "ls -l /proc/self/fd").CombinedOutput()
		if strings.Contains(string(out), home) {
			t.Errorf("open in the child (%v):\n%s", err, out)
		}
		return pairAnswer("AT-1", "RT-1")(ctx)
	}}}
	if _, _, err := Open(home, Options{}).Renew(t.Context(), testID, "", x.exchange()); err != nil {
		t.Fatal(err)
	}
}

// The descriptor for a helper is that of the lock that is held, not of another
// opening of the same file, and an inherited one is checked.
func TestDescriptor(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := Open(home, Options{})
	path := filepath.Join(home, LockName)
	decoy, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer decoy.Close()
	h, err := s.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := h.descriptor()
	if f == nil {
		t.Fatal("not found")
	}
	defer f.Close()
	if err := checkInherited(f, h.place); err != nil {
		t.Error(err)
	}
	if err := checkInherited(decoy, h.place); classOf(err) != "lock_timeout" {
		t.Errorf("another opening: %v", err)
	}
	other, err := os.Open(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := checkInherited(other, h.place); classOf(err) != "io" {
		t.Errorf("another file: %v", err)
	}
	h.release()
	if err := syscall.Flock(int(decoy.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Errorf("still locked by the copy: %v", err) // an unlock is for all copies of a descriptor
	}
}

// A detached helper that is still at work keeps the lock when its parent gives
// up, and the parent's next renewal waits for it.
func TestParentGivesUpWhileTheHelperWorks(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	finish := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s := Open(home, Options{Detach: func(inner context.Context, id, rejected string, lock *os.File) error {
		cancel()
		<-finish
		if inner.Err() != nil || id != testID || rejected != "" {
			t.Errorf("%v %q %q", inner.Err(), id, rejected)
		}
		return nil
	}})
	if _, _, err := s.Renew(ctx, testID, "", Exchange{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := Open(home, Options{}).acquireNow(t.Context()); !errors.Is(err, errLockBusy) {
		t.Errorf("the lock is free: %v", err)
	}
	close(finish)
	h, err := Open(home, Options{}).acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.release()
}

// A helper that cannot be started is no obstacle.
func TestHelperCannotStart(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	var warned string
	s := Open(home, Options{
		Warn: func(code, _ string) { warned += code },
		Detach: func(ctx context.Context, _, rejected string, lock *os.File) error {
			return StartDetached(ctx, exec.Command("/does/not/exist"), rejected, lock)
		},
	})
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
	if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" || warned != "helper_failed" {
		t.Errorf("%q %q %v", e.AccessToken, warned, err)
	}
}

// Case 31: whoever dies with the lock leaves it free, Python too.
func TestLockOfADeadProcessIsFree(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	cmd := exec.Command(python, "-c", `
import fcntl, sys, time
f = open(sys.argv[1], "a+")
fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held", flush=True)
time.sleep(60)`, filepath.Join(home, LockName))
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
	s := Open(home, Options{})
	if _, err := s.acquireNow(t.Context()); !errors.Is(err, errLockBusy) {
		t.Errorf("Python's lock does not exclude us: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	h, err := s.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.release()
	probe := `import fcntl, sys
f = open(sys.argv[1], "a+")
try:
    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB); print("free")
except OSError:
    print("busy")`
	if said, _ := exec.Command(python, "-c", probe, filepath.Join(home, LockName)).Output(); string(said) != "busy\n" {
		t.Errorf("our lock is %q to Python", said)
	}
}

// Cases 18 and 19: Ctrl-Z and a closed pipe do not stop a holder.
func TestHolderIsNotStopped(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	srv.delay = 300 * time.Millisecond
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	p := launch(t, job{Home: home, URL: srv.URL})
	p.start()
	<-srv.arrived
	for _, sig := range []syscall.Signal{syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGPIPE} {
		_ = p.cmd.Process.Signal(sig)
	}
	if r, ok := p.result(t); !ok || r.Token != "AT-1" {
		t.Errorf("alive %v, token %q, error %q", ok, r.Token, r.Err)
	}
	checkHome(t, home, false)
}

func TestLockPID(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc/locks")
	}
	table := "1: FLOCK  ADVISORY  WRITE 100 fe:00:77 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 101 fe:00:77 0 EOF\n" +
		"2: POSIX  ADVISORY  WRITE 102 fe:00:78 0 EOF\n3: FLOCK  ADVISORY  WRITE 103 00:2a:78 0 EOF\n4: FLOCK garbage\n"
	dev := uint64(0xfe00)
	for ino, want := range map[uint64]int{77: 100, 78: 103, 79: 0} {
		if got := lockPID(table, dev, ino); got != want {
			t.Errorf("inode %d: %d", ino, got)
		}
	}
	if h := describe(os.Getpid()); h.Name == "" || h.State == "" {
		t.Errorf("%+v", h)
	}
}
