//go:build unix

package authfile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// tokenServer hands out pairs and accepts each refresh token once.
type tokenServer struct {
	*httptest.Server
	mu      sync.Mutex
	n       int
	live    string // the refresh token that is valid
	posts   int
	reused  int
	status  int           // answer this instead of a pair
	delay   time.Duration // between the commit and the answer
	grace   bool          // the token before the live one gets the same answer again
	hangUp  int           // so many requests are committed and not answered
	before  string
	last    []byte
	arrived chan struct{} // one for each request, if there is room
}

func newTokenServer(t *testing.T, live string) *tokenServer {
	t.Helper()
	s := &tokenServer{live: live, arrived: make(chan struct{}, 1000)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *tokenServer) serve(w http.ResponseWriter, r *http.Request) {
	rt := r.FormValue("refresh_token")
	s.mu.Lock()
	s.posts++
	status, delay := s.status, s.delay
	var answer []byte
	switch {
	case status != 0:
	case s.grace && rt == s.before && rt != "":
		s.reused++
		answer = s.last
	case rt != s.live:
		s.reused++
		status = http.StatusBadRequest
	default:
		s.n++
		s.before, s.live = rt, fmt.Sprintf("RT-%d", s.n)
		answer, _ = json.Marshal(map[string]any{"access_token": fmt.Sprintf("AT-%d", s.n), "refresh_token": s.live, "expires_in": 900})
		s.last = answer
	}
	hangUp := s.hangUp > 0
	if hangUp {
		s.hangUp--
	}
	s.mu.Unlock()
	select {
	case s.arrived <- struct{}{}:
	default:
	}
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
	}
	if hangUp {
		panic(http.ErrAbortHandler)
	}
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	_, _ = w.Write(answer)
}

// counts are the requests so far, and those with a token used before.
func (s *tokenServer) counts() (posts, reused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts, s.reused
}

// process is a running child.
type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	start func()
}

func launch(t *testing.T, j job) *process {
	t.Helper()
	cmd := j.command()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, lines: bufio.NewScanner(out), start: func() { in.Close() }}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if !p.lines.Scan() || p.lines.Text() != "ready" {
		t.Fatalf("child said %q", p.lines.Text())
	}
	return p
}

// result waits for the child's report; ok is false if it died without one.
func (p *process) result(t *testing.T) (r report, ok bool) {
	t.Helper()
	for p.lines.Scan() {
		if json.Unmarshal(p.lines.Bytes(), &r) == nil {
			ok = true
		}
	}
	_ = p.cmd.Wait() // a killed child has an error, which is the point
	return r, ok
}

// runJob runs one child from start to end.
func runJob(t *testing.T, j job) (report, bool) {
	t.Helper()
	p := launch(t, j)
	p.start()
	return p.result(t)
}

// crowd runs n children that begin together.
func crowd(t *testing.T, n int, j job) []report {
	t.Helper()
	all := make([]*process, n)
	for i := range all {
		all[i] = launch(t, j)
	}
	for _, p := range all {
		p.start()
	}
	reports := make([]report, n)
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() {
			r, ok := p.result(t)
			if !ok {
				r.Err = "died"
			}
			reports[i] = r
		})
	}
	wg.Wait()
	return reports
}

// store is the golden store with a pair of ours, expired unless fresh.
func storeText(t *testing.T, at, rt string, life time.Duration) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/golden/08-many-providers-before/auth.json")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	return strings.NewReplacer(
		`"FAKE-ACCESS-0011-not-a-real-token",
      "refresh_token": "FAKE-REFRESH-0011-not-a-real-token",
      "resource_url"`, `"`+at+`",
      "refresh_token": "`+rt+`",
      "resource_url"`,
		"2026-11-23T15:31:41.494917+00:00", formatTime(now.Add(life-900*time.Second)),
		"2026-11-23T15:46:41.493000+00:00", formatTime(now.Add(life)),
	).Replace(string(data))
}

// home makes a home folder with an auth.json of that content.
func homeWith(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if content != "" {
		write(t, filepath.Join(dir, StoreName), content)
	}
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// hasty is a store that waits to confirm a refusal no longer than a test can wait.
func hasty(home string) *Store {
	s := Open(home, Options{})
	s.delay = 20 * time.Millisecond
	return s
}

func entryOf(t *testing.T, home string) Entry {
	t.Helper()
	sn, err := Open(home, Options{}).Read()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := sn.Entry(testID)
	return e
}

func classOf(err error) string {
	var c interface{ Class() string }
	if errors.As(err, &c) {
		return c.Class()
	}
	return ""
}

// checkHome asserts what must hold after every case: the store parses, the
// bytes of others are as they were, modes are private, nothing is left behind,
// and no secret is where it does not belong.
func checkHome(t *testing.T, home string, journalAllowed bool) {
	t.Helper()
	text := read(t, filepath.Join(home, StoreName))
	if err := wellFormed("auth.json", []byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{
		"FAKE-CODEX-REFRESH", "FAKE-XAI-REFRESH", "FAKE-NOUS-REFRESH", "FAKE-OPENROUTER-KEY-0001",
		"\"x_future_field\": [\n        1,\n        \"kept\"\n      ]", "\"x_future_top_level\": {\n    \"kept\": true,\n    \"n\": 1\n  }",
		"\"copilot\": [\n      \"gh_cli\"\n    ]",
	} {
		if !strings.Contains(text, foreign) {
			t.Errorf("lost from auth.json: %s", foreign)
		}
	}
	entries, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().IsRegular() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", entry.Name(), info.Mode().Perm())
		}
		name := entry.Name()
		if strings.Contains(name, ".tmp-") || strings.HasPrefix(name, StoreName+".pending") && !journalAllowed || name == StoreName+".inplace" {
			t.Errorf("left behind: %s", name)
		}
		if name == LockName && info.Size() != 0 {
			t.Errorf("%s is not empty", name)
		}
		if strings.HasPrefix(name, StoreName+".failed-") && strings.Contains(read(t, filepath.Join(home, name)), "RT-") {
			t.Errorf("a token in %s", name)
		}
	}
}

// parsed is a store with that text.
func parsed(t *testing.T, text string) *Snapshot {
	t.Helper()
	sn, err := parse(place{StoreName, StoreName}, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sn
}

func listed(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}
