package login

import (
	"os/exec"
	"syscall"
)

func systemOpener(func(string) string) (command []string, why string) {
	return []string{"/usr/bin/open"}, ""
}

// detach gives the program a session of its own: no Ctrl-C, no terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
