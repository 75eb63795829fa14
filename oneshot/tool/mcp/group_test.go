//go:build unix

package mcp_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hermes/oneshot/tool/mcp"
)

// holdServers is a process that starts a server and does nothing more, until it is killed.
func holdServers() {
	s := odd(os.Getenv("HOLD"), "MARK="+os.Getenv("MARK"))
	if _, err := mcp.Open(context.Background(), []mcp.Server{s}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("started")
	select {}
}

// alive reports a process that has not ended; one that nobody has waited for has.
func alive(pid int) bool {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ")
	return syscall.Kill(pid, 0) == nil && !strings.HasPrefix(after, "Z")
}

// marked are the processes of a server that has a child.
func marked(t *testing.T, mark string) []int {
	t.Helper()
	var server, child int
	raw, err := os.ReadFile(mark)
	if _, serr := fmt.Sscan(string(raw), &server, &child); err != nil || serr != nil {
		t.Fatal(err, serr)
	}
	return []int{server, child}
}

func wantGone(t *testing.T, pids []int, within time.Duration) {
	t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(10 * time.Millisecond) {
		left := 0
		for _, pid := range pids {
			if alive(pid) {
				left++
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %v live on", left, pids)
		}
	}
}

// TestNothingIsLeft: a server ends with Close within a second, whatever it ignores, and its children with it.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for _, modes := range []string{"grandchild", "grandchild,ignore-eof", "grandchild,ignore-term"} {
		t.Run(modes, func(t *testing.T) {
			t.Parallel()
			mark := filepath.Join(t.TempDir(), "mark")
			s := openOne(t, odd(modes, "MARK="+mark))
			pids := marked(t, mark)
			start := time.Now()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > 3*time.Second { // a second, and the load of other tests
				t.Errorf("it took %v", took)
			}
			wantGone(t, pids, 5*time.Second)
		})
	}
}

// TestNothingIsLeftAfterAKill: also where the whole group of the process that started it is killed.
func TestNothingIsLeftAfterAKill(t *testing.T) {
	t.Parallel()
	for _, modes := range []string{"grandchild", "grandchild,ignore-term"} {
		t.Run(modes, func(t *testing.T) {
			t.Parallel()
			mark := filepath.Join(t.TempDir(), "mark")
			cmd := exec.Command(os.Args[0])
			cmd.Env = []string{"HOLD=" + modes, "MARK=" + mark}
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Wait() }()
			said := make([]byte, 100)
			n, _ := out.Read(said)
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil || string(said[:n]) != "started\n" {
				t.Fatalf("%q, %v", said[:n], err)
			}
			wantGone(t, marked(t, mark), 10*time.Second)
		})
	}
}
