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

func TestWatch(t *testing.T) {
	t.Parallel()
	obeys := func(ctx, _ context.Context, _ <-chan struct{}) int {
		<-ctx.Done()
		return status(context.Cause(ctx))
	}
	deaf := func(context.Context, context.Context, <-chan struct{}) int {
		time.Sleep(time.Hour)
		return 0
	}
	stubborn := func(_, kill context.Context, _ <-chan struct{}) int {
		<-kill.Done()
		return status(context.Cause(kill)) + 1
	}
	quick := func(context.Context, context.Context, <-chan struct{}) int { return 7 }
	cases := []struct {
		name    string
		command Command
		busy    time.Duration
		signals []os.Signal
		code    int
		took    time.Duration
	}{
		{"no signal", quick, 0, nil, 7, 0},
		{"no signal, while a login is saved", quick, again, nil, 7, again},
		{"SIGINT heeded", obeys, 0, []os.Signal{syscall.SIGINT}, 130, 0},
		{"SIGTERM heeded", obeys, 0, []os.Signal{syscall.SIGTERM}, 143, 0},
		{"SIGHUP heeded", obeys, 0, []os.Signal{syscall.SIGHUP}, 129, 0},
		{"SIGTERM not heeded", deaf, 0, []os.Signal{syscall.SIGTERM}, 143, grace + last},
		{"SIGTERM heeded at the last moment", stubborn, 0, []os.Signal{syscall.SIGTERM}, 144, grace},
		{"second SIGINT", deaf, 0, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 130, last},
		{"second SIGINT heeded", stubborn, 0, []os.Signal{syscall.SIGTERM, syscall.SIGINT}, 131, 0},
		{"second SIGINT while a login is saved", deaf, time.Hour, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 130, last},
		{"SIGTERM while a login is saved", deaf, 3 * time.Second, []os.Signal{syscall.SIGTERM}, 143, 3*time.Second + 10*time.Millisecond + last},
		{"SIGTERM heeded while a login is saved", obeys, 3 * time.Second, []os.Signal{syscall.SIGTERM}, 143, 3 * time.Second},
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
				w := newWatch(c.command, func() bool { return time.Since(begun) < c.busy })
				code := w.watch(signals, status)
				if took := time.Since(begun); code != c.code || took != c.took {
					t.Errorf("code %d after %v, want %d after %v", code, took, c.code, c.took)
				}
				time.Sleep(2 * time.Hour) // the deaf command ends too
			})
		})
	}
}
