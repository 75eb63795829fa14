package login

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"

	"hermes/authfile"
)

// plain are the variables that a renewal may need. The helper gets no others: an environment can be seen from outside,
// and keys live in it.
var plain = []string{
	"PATH", "HOME", "USERPROFILE", "SystemRoot", "TMPDIR", "LANG", "LC_ALL",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

// Helper is authfile.Options.Detach by this program itself: `hermes auth refresh ID --lock-fd 3`, in a session of its
// own, which a kill of the caller's process group does not reach.
func Helper(home string, getenv func(string) string) func(ctx context.Context, id, rejected string, lock *os.File) error {
	return func(ctx context.Context, id, rejected string, lock *os.File) error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		cmd := exec.Command(self, "auth", "refresh", id, "--lock-fd=3")
		cmd.Env = []string{"HERMES_HOME=" + home}
		for _, name := range plain {
			if v := getenv(name); v != "" {
				cmd.Env = append(cmd.Env, name+"="+v)
			}
		}
		return authfile.StartDetached(ctx, cmd, rejected, lock)
	}
}

// Assist is what that process does. The token that a server refused, if any, is the one line of stdin; the result goes
// to the files, where the caller looks.
func (d Desk) Assist(ctx context.Context, a Account, lock *os.File) error {
	line, err := io.ReadAll(io.LimitReader(d.UI.In, 1<<20))
	if err != nil {
		return failf("no_input", "the token that was refused: %v", err)
	}
	_, _, err = d.Store.RenewLocked(ctx, a.ID, strings.TrimSuffix(string(line), "\n"), lock, Exchange(d.Transport))
	return err
}
