//go:build linux

package proof

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// ask is a run that needs the login.
func (h *home) ask() result {
	h.t.Helper()
	return h.run("hello", "--stdin=never", "--provider=minimax-oauth")
}

func (h *home) path() string { return filepath.Join(h.dir, "auth.json") }

func (h *home) bytes() string {
	h.t.Helper()
	raw, err := os.ReadFile(h.path())
	if err != nil {
		h.t.Fatal(err)
	}
	return string(raw)
}

// spent is how many requests for tokens the server saw while something was done.
func (h *home) spent(do func()) int {
	h.t.Helper()
	before := h.srv.state().tokens()
	do()
	return h.srv.state().tokens() - before
}

// mount needs privileges, which continuous integration may have.
func mount(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Skipf("mount: %v %s", err, out)
	}
	t.Cleanup(func() { _ = syscall.Unmount(args[len(args)-1], syscall.MNT_DETACH) })
}

// TestDiskFaults: each system call that a save needs fails once. What fails before the token is spent spends none; what
// fails after it leaves the answer in the journal, and the next run takes it from there. Cases 20, 21 and 36.
func TestDiskFaults(t *testing.T) {
	t.Parallel()
	for inject, c := range map[string]struct {
		code, first, second int // exit code and requests of the run with the fault, requests of the next
		says                string
	}{
		"fallocate:error=ENOSPC": {74, 0, 1, "no space left"},
		"fallocate:error=EDQUOT": {74, 0, 1, "quota"},
		"flock:error=ENOLCK":     {74, 0, 1, "file locks do not work"},
		"fsync:error=EIO":        {0, 1, 0, "waits in"},
		"fsync:error=ENOSPC":     {0, 1, 0, "waits in"},
		"renameat:error=EIO":     {0, 1, 0, "waits in"},
		"renameat:error=ENOSPC":  {0, 1, 0, "waits in"},
		"unlinkat:error=EIO":     {0, 1, 0, ""},
	} {
		t.Run(inject, func(t *testing.T) {
			t.Parallel()
			h := login(t, serve(t, "--auto-approve", "--grace", "1m"))
			strace, err := exec.LookPath("strace")
			if err != nil {
				t.Skip(err)
			}
			h.srv.tell("expire", "")
			old := h.bytes()
			call, _, _ := strings.Cut(inject, ":")
			var out []byte
			var code int
			spent := h.spent(func() {
				cmd := h.command("hello", "--stdin=never", "--provider=minimax-oauth")
				cmd.Path, cmd.Args = strace, append([]string{"strace", "-f", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + inject, hermes}, cmd.Args[1:]...)
				out, err = cmd.CombinedOutput()
				code = cmd.ProcessState.ExitCode()
			})
			if strings.Contains(string(out), "PTRACE") {
				t.Skipf("%s", out)
			}
			if code != c.code || spent != c.first || !strings.Contains(string(out), c.says) {
				t.Errorf("exit %d, %d requests, %v: %s", code, spent, err, out)
			}
			if c.first == 0 && h.bytes() != old {
				t.Error("the file changed")
			}
			if n := h.spent(func() {
				if r := h.ask(); !r.answered() {
					t.Errorf("the next run: exit %d: %s", r.code, r.err)
				}
			}); n != c.second {
				t.Errorf("the next run makes %d requests", n)
			}
			if left := h.leftovers(); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestFullDisk: a small file system that is full, for real. Case 20.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	mount(t, "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", dir)
	h := &home{t, dir, serve(t, "--auto-approve"), "minimax-oauth"}
	h.relogin()
	old := h.bytes()
	filler := filepath.Join(dir, "filler")
	_ = os.WriteFile(filler, make([]byte, 1<<20), 0o600) // as much as goes
	h.srv.tell("expire", "")
	if n := h.spent(func() {
		if r := h.ask(); r.code != 74 || !strings.Contains(r.err, dir) || !strings.Contains(r.err, "free") {
			t.Errorf("exit %d: %s", r.code, r.err)
		}
	}); n != 0 || h.bytes() != old {
		t.Errorf("%d requests, the same file: %v", n, h.bytes() == old)
	}
	os.Remove(filler)
	if r := h.ask(); !r.answered() {
		t.Errorf("with room again: exit %d: %s", r.code, r.err)
	}
}

// TestFullDiskBeside: what a run writes beside the home is on a disk that is full. A thread and an answer in a file are as they were, and
// a batch goes on where it stopped once there is room.
func TestFullDiskBeside(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	mount(t, "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", disk)
	h := lab(t, serve(t, "--any-token"))
	in, thread, out, journal := filepath.Join(h.dir, "rows"), filepath.Join(disk, "thread"), filepath.Join(disk, "out"), filepath.Join(disk, "journal")
	if err := os.WriteFile(in, []byte(strings.Repeat("\"row\"\n", 8)), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) result { return h.run(append(args, "--provider", "lab", "--stdin=never")...) }
	if r := ask("first", "--thread", thread, "-o", out); r.code != 0 {
		t.Fatalf("exit %d: %s", r.code, r.err)
	}
	files := func() (all string) {
		for _, name := range []string{thread, out} {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Error(err)
			}
			all += string(raw) + "\x00"
		}
		return all
	}
	old, filler := files(), filepath.Join(disk, "filler")
	_ = os.WriteFile(filler, make([]byte, 1<<20), 0o600) // as much as goes
	long := strings.Repeat("long ", 2000)
	for what, args := range map[string][]string{"thread": {"--thread", thread}, "-o": {"-o", out}, "usage file": {"--usage-file", filepath.Join(disk, "usage")}} {
		if r := ask(append(args, long)...); r.code != 74 || !strings.Contains(r.err, "no space left") {
			t.Errorf("%s: exit %d: %s", what, r.code, r.err)
		}
	}
	if files() != old {
		t.Error("the thread or the answer changed")
	}
	batch := []string{"batch", "--provider", "lab", "--journal", journal, "-q", in}
	if r := h.run(batch...); r.code != 74 || !strings.Contains(r.err, "no space left") {
		t.Errorf("batch: exit %d: %s", r.code, r.err)
	}
	os.Remove(filler)
	if r := h.run(batch...); r.code != 0 || strings.Count(r.out, `"status":"ok"`) != 8 {
		t.Errorf("batch with room again: exit %d, %s: %s", r.code, r.out, r.err)
	}
	if r := ask("second", "--thread", thread); r.code != 0 || len(turnsOf(t, thread)) != 4 {
		t.Errorf("thread with room again: exit %d: %s", r.code, r.err)
	}
	left, err := os.ReadDir(disk)
	if err != nil || len(left) != 3 {
		t.Errorf("%v is there, %v", left, err)
	}
}

// TestFullHome: a key needs no room in the home. A line of the ledger that found no room costs no answer, and no line of a later run.
func TestFullHome(t *testing.T) {
	t.Parallel()
	h := lab(t, serve(t, "--any-token"))
	text, err := os.ReadFile(filepath.Join(h.dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	mount(t, "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", h.dir)
	filler := filepath.Join(h.dir, "filler")
	if err := errors.Join(
		os.WriteFile(filepath.Join(h.dir, "config.yaml"), text, 0o600),
		os.WriteFile(filepath.Join(h.dir, "usage.jsonl"), []byte(strings.Repeat("\n", os.Getpagesize()-20)), 0o600), // the page has room for a part of a line
	); err != nil {
		t.Fatal(err)
	}
	_ = os.WriteFile(filler, make([]byte, 1<<20), 0o600) // as much as goes
	for range 2 {
		if r := h.run("hello", "--provider", "lab", "--stdin=never"); !r.answered() || r.err != "" {
			t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
		}
		os.Remove(filler)
	}
	if r := h.run("usage", "--json"); !strings.Contains(r.out, `"runs":1,`) || !strings.Contains(r.out, `"skipped":1`) {
		t.Errorf("the ledger has %s", r.out)
	}
}

// TestReadOnlyDisk: a fresh token works there, and one that has expired is not spent. Case 22.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	h := login(t, serve(t, "--auto-approve"))
	mount(t, "--bind", h.dir, h.dir)
	if out, err := exec.Command("mount", "-o", "remount,ro,bind", h.dir).CombinedOutput(); err != nil {
		t.Skipf("%v %s", err, out)
	}
	if r := h.ask(); !r.answered() || r.err != "" {
		t.Errorf("fresh: exit %d: %s", r.code, r.err)
	}
	h.srv.tell("expire", "")
	if n := h.spent(func() {
		if r := h.ask(); r.code != 74 || !strings.Contains(r.err, "read-only file system") {
			t.Errorf("expired: exit %d: %s", r.code, r.err)
		}
	}); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestMountedFile: a store that is mounted by itself is rewritten in place. Case 23.
func TestMountedFile(t *testing.T) {
	t.Parallel()
	h := login(t, serve(t, "--auto-approve"))
	outside := filepath.Join(t.TempDir(), "outside.json")
	if err := os.WriteFile(outside, []byte(h.bytes()), 0o600); err != nil {
		t.Fatal(err)
	}
	old := h.bytes()
	mount(t, "--bind", outside, h.path())
	h.srv.tell("expire", "")
	if r := h.ask(); !r.answered() || !strings.Contains(r.err, "mounted by itself") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	if raw, _ := os.ReadFile(outside); string(raw) != h.bytes() || string(raw) == old {
		t.Errorf("outside: %s", raw)
	}
	if n := h.spent(func() { h.ask() }); n != 0 {
		t.Errorf("%d more requests", n)
	}
}

// TestTwoHomes whose stores are links to one file exclude each other, and the links stay. Case 24.
func TestTwoHomes(t *testing.T) {
	t.Parallel()
	real := login(t, serve(t, "--auto-approve"))
	var homes []*home
	for _, name := range []string{"a", "b"} {
		h := &home{t, filepath.Join(filepath.Dir(real.dir), name), real.srv, "minimax-oauth"}
		if err := os.Mkdir(h.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../home/auth.json", h.path()); err != nil {
			t.Fatal(err)
		}
		homes = append(homes, h)
	}
	real.srv.tell("expire", "")
	real.srv.tell("fault", "token:slow-token=200ms")
	n := real.spent(func() {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if r := homes[i%2].ask(); !r.answered() {
					t.Errorf("exit %d: %s", r.code, r.err)
				}
			})
		}
		all.Wait()
	})
	if n != 1 {
		t.Errorf("%d requests", n)
	}
	for _, h := range homes {
		if to, err := os.Readlink(h.path()); err != nil || to != "../home/auth.json" {
			t.Errorf("%s %v", to, err)
		}
	}
	for _, to := range []string{"nowhere", "auth.json"} {
		os.Remove(homes[0].path())
		if err := os.Symlink(to, homes[0].path()); err != nil {
			t.Fatal(err)
		}
		if r := homes[0].ask(); r.code != 78 || !strings.Contains(r.err, "leads nowhere") {
			t.Errorf("a link to %s: exit %d: %s", to, r.code, r.err)
		}
	}
}

// TestModes: what others could read is private after a save, and never the other way round. Case 25.
func TestModes(t *testing.T) {
	t.Parallel()
	h := login(t, serve(t, "--auto-approve"))
	lock := filepath.Join(h.dir, "auth.lock")
	for _, path := range []string{h.path(), lock} {
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	h.srv.tell("expire", "")
	cmd := h.command("-c", `umask 000; exec "$0" hello --stdin=never --provider=minimax-oauth`, hermes)
	cmd.Path, cmd.Args[0] = "/bin/sh", "sh"
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "could be read by others") {
		t.Fatalf("%v %s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(h.dir, "*"))
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}

// TestOwners: root leaves a user's file to the user; nobody writes another's. Case 26.
func TestOwners(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	const nobody = 65534
	h := login(t, serve(t, "--auto-approve"))
	files, _ := filepath.Glob(filepath.Join(h.dir, "*"))
	for _, path := range append(files, h.dir) {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	h.srv.tell("expire", "")
	if r := h.ask(); !r.answered() {
		t.Fatalf("root: exit %d: %s", r.code, r.err)
	}
	info, err := os.Stat(h.path())
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != nobody {
		t.Errorf("root took the file: %+v %v", info.Sys(), err)
	}
	if err := os.Chown(h.path(), 1, 1); err != nil {
		t.Fatal(err)
	}
	h.srv.tell("expire", "")
	for _, dir := range []string{filepath.Dir(hermes), filepath.Dir(h.dir), filepath.Dir(filepath.Dir(h.dir))} {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	cmd := h.command("hello", "--stdin=never", "--provider=minimax-oauth")
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	n := h.spent(func() {
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 78 && code != 74 || !strings.Contains(string(out), h.path()) {
			t.Errorf("nobody: exit %d: %s", code, out)
		}
	})
	if n != 0 {
		t.Errorf("%d requests", n)
	}
}
