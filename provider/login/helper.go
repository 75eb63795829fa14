package login

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"

	"hermes/authfile"
)

// plain are the variables that a renewal may need. The helper gets no others: an environment can be seen from outside,
// and keys live in it.
var plain = []string{
	"PATH", "HOME", "USERPROFILE", "SystemRoot", "TMPDIR", "LANG", "LC_ALL",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG",
}

// handover is the one line on the helper's standard input, since arguments and environment can be seen from outside.
type handover struct {
	Rejected string `json:"rejected"` // the token that a server refused, "" for none
	Network  any    `json:"network"`  // how servers are reached
}

// Helper is authfile.Options.Detach by this program itself: `hermes auth refresh ID --lock-fd 3`, in a session of its
// own, which a kill of the caller's process group does not reach. It reaches servers by what network gives, which must
// survive JSON: a helper without the caller's settings would fail where the caller does not.
func Helper(home string, getenv func(string) string, network func() any) func(ctx context.Context, id, rejected string, lock *os.File) error {
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
		line, err := json.Marshal(handover{rejected, network()})
		if err != nil {
			return err
		}
		return authfile.StartDetached(ctx, cmd, string(line), lock)
	}
}

// Told reads in the helper process what the caller handed over. Whatever is wrong with it ends the helper before it
// touches anything: the caller then renews by itself.
func Told(in io.Reader, network any) (rejected string, err error) {
	told := handover{Network: network}
	if err := json.NewDecoder(io.LimitReader(in, 1<<20)).Decode(&told); err != nil {
		return "", failf("internal", "the helper process was not told how to renew: %v", err)
	}
	return told.Rejected, nil
}

// Assist is what that process does with the lock that it inherited as a descriptor. The result goes to the files, where the
// caller looks.
func (c Commands) Assist(ctx context.Context, a Account, descriptor int) error {
	lock := os.NewFile(uintptr(descriptor), authfile.LockName)
	_, _, err := c.Store.RenewLocked(ctx, a.ID, c.Rejected, lock, Exchange(c.Transport))
	return err
}
