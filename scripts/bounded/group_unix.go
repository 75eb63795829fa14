//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// group puts a command and all that it starts into a process group of their own.
func group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// end asks for the end of the group: Go programs say where each goroutine stands.
func end(cmd *exec.Cmd, hard bool) {
	sig := syscall.SIGQUIT
	if hard {
		sig = syscall.SIGKILL
	}
	_ = syscall.Kill(-cmd.Process.Pid, sig)
}
