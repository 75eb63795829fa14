package login

import (
	"os/exec"
	"syscall"
)

// systemOpener needs a display; wslview opens a window of the host.
func systemOpener(getenv func(string) string) (command []string, why string) {
	if getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" {
		return nil, "there is no display"
	}
	for _, name := range []string{"xdg-open", "wslview"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, ""
		}
	}
	return nil, "xdg-open is not installed"
}

// detach gives the program a session of its own: no Ctrl-C, no terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
