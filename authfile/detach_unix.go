//go:build unix

package authfile

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// StartDetached runs cmd as the helper process of a renewal: in a session of
// its own, with the lock as descriptor 3 and line, which may hold a secret, as
// its standard input: arguments and environment can be seen from outside.
// Its other streams go where cmd says, by default nowhere. It waits for the
// end. A ctx that ends does not kill the helper: it only stops the waiting.
func StartDetached(ctx context.Context, cmd *exec.Cmd, line string, lock *os.File) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = []*os.File{lock}
	cmd.Stdin = strings.NewReader(line + "\n")
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the helper process: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
