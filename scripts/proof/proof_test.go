//go:build unix

package proof

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hermes/scripts/tty"
)

// patience is how long a process may take to end; one that is stuck is killed, and its test fails by the exit code.
const patience = time.Minute

var (
	long = flag.Bool("long", false, "large numbers: minutes")
	seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random moments")
)

// hermes is the binary, built once.
var hermes string

func TestMain(m *testing.M) {
	flag.Parse()
	tty.DefaultSignals()
	dir, err := os.MkdirTemp("", "proof")
	if err != nil {
		panic(err)
	}
	hermes = filepath.Join(dir, "hermes")
	build := exec.Command("go", "build", "-trimpath", "-o", hermes, "hermes")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	code := 1
	if build.Run() == nil {
		fmt.Println("seed", *seed)
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// number is few in the test-suite and many with -long.
func number(few, many int) int {
	if *long {
		return many
	}
	return few
}

func dice(t *testing.T) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(*seed, uint64(len(t.Name()))))
}

// server is a sandbox in a process of its own.
type server struct {
	t   *testing.T
	url string
}

func serve(t *testing.T, flags ...string) *server {
	t.Helper()
	cmd := exec.Command(hermes, append([]string{"sandbox", "--exit-on-stdin-close"}, flags...)...)
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
	var said struct{ URL string }
	if err := json.NewDecoder(stdout).Decode(&said); err != nil {
		t.Fatal(err)
	}
	return &server{t, said.URL}
}

// state is the part of the sandbox's counters that the tests look at.
type state struct {
	Requests       int            `json:"requests"`
	ByEndpoint     map[string]int `json:"by_endpoint"`
	Refreshes      int            `json:"refreshes"`
	Reuses         int            `json:"reuses"`
	Logins         int            `json:"logins"`
	ActiveStreams  int            `json:"active_streams"`
	DroppedStreams int            `json:"dropped_streams"`
	LastRequest    struct {
		Headers map[string]string `json:"headers"`
	} `json:"last_request"`
}

// tokens counts the requests to the token endpoint.
func (s state) tokens() int {
	return s.ByEndpoint["/oauth/token"] + s.ByEndpoint["/oauth2/token"] + s.ByEndpoint["/xai/oauth2/token"]
}

func (s *server) state() state {
	s.t.Helper()
	var st state
	resp, err := http.Get(s.url + "/_sandbox/state")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil {
		s.t.Fatal(err)
	}
	return st
}

// tell posts to a control endpoint: expire, revoke, fault.
func (s *server) tell(what, body string) {
	s.t.Helper()
	resp, err := http.Post(s.url+"/_sandbox/"+what, "text/plain", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		s.t.Fatalf("%s %q: HTTP %d", what, body, resp.StatusCode)
	}
}

// home is a folder with a login.
type home struct {
	t   *testing.T
	dir string
	srv *server
	id  string // of the provider
}

func login(t *testing.T, srv *server) *home { return loginTo(t, srv, "minimax-oauth") }

// logins are a provider whose login is a block, and one whose login is a row of the pool.
func logins() []string { return []string{"minimax-oauth", "xai-oauth"} }

func loginTo(t *testing.T, srv *server, id string) *home {
	t.Helper()
	h := &home{t, filepath.Join(t.TempDir(), "home"), srv, id}
	h.relogin()
	return h
}

func (h *home) relogin() {
	h.t.Helper()
	at := h.srv.url
	if h.id == "xai-oauth" {
		at += "/xai"
	}
	if r := h.run("auth", "add", h.id, "--no-browser", "--portal-url", at); r.code != 0 {
		h.t.Fatalf("login: exit %d, %s", r.code, r.err)
	}
}

// command is hermes with this home and nothing else in its environment, at the head of a process group.
func (h *home) command(args ...string) *exec.Cmd {
	cmd := exec.Command(hermes, args...)
	cmd.Env = []string{"HERMES_HOME=" + h.dir, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// result is a process that ended.
type result struct {
	out, err string
	code     int // -N for signal N
	took     time.Duration
}

func (h *home) run(args ...string) result {
	h.t.Helper()
	return h.begin(args...).wait()
}

// process is one under way.
type process struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
	began    time.Time
}

func (h *home) begin(args ...string) *process {
	h.t.Helper()
	p := &process{cmd: h.command(args...), began: time.Now()}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (p *process) wait() result {
	stuck := time.AfterFunc(patience, func() { p.kill(syscall.SIGKILL) })
	defer stuck.Stop()
	_ = p.cmd.Wait()
	code := p.cmd.ProcessState.ExitCode()
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		code = -int(ws.Signal())
	}
	return result{p.out.String(), p.err.String(), code, time.Since(p.began)}
}

// kill signals the whole group.
func (p *process) kill(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// store is auth.json as far as the tests look.
type store struct {
	Providers map[string]struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	} `json:"providers"`
	Foreign any `json:"foreign"`
}

// read wants a whole document, at any moment.
func (h *home) read() store {
	h.t.Helper()
	var st store
	raw, err := os.ReadFile(filepath.Join(h.dir, "auth.json"))
	if err != nil {
		h.t.Error(err)
	}
	if err := json.Unmarshal(raw, &st); err != nil {
		h.t.Errorf("auth.json: %v in %q", err, raw)
	}
	return st
}

// leftovers are files that no run may leave.
func (h *home) leftovers() []string {
	var all []string
	for _, pattern := range []string{"auth.json.pending*", ".auth.json*.tmp-*", "auth.json.inplace"} {
		found, _ := filepath.Glob(filepath.Join(h.dir, pattern))
		all = append(all, found...)
	}
	return all
}

const answer = "Sandbox answer"

func (r result) answered() bool { return r.code == 0 && strings.HasPrefix(r.out, answer) }

func drain(r io.Reader) { _, _ = io.Copy(io.Discard, r) }
