//go:build unix

package proof

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// secretFiles are where secrets belong.
var secretFiles = map[string]bool{"auth.json": true, "auth.json.last-minimax-oauth": true, "auth.json.pending-minimax-oauth": true, ".env": true}

// TestCanary: the tokens of a login and the key of a provider are looked for, also in disguise, in everything that
// runs of all kinds print, write and hand to their children.
func TestCanary(t *testing.T) {
	t.Parallel()
	const key = "sk-canary-5f1d?&<a b>"
	srv := serve(t, "--auto-approve", "--log", filepath.Join(t.TempDir(), "log"))
	c := &canary{t: t, home: login(t, srv), secrets: map[string]bool{key: true}}
	c.work = filepath.Join(filepath.Dir(c.home.dir), "work")
	if err := errors.Join(os.Mkdir(c.work, 0o700), os.WriteFile(filepath.Join(c.home.dir, ".env"), []byte("LAB_KEY='"+key+"'\n"), 0o600),
		os.WriteFile(filepath.Join(c.home.dir, "config.yaml"), []byte("providers:\n  lab: {transport: anthropic_messages, base_url: "+srv.url+", default_model: sandbox, key_env: LAB_KEY}\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	faults := []string{"none", "status=401", "status=429,retry-after=99", "status=500", "base_resp=1004", "html", "cut-events=3", "error=api_error", "redirect=" + srv.url + "/elsewhere", "expired"}
	for _, provider := range []string{"minimax-oauth", "lab"} {
		for i, fault := range faults {
			srv.tell("fault", fault)
			file := fmt.Sprintf("%s-%d.", provider, i)
			c.run("hello", "--provider", provider, "--stdin=never", "--debug", "--retries=0", "--events", file+"events", "--record", file+"cassette", "--usage-file", file+"usage", "--no-fallback")
		}
	}
	srv.tell("fault", "token:status=400")
	srv.tell("expire", "")
	c.run("hello", "--stdin=never", "--debug")
	srv.tell("fault", "none")
	for _, args := range [][]string{
		{"auth", "list"},
		{"auth", "list", "--json"},
		{"auth", "status", "--json"},
		{"auth", "refresh", "minimax-oauth", "--json"},
		{"doctor"},
		{"doctor", "--online", "--json"},
		{"config", "show"},
		{"config", "explain"},
		{"config", "get", "providers"},
		{"hello", "--dry-run", "--stdin=never"},
		{"hello", "--dry-run", "--stdin=never", "--provider=lab"},
		{"usage", "--json"},
		{"auth", "status", "x" + key},
		{"auth", "add", "lab"},
		{"auth", "remove", "minimax-oauth", "--json"},
	} {
		c.run(args...)
	}
	c.searchAll()
	if len(c.secrets) < 5 {
		t.Errorf("only %d secrets were seen", len(c.secrets))
	}
}

// canary collects the secrets of a home and what its runs print.
type canary struct {
	t       *testing.T
	home    *home
	work    string // folder of the runs
	secrets map[string]bool
	printed strings.Builder
}

// run notes the tokens of the login before and after a run, which may renew it.
func (c *canary) run(args ...string) {
	c.t.Helper()
	c.learn()
	cmd := c.home.command(args...)
	cmd.Dir = c.work
	out, _ := cmd.CombinedOutput()
	c.printed.WriteString(strings.Join(args, " ") + "\n" + string(out) + "\n")
	c.learn()
}

func (c *canary) learn() {
	for _, p := range c.home.read().Providers {
		c.secrets[p.AccessToken], c.secrets[p.RefreshToken] = true, true
	}
}

// searchAll looks for secrets in what was printed, and in all files but those where secrets belong.
func (c *canary) searchAll() {
	c.t.Helper()
	for part := range strings.SplitSeq(c.printed.String(), "\n\n") {
		c.search(part[:min(len(part), 40)], part)
	}
	_ = filepath.WalkDir(filepath.Dir(c.home.dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || secretFiles[d.Name()] {
			return err
		}
		raw, err := os.ReadFile(path)
		c.search(path, string(raw))
		return err
	})
}

func (c *canary) search(where, text string) {
	c.t.Helper()
	for s := range c.secrets {
		for _, form := range disguises(s) {
			if i := strings.Index(text, form); i >= 0 && !strings.HasPrefix(where, "auth status x") {
				c.t.Errorf("%s holds a secret:\n…%s", where, text[max(0, i-200):min(len(text), i+len(form))])
			}
		}
	}
}

// disguises are the forms in which a secret could go out. Short pieces of them are not looked for: they happen.
func disguises(s string) []string {
	if s == "" {
		return nil
	}
	raw := []byte(s)
	return []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw), strings.ReplaceAll(s, "&", `\u0026`)}
}

// TestHelperEnvironment: the helper process gets neither the caller's keys nor the login in its words or its environment.
func TestHelperEnvironment(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("no /proc")
	}
	srv := serve(t, "--auto-approve")
	h := login(t, srv)
	srv.tell("expire", "")
	srv.tell("fault", "token:slow-token=2s")
	cmd := h.command("hello", "--stdin=never")
	cmd.Env = append(cmd.Env, "LAB_KEY=sk-canary", "HTTPS_PROXY=http://127.0.0.1:9")
	old := h.read().Providers["minimax-oauth"]
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen string
	for stop := time.Now().Add(30 * time.Second); seen == "" && time.Now().Before(stop); {
		if pid := helperOf(h.dir); pid > 0 {
			env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
			words, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			seen = string(env) + string(words)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if seen == "" {
		t.Error("no helper was seen")
	}
	for _, s := range []string{"sk-canary", old.AccessToken, old.RefreshToken} {
		if strings.Contains(seen, s) {
			t.Errorf("the helper shows %q", s)
		}
	}
	if !strings.Contains(seen, "HTTPS_PROXY=") {
		t.Errorf("the helper lacks the proxy: %q", seen)
	}
}

// TestDump: the stacks that the runtime prints for SIGQUIT, or for a bug, hold no secret.
func TestDump(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--auto-approve")
	h := login(t, srv)
	srv.tell("fault", "stall=2")
	p := h.begin("hello", "--stdin=never", "--output-format=stream-json")
	for stop := time.Now().Add(30 * time.Second); srv.state().ActiveStreams == 0 && time.Now().Before(stop); {
	}
	_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	r := p.wait()
	for _, login := range h.read().Providers {
		for _, s := range []string{login.AccessToken, login.RefreshToken} {
			if strings.Contains(r.err+r.out, s) {
				t.Errorf("a secret in the dump")
			}
		}
	}
	if !strings.Contains(r.err, "goroutine ") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
}
