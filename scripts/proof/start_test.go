//go:build unix

package proof

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// initialised are the packages beyond the standard library that may do work before main, and the most bytes that each may
// allocate at it. One more is a decision: every run pays for it.
func initialised() map[string]int {
	return map[string]int{
		"github.com/alecthomas/kong": 16 << 10,
		// The messages of MCP: a tenth of a millisecond together. The SDK's client would take four.
		"github.com/modelcontextprotocol/go-sdk/internal/json":       1 << 10,
		"github.com/modelcontextprotocol/go-sdk/internal/jsonrpc2":   1 << 10,
		"github.com/modelcontextprotocol/go-sdk/internal/mcpgodebug": 1 << 10,
		"github.com/segmentio/asm/base64":                            4 << 10,
		"github.com/segmentio/asm/cpu":                               1 << 10,
		"github.com/segmentio/encoding/json":                         1 << 10,
		"golang.org/x/sys/cpu":                                       4 << 10,

		"github.com/tidwall/gjson":  4 << 10,
		"github.com/tidwall/pretty": 4 << 10,
		"golang.org/x/sys/unix":     4 << 10,
		"gopkg.in/yaml.v3":          64 << 10,
		"hermes/oneshot":            1 << 10,
		"hermes/oneshot/input":      1 << 10,
		"hermes/oneshot/schema":     1 << 10,
	}
}

// TestInit: what a run does not need is not done before main.
func TestInit(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(hermes, "--version")
	cmd.Env = []string{"GODEBUG=inittrace=1"}
	var trace strings.Builder
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	allowed, lines := initialised(), 0
	for line := range strings.Lines(trace.String()) {
		var name string
		var at, took float64
		var bytes, allocs int
		if _, err := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &took, &bytes, &allocs); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		lines++
		most, known := allowed[strings.ReplaceAll(name, "%2e", ".")]
		first, _, _ := strings.Cut(name, "/")
		switch standard := first != "hermes" && !strings.Contains(first, "."); {
		case standard && bytes > 128<<10, known && bytes > most:
			t.Errorf("%s allocates %d bytes at init", name, bytes)
		case !standard && !known:
			t.Errorf("%s does work at init (%v ms, %d bytes): make it lazy, or put it on the list", name, took, bytes)
		}
	}
	if lines == 0 {
		t.Error("no trace")
	}
}

// TestPruned: the linker leaves out methods that nobody calls, which it does in a program that looks no method up by a name that it finds
// out while it runs. RunNode, which hermes does not call, stands for all.
func TestPruned(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile(hermes)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"kong.(*Context).Validate": true, "kong.(*Context).RunNode": false} {
		if got := bytes.Contains(program, []byte(name)); got != want {
			t.Errorf("the program holds %s: %v", name, got)
		}
	}
}

// TestAlone: what asks nobody reads no file of the home and opens no connection. The files it could read are pipes that
// nobody writes to, at which an open would wait for ever, and the state it could write would be in a file's place.
func TestAlone(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.yaml", ".env", "auth.json", "auth.lock", "usage.jsonl", "auth.json.failed-minimax-oauth"} {
		if err := syscall.Mkfifo(filepath.Join(home, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	srv := serve(t)
	before := ls(t, home)
	for _, line := range []string{"--version", "version", "--help", "run --help", "auth --help", "completion bash", "completion zsh", "completion fish", "man"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		cmd := exec.CommandContext(ctx, hermes, strings.Fields(line)...)
		cmd.Env = []string{
			"HERMES_HOME=" + home, "HOME=" + home, "MINIMAX_API_KEY=sk-test", "MINIMAX_BASE_URL=" + srv.url, "HTTPS_PROXY=" + srv.url, "HTTP_PROXY=" + srv.url,
		}
		out, err := cmd.Output()
		cancel()
		if err != nil || len(out) == 0 {
			t.Errorf("%s: %v, %d bytes", line, err, len(out))
		}
	}
	if after := ls(t, home); after != before {
		t.Errorf("the home was %s, now %s", before, after)
	}
	if n := srv.state().Requests; n != 0 {
		t.Errorf("%d requests", n)
	}
}

// ls names the files of a folder, with when they changed.
func ls(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, e.Name(), info.ModTime())
	}
	return all.String()
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
