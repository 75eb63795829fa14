//go:build unix

package authfile

import (
	"bufio"
	"syscall"
	"testing"
)

// launchGroup is launch in a process group of its own.
func launchGroup(t *testing.T, j job) *process {
	t.Helper()
	cmd := j.command()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	p := &process{cmd: cmd, lines: bufio.NewScanner(out), start: func() { in.Close() }}
	p.lines.Scan()
	return p
}
