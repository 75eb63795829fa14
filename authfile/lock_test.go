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

	"hermes/authfile/lock"
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
	waitSuspended(t, pid)
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
		if len(waiting) != 1 || waiting[0].PID != pid || waiting[0].State != lock.Suspended || waiting[0].Name == "" {
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
	h.Release()
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
	if _, err := Open(home, Options{}).acquireNow(t.Context()); !errors.Is(err, lock.ErrBusy) {
		t.Errorf("the lock is free: %v", err)
	}
	close(finish)
	h, err := Open(home, Options{}).acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Release()
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
