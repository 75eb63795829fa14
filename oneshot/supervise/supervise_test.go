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
	obeys := func(ctx context.Context) int {
		<-ctx.Done()
		return status(context.Cause(ctx))
	}
	deaf := func(context.Context) int {
		time.Sleep(time.Hour)
		return 0
	}
	cases := []struct {
		name    string
		command func(context.Context) int
		busy    time.Duration
		signals []os.Signal
		code    int
		took    time.Duration
	}{
		{"no signal", func(context.Context) int { return 7 }, 0, nil, 7, 0},
		{"SIGINT heeded", obeys, 0, []os.Signal{syscall.SIGINT}, 130, 0},
		{"SIGTERM heeded", obeys, 0, []os.Signal{syscall.SIGTERM}, 143, 0},
		{"SIGHUP heeded", obeys, 0, []os.Signal{syscall.SIGHUP}, 129, 0},
		{"SIGTERM not heeded", deaf, 0, []os.Signal{syscall.SIGTERM}, 143, grace},
		{"second SIGINT", deaf, 0, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 130, 0},
		{"SIGTERM while a login is saved", deaf, 3 * time.Second, []os.Signal{syscall.SIGTERM}, 143, 3 * time.Second},
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
				code := watch(signals, c.command, func() bool { return time.Since(begun) < c.busy }, status)
				if took := time.Since(begun); code != c.code || took != c.took {
					t.Errorf("code %d after %v, want %d after %v", code, took, c.code, c.took)
				}
				time.Sleep(2 * time.Hour) // the deaf command ends too
			})
		})
	}
}
