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
	Task
	Network any `json:"network"` // how servers are reached
}

// Task is what a helper process is to renew.
type Task struct {
	Login    string `json:"login"`    // which of the provider's, as authfile names it
	Rejected string `json:"rejected"` // the token that a server refused, "" for none
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
		cmd := exec.Command(self, "auth", "refresh", authfile.ProviderOf(id), "--lock-fd=3")
		cmd.Env = []string{"HERMES_HOME=" + home}
		for _, name := range plain {
			if v := getenv(name); v != "" {
				cmd.Env = append(cmd.Env, name+"="+v)
			}
		}
		line, err := json.Marshal(handover{Task{id, rejected}, network()})
		if err != nil {
			return err
		}
		return authfile.StartDetached(ctx, cmd, string(line), lock)
	}
}

// Told reads in the helper process what the caller handed over. Whatever is wrong with it ends the helper before it
// touches anything: the caller then renews by itself.
func Told(in io.Reader, network any) (Task, error) {
	told := handover{Network: network}
	if err := json.NewDecoder(io.LimitReader(in, 1<<20)).Decode(&told); err != nil {
		return Task{}, failf("internal", "the helper process was not told how to renew: %v", err)
	}
	return told.Task, nil
}

// Assist is what that process does with the lock that it inherited as a descriptor. The result goes to the files, where the
// caller looks.
func (c Commands) Assist(ctx context.Context, a Account, descriptor int) error {
	lock := os.NewFile(uintptr(descriptor), authfile.LockName)
	_, _, err := c.store(a).RenewLocked(ctx, c.Task.Login, c.Task.Rejected, lock, Exchange(a.Issuer, c.Transport))
	return err
}
