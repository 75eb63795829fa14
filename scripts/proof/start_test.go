//go:build unix

package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInit: what a run does not need is not done before main: no package of ours or of others may allocate much at init.
func TestInit(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(hermes, "--version")
	cmd.Env = []string{"GODEBUG=inittrace=1"}
	var trace strings.Builder
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(trace.String()) {
		var name string
		var at, took float64
		var bytes, allocs int
		if _, err := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &took, &bytes, &allocs); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		lines++
		if bytes > 128<<10 {
			t.Errorf("%s allocates %d bytes at init", name, bytes)
		}
	}
	if lines == 0 {
		t.Error("no trace")
	}
}

// TestFreshToken: a run with a login that is fresh reads auth.json once, without a lock, and writes nothing but its line
// in the ledger.
func TestFreshToken(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip(err)
	}
	h := login(t, serve(t, "--auto-approve"))
	log := filepath.Join(t.TempDir(), "log")
	cmd := h.command("hello", "--stdin=never")
	cmd.Path, cmd.Args = strace, append([]string{"strace", "-f", "-o", log, "-e", "trace=openat,open,flock,rename,renameat,renameat2,unlink,unlinkat,fsync,fdatasync,mkdirat,mkdir,clone,fork,vfork,execve", hermes}, cmd.Args[1:]...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out) // no ptrace here
	}
	raw, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	opens, written := 0, 0
	for line := range strings.Lines(string(raw)) {
		switch {
		case strings.Contains(line, "resumed>"):
		case strings.Contains(line, h.dir+"/auth.json\""):
			opens++
			if !strings.Contains(line, "O_RDONLY") {
				t.Errorf("not only read: %s", line)
			}
		case strings.Contains(line, "O_CREAT"), strings.Contains(line, "O_WRONLY"):
			written++
			if !strings.Contains(line, "usage.jsonl") {
				t.Errorf("written: %s", line)
			}
		case strings.Contains(line, "flock("), strings.Contains(line, "sync("), strings.Contains(line, "rename"), strings.Contains(line, "unlink"), strings.Contains(line, "mkdir"):
			t.Errorf("not for a fresh token: %s", line)
		}
	}
	if opens != 1 || written != 1 {
		t.Errorf("auth.json is opened %d times, %d files are written", opens, written)
	}
}
