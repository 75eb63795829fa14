//go:build linux && (amd64 || arm64)

package confine

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestMain makes the test binary one that can confine itself. What a confined program may do is tested in oneshot/tool/program.
func TestMain(m *testing.M) {
	if Asked(os.Args) {
		if nr, err := strconv.Atoi(os.Getenv("CONFINE_TEST_DENY")); err == nil {
			if err := deny(uint32(nr)); err != nil {
				panic(err)
			}
		}
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// deny makes a system call unknown to this process, as the filter of a container does.
func deny(nr uint32) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	runtime.LockOSThread() // a thread with these rights alone may set a filter; the filter is for all
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}

// ends runs a child that cannot become its program, and returns what it said.
func ends(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 126 || out.Len() > 0 {
		t.Errorf("code %d, stdout %q", code, out.String())
	}
	return said.String()
}

// TestNotStarted: a program that cannot be started is named with the reason, whatever it may read, write or reach.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	if err := Supported(); err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		plan Plan
		says string
	}{
		"not there":              {Plan{Path: filepath.Join(dir, "none"), Write: []string{dir}}, filepath.Join(dir, "none") + ": no such file or directory"},
		"not executable":         {Plan{Path: plain, Read: []string{plain}, Network: true, Write: []string{dir}}, plain + ": permission denied"},
		"a folder is not there":  {Plan{Path: plain, List: []string{filepath.Join(dir, "none")}, Write: []string{dir}}, plain + ": permission denied"},
		"a folder under a file":  {Plan{Path: plain, Read: []string{filepath.Join(plain, "x")}, Write: []string{dir}}, plain + ": permission denied"},
		"a folder that is a lot": {Plan{Path: plain, Read: []string{strings.Repeat("x", 5000)}, Write: []string{dir}}, "file name too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if count := os.Getenv("GOCOVERDIR"); count != "" {
				c.plan.Write = append(c.plan.Write, count) // scripts/cover.sh
			}
			c.plan.Argv, c.plan.Dir = []string{"x"}, dir
			cmd, err := Command(self, c.plan)
			if err != nil {
				t.Fatal(err)
			}
			defer cmd.ExtraFiles[0].Close()
			if said := ends(t, cmd); !strings.HasPrefix(said, "hermes: the command was not run: ") || !strings.HasSuffix(said, c.says+"\n") {
				t.Errorf("%q, want %q", said, c.says)
			}
		})
	}
}

// TestDenied: where a container takes away what confines a program, the program is not run.
func TestDenied(t *testing.T) {
	t.Parallel()
	if err := Supported(); err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for says, nr := range map[string]int{
		"landlock: this kernel cannot confine a program: Landlock has version 0, and 3 is needed": unix.SYS_LANDLOCK_CREATE_RULESET,
		": function not implemented":         unix.SYS_LANDLOCK_ADD_RULE,
		"landlock: function not implemented": unix.SYS_LANDLOCK_RESTRICT_SELF,
		"seccomp: function not implemented":  unix.SYS_SECCOMP,
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			ran := filepath.Join(t.TempDir(), "ran")
			p := Plan{Path: "/bin/sh", Argv: []string{"sh", "-c", "echo ran >" + ran}, Write: []string{filepath.Dir(ran)}}
			if count := os.Getenv("GOCOVERDIR"); count != "" {
				p.Write = append(p.Write, count)
			}
			cmd, err := Command(self, p)
			if err != nil {
				t.Fatal(err)
			}
			defer cmd.ExtraFiles[0].Close()
			cmd.Env = append(os.Environ(), "CONFINE_TEST_DENY="+strconv.Itoa(nr))
			if said := ends(t, cmd); !strings.Contains(said, says) {
				t.Errorf("%q", said)
			}
			if _, err := os.Stat(ran); err == nil {
				t.Error("the program was run")
			}
		})
	}
}

// TestNotForPeople: who gives the child's argument by hand hears that nothing was run.
func TestNotForPeople(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if said := ends(t, exec.Command(self, word)); said != "hermes: the command was not run: it is not for people\n" {
		t.Errorf("%q", said)
	}
}
