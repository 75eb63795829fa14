//go:build linux

package proof

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFirstProcess: as the first process of a container hermes takes its helper process along when it ends. A signal
// that comes while a token is under way ends it only when the new one is saved.
func TestFirstProcess(t *testing.T) {
	t.Parallel()
	words := namespace(t)
	srv := serve(t, "--auto-approve")
	h := login(t, srv)
	srv.tell("fault", "token:slow-token=300ms")
	for i := range number(4, 24) {
		sig, code := syscall.SIGTERM, 143
		if i%2 == 1 {
			sig, code = syscall.SIGINT, 130
		}
		srv.tell("expire", "")
		before := srv.state().tokens()
		p := h.beginIn(words, "hello", "--stdin=never")
		for end := time.Now().Add(20 * time.Second); srv.state().tokens() == before && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		if err := syscall.Kill(childOf(t, p.cmd.Process.Pid), sig); err != nil {
			t.Fatal(err)
		}
		if r := p.wait(); r.code != code {
			t.Errorf("round %d: exit %d, want %d: %s", i, r.code, code, r.err)
		}
		if r := h.run("hello", "--stdin=never"); !r.answered() {
			t.Fatalf("round %d, %v: the login is lost: exit %d: %s", i, sig, r.code, r.err)
		}
	}
	if st := srv.state(); st.Reuses > 0 {
		t.Errorf("%d reuses", st.Reuses)
	}
}

// namespace is how a command is run as the first process of processes of its own.
func namespace(t *testing.T) []string {
	t.Helper()
	var said []string
	for _, words := range [][]string{{"unshare", "-pf", "--mount-proc"}, {"unshare", "-Urpf", "--mount-proc"}} {
		out, err := exec.Command(words[0], append(words[1:], "true")...).CombinedOutput()
		if err == nil {
			return words
		}
		said = append(said, fmt.Sprintf("%s: %v %s", strings.Join(words, " "), err, out))
	}
	t.Skip("NOT TESTED: no process namespace can be made here: ", strings.Join(said, "; "))
	return nil
}

func (h *home) beginIn(words []string, args ...string) *process {
	h.t.Helper()
	p := &process{cmd: h.command(args...), began: time.Now()}
	path, err := exec.LookPath(words[0])
	if err != nil {
		h.t.Fatal(err)
	}
	p.cmd.Path, p.cmd.Args = path, append(append([]string{}, words...), p.cmd.Args...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	return p
}

// childOf is the one child of a process.
func childOf(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatalf("children of %d: %q", pid, raw)
	}
	return child
}

// TestSecondInterrupt: a first SIGINT waits until the renewal that was sent is saved, a second one does not, and says so.
// The helper process, which it does not reach, saves the login all the same.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--auto-approve")
	h := login(t, srv)
	srv.tell("fault", "token:slow-token=6s*1")
	srv.tell("expire", "")
	before := srv.state().tokens()
	p := h.begin("hello", "--stdin=never")
	for end := time.Now().Add(20 * time.Second); srv.state().tokens() == before && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	helper := helperOf(h.dir)
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	time.Sleep(time.Second)
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	r := p.wait()
	if alive := syscall.Kill(helper, 0) == nil; r.code != 130 || !alive || !strings.Contains(r.err, "not waiting for the renewal of the login any longer") {
		t.Errorf("exit %d after %v, the helper is alive: %v; %s", r.code, r.took, alive, r.err)
	}
	for end := time.Now().Add(30 * time.Second); syscall.Kill(helper, 0) == nil && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if r := h.run("hello", "--stdin=never"); !r.answered() || srv.state().Reuses > 0 {
		t.Errorf("afterwards: exit %d: %s", r.code, r.err)
	}
}
