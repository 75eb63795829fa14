//go:build unix

package supervise

import (
	"context"
	"os"
	"syscall"
	"testing"
)

func TestRun(t *testing.T) {
	code := Run(func(ctx, _ context.Context, catch func()) int {
		catch()
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		return status(context.Cause(ctx))
	}, func() bool { return false }, func() {}, nil, status)
	if code != 143 {
		t.Errorf("code %d, want 143", code)
	}
}
