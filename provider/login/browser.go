package login

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Browser returns how to open a page for the person at this machine, or why
// that cannot work: a remote session, no display, only console browsers. The
// caller adds the one reason it alone knows, that there is no terminal.
//
// $BROWSER is honoured as a list of programs, with %s for the address, each
// started without a shell. The function it returns takes http(s) addresses
// with a host and without userinfo, hands them over as one argument, and does
// not wait. The browser gets no terminal, no stdin, and of the environment only
// what a desktop needs.
func Browser(getenv func(string) string) (open func(url string) error, why string) {
	for _, name := range remoteSigns() {
		if getenv(name) != "" {
			return nil, "this is a remote session (" + name + " is set)"
		}
	}
	command, why := chosen(getenv("BROWSER"))
	if command == nil && why == "" {
		command, why = systemOpener(getenv)
	}
	if why != "" {
		return nil, why
	}
	return func(page string) error {
		if err := checkPage(page); err != nil {
			return err
		}
		return launch(withPage(command, page))
	}, ""
}

func remoteSigns() []string {
	return []string{
		"SSH_CLIENT", "SSH_TTY", "SSH_CONNECTION", "CLOUD_SHELL", "CODESPACES", "CODESPACE_NAME",
		"GITPOD_WORKSPACE_ID", "REPL_ID", "STACKBLITZ",
	}
}

// chosen finds the first program of $BROWSER that is installed and opens a
// window. Neither result is set when the variable is empty.
func chosen(value string) (command []string, why string) {
	if strings.TrimSpace(value) == "" {
		return nil, ""
	}
	why = "$BROWSER names no program that is installed"
	for _, entry := range filepath.SplitList(value) {
		words := strings.Fields(entry)
		if len(words) == 0 {
			continue
		}
		path, err := exec.LookPath(words[0])
		switch {
		case err != nil:
		case onConsole(path), onConsole(words[0]):
			why = "$BROWSER names a browser that runs on the terminal"
		default:
			return append([]string{path}, words[1:]...), ""
		}
	}
	return nil, why
}

// onConsole knows the browsers that would take over the terminal.
func onConsole(path string) bool {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".exe")
	return slices.Contains([]string{
		"www-browser", "w3m", "lynx", "links", "links2", "elinks", "browsh", "carbonyl", "netrik", "retawq",
	}, name)
}

func withPage(command []string, page string) []string {
	argv := slices.Clone(command)
	placed := false
	for i := 1; i < len(argv); i++ {
		if strings.Contains(argv[i], "%s") {
			argv[i], placed = strings.ReplaceAll(argv[i], "%s", page), true
		}
	}
	if !placed {
		argv = append(argv, page)
	}
	return argv
}

// checkPage refuses everything that a program could take for anything but the
// address of a web page (CVE-2025-6514 ran a command from such an address).
func checkPage(page string) error {
	u, err := url.Parse(page)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the address is not an http(s) URL with a host")
	case u.User != nil:
		return errors.New("the address has a name or password in it")
	case strings.ContainsFunc(page, oddInURL):
		return errors.New("the address has characters that no URL holds")
	}
	return nil
}

func oddInURL(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"'`\\<>^{|}", r)
}

// launch starts a program that outlives this one. The goroutine reaps it if it
// ends sooner.
func launch(argv []string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = desktopOnly(os.Environ())
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(argv[0]), err)
	}
	go cmd.Wait()
	return nil
}

// desktopOnly keeps the variables by which a program finds the person's session,
// windows and settings. Secrets have names of any kind, so others are dropped.
func desktopOnly(environ []string) []string {
	return slices.DeleteFunc(environ, func(entry string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		family := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		return !slices.Contains(desktop(), name) && !slices.ContainsFunc([]string{"XDG_", "LC_", "KDE_", "GNOME_", "WSL"}, family)
	})
}

// desktop are names in capitals, which is how Windows compares them.
func desktop() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "BROWSER",
		"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "ICEAUTHORITY", "SESSION_MANAGER", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
		"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA",
		"PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "COMMONPROGRAMFILES", "HOMEDRIVE", "HOMEPATH",
	}
}
