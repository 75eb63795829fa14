package supervise

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func status(cause error) int {
	if e, ok := errors.AsType[*Error](cause); ok {
		return map[string]int{"interrupt": 130, "hangup": 129, "terminated": 143}[e.Class()]
	}
	return 1
}

// ended is the exit code of a process that runs the command, whoever of the two ends it.
func ended(w *watched, command func(ctx, kill context.Context) int, signals <-chan os.Signal) int {
	code := make(chan int, 2)
	w.status, w.exit = status, func(n int) { code <- n }
	go func() {
		code <- w.run(func(ctx, kill context.Context, catch func()) int {
			catch()
			return command(ctx, kill)
		}, func() <-chan os.Signal { return signals })
	}()
	return <-code
}

func TestWatch(t *testing.T) {
	t.Parallel()
	obeys := func(ctx, _ context.Context) int {
		<-ctx.Done()
		return status(context.Cause(ctx))
	}
	deaf := func(context.Context, context.Context) int {
		time.Sleep(time.Hour)
		return 0
	}
	stubborn := func(_, kill context.Context) int {
		<-kill.Done()
		return status(context.Cause(kill)) + 1
	}
	quick := func(context.Context, context.Context) int { return 7 }
	cases := []struct {
		name    string
		command func(ctx, kill context.Context) int
		busy    time.Duration
		signals []os.Signal
		code    int
		took    time.Duration
		gaveUp  bool
	}{
		{"no signal", quick, 0, nil, 7, 0, false},
		{"no signal, while a login is saved", quick, again, nil, 7, again, false},
		{"SIGINT obeyed", obeys, 0, []os.Signal{syscall.SIGINT}, 130, 0, false},
		{"SIGTERM obeyed", obeys, 0, []os.Signal{syscall.SIGTERM}, 143, 0, false},
		{"SIGHUP obeyed", obeys, 0, []os.Signal{syscall.SIGHUP}, 129, 0, false},
		{"SIGTERM without effect", deaf, 0, []os.Signal{syscall.SIGTERM}, 143, grace + last, false},
		{"SIGTERM obeyed at the last moment", stubborn, 0, []os.Signal{syscall.SIGTERM}, 144, grace, false},
		{"second SIGINT", deaf, 0, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 130, last, false},
		{"second SIGINT obeyed", stubborn, 0, []os.Signal{syscall.SIGTERM, syscall.SIGINT}, 131, 0, false},
		{"second SIGINT while a login is saved", deaf, time.Hour, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 130, last, true},
		{"second SIGINT while a login is saved, obeyed", obeys, time.Hour, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 130, 0, true},
		{"second SIGINT after the end, while a login is saved", quick, time.Hour, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 7, 0, true},
		{"SIGTERM twice while a login is saved", obeys, 3 * time.Second, []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 143, 3 * time.Second, false},
		{"SIGTERM while a login is saved", deaf, 3 * time.Second, []os.Signal{syscall.SIGTERM}, 143, 3*time.Second + 10*time.Millisecond + last, false},
		{"SIGTERM obeyed while a login is saved", obeys, 3 * time.Second, []os.Signal{syscall.SIGTERM}, 143, 3 * time.Second, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal, 2)
				for _, s := range c.signals {
					signals <- s
				}
				begun := time.Now()
				gaveUp := false
				w := newWatch(func() bool { return time.Since(begun) < c.busy }, func() { gaveUp = true })
				code := ended(w, c.command, signals)
				if took := time.Since(begun); code != c.code || took != c.took || gaveUp != c.gaveUp {
					t.Errorf("code %d after %v, want %d after %v; gave up: %v", code, took, c.code, c.took, gaveUp)
				}
				time.Sleep(2 * time.Hour) // the deaf command ends too
			})
		})
	}
}

// TestInterrupt: what a SIGINT ends may be a part of the command.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(func() bool { return false }, func() {})
		left := 1
		w.interrupt = func(cause error) bool {
			left--
			return left >= 0 && status(cause) == 130
		}
		signals := make(chan os.Signal, 2)
		signals <- syscall.SIGINT
		signals <- syscall.SIGINT
		code := ended(w, func(ctx, _ context.Context) int {
			<-ctx.Done()
			return status(context.Cause(ctx))
		}, signals)
		if code != 130 || left != -1 {
			t.Errorf("code %d, %d", code, left)
		}
	})
}

// TestSave: a signal after the command's end waits for a login that is being saved; a second SIGINT gives it up. The exit code stays.
func TestSave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signals []os.Signal
		took    time.Duration
		gaveUp  bool
	}{
		"SIGINT":               {[]os.Signal{syscall.SIGINT}, 10 * time.Second, false},
		"SIGTERM twice":        {[]os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 10 * time.Second, false},
		"SIGINT twice":         {[]os.Signal{syscall.SIGINT, syscall.SIGINT}, 2 * time.Second, true},
		"SIGTERM, then SIGINT": {[]os.Signal{syscall.SIGTERM, syscall.SIGINT}, 2 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal)
				go func() {
					for _, s := range c.signals {
						time.Sleep(time.Second)
						signals <- s
					}
				}()
				begun := time.Now()
				gaveUp := false
				w := newWatch(func() bool { return time.Since(begun) < 10*time.Second }, func() { gaveUp = true })
				code := ended(w, func(context.Context, context.Context) int { return 7 }, signals)
				if took := time.Since(begun); code != 7 || took != c.took || gaveUp != c.gaveUp {
					t.Errorf("code %d after %v, want 7 after %v; gave up: %v", code, took, c.took, gaveUp)
				}
			})
		})
	}
}
