package login

import (
	"os/exec"
	"path/filepath"
	"syscall"
)

// systemOpener avoids cmd.exe, whose "start" would interpret an ampersand.
func systemOpener(getenv func(string) string) (command []string, why string) {
	root := getenv("SystemRoot")
	if root == "" {
		return nil, "SystemRoot is not set"
	}
	return []string{filepath.Join(root, "System32", "rundll32.exe"), "url.dll,FileProtocolHandler"}, ""
}

// detach keeps a console's Ctrl-C from the program.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
