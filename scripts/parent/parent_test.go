package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var hermes = flag.String("hermes", "", "the binary to start")

// patience is how long something may take to appear on the screen.
const patience = 30 * time.Second

// sandbox serves in a process of its own until the test ends.
func sandbox(t *testing.T, flags ...string) string {
	t.Helper()
	cmd := exec.Command(*hermes, append([]string{"sandbox", "--exit-on-stdin-close"}, flags...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	var said struct{ URL string }
	if err != nil || json.Unmarshal(line, &said) != nil {
		t.Fatalf("the sandbox says %q, %v", line, err)
	}
	return said.URL
}

// screen is a terminal of tmux with the parent in it.
type screen struct {
	t      *testing.T
	socket string
}

func (s screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// keys types, and wants a text on the screen afterwards.
func (s screen) keys(want string, keys ...string) {
	s.t.Helper()
	if len(keys) > 0 {
		s.tmux(append([]string{"send-keys", "-t", "p"}, keys...)...)
	}
	shown := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if shown = s.tmux("capture-pane", "-p", "-J", "-t", "p"); strings.Contains(shown, want) {
			return
		}
	}
	s.t.Fatalf("%q did not appear:\n%s", want, shown)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestParent drives the parent as a person does: a login, a question, a second one in the same thread, a tool, a cancelled answer.
func TestParent(t *testing.T) {
	if *hermes == "" {
		t.Fatal("which binary? go test . -hermes FILE")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("SKIPPED: there is no tmux, so the parent of scripts/parent was not driven")
	}
	dir := t.TempDir()
	parent, home, thread := filepath.Join(dir, "parent"), filepath.Join(dir, "home"), filepath.Join(dir, "t.jsonl")
	if out, err := exec.Command("go", "build", "-o", parent, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	script := filepath.Join(dir, "script.yml")
	answers := "answers:\n  - {match: {prompt: read it}, tool_use: {name: cmd__cat, input: {path: words}}}\n  - {match: {result: ada}, text: 'it says: ada'}\n"
	fast, slow := sandbox(t, "--any-token", "--auto-approve", "--script", write(t, script, answers)), sandbox(t, "--any-token", "--fault", "stall=5")
	row := "  %s: {transport: chat_completions, base_url: %s, default_model: sandbox}\n"
	config := "providers:\n" + fmt.Sprintf(row, "lab-fast", fast) + fmt.Sprintf(row, "lab-slow", slow)
	config += "oneshot:\n  tools:\n    cat: {argv: [cat, --, '{{path}}']}\n"
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, "config.yaml"), config)
	write(t, filepath.Join(dir, "words"), "ada")
	s := screen{t, filepath.Join(dir, "tmux")}
	s.tmux("-f", os.DevNull, "new-session", "-d", "-s", "p", "-x", "120", "-y", "40", "-c", dir,
		"env", "HERMES_HOME="+home, parent, "-hermes", *hermes, "-thread", thread, "-portal", fast, "-tools", "cmd:cat")
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })

	s.keys("* minimax-oauth MiniMax-M2.7 (no credential)", "minimax-oauth")
	s.keys("logged in", "C-l")
	s.keys("* minimax-oauth MiniMax-M2.7 (ready)")
	s.keys("* lab-fast sandbox (ready)", "BSpace", "lab-fast")
	s.keys("> ", "Enter")
	s.keys("First line: my name is Ada", "my name is Ada", "Enter")
	s.keys("[ok, exit 0,")
	s.keys("First line: what is it", "what is it", "Enter")
	s.keys("it says: ada", "read it", "Enter")
	s.keys("tools: 1 offered\ntool cmd__cat {\"path\":\"words\"}\ntool cmd__cat: ok\nit says: ada")
	s.keys("Enter talks", "Escape")
	s.keys("* lab-slow sandbox (ready)", "BSpace", "lab-slow")
	s.keys("> ", "Enter")
	s.keys("Esc cancels", "and now", "Enter")
	s.keys("Sandbox")
	s.keys("exit 130: stopped by SIGINT", "Escape")
	s.tmux("send-keys", "-t", "p", "C-d")
	raw, err := os.ReadFile(thread)
	if n := strings.Count(string(raw), "\n"); err != nil || n != 8 || strings.Contains(string(raw), "and now") {
		t.Errorf("the thread has %d lines: %v\n%s", n, err, raw)
	}
}

// TestTools: calls and results of tools are lines of the conversation.
func TestTools(t *testing.T) {
	m := model{chosen: &row{}, height: 24}
	for _, line := range []string{
		`{"type":"tool.list","tools":[{"name":"mcp__fs__read"}]}`, `{"type":"tool.call","name":"mcp__fs__read","arguments":{"path":"a"}}`,
		`{"type":"tool.result","name":"mcp__fs__read","status":"denied"}`, `{"type":"text.delta","text":"no"}`, `{"type":"run.end","status":"error","exit_code":85,"error":{"message":"a call was denied","hint":"allow it"}}`,
	} {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		m = m.hear(e)
	}
	const want = "tools: 1 offered\ntool mcp__fs__read {\"path\":\"a\"}\ntool mcp__fs__read: denied\nno\n[error, exit 85: a call was denied; allow it]"
	if got := m.View(); !strings.Contains(got, want) {
		t.Errorf("%s", got)
	}
}
