package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var hermes = flag.String("hermes", "", "the binary; built when not given")

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		panic(err)
	}
	code := 1
	if build(dir) == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(dir string) error {
	if *hermes != "" {
		return nil
	}
	*hermes = filepath.Join(dir, "hermes")
	cmd := exec.Command("go", "build", "-trimpath", "-o", *hermes, ".")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// home is a folder of its own, and the inference endpoint its login is for.
type home struct {
	t         *testing.T
	dir       string
	peer      *peer
	inference string
	endpoint  int          // pid of the sandbox
	answered  atomic.Int32 // requests whose bearer was the server's user
}

// move furnishes a home: config.yaml, and an endpoint that asks the peer about
// each bearer before it lets hermes' sandbox answer.
func move(t *testing.T, p *peer) *home {
	t.Helper()
	h := &home{t: t, dir: filepath.Join(t.TempDir(), "home"), peer: p}
	if err := os.Mkdir(h.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	h.write("config.yaml", "model:\n  provider: minimax-oauth\n")
	answers := httputil.NewSingleHostReverseProxy(h.sandbox())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.subject(r.Context(), r.Header.Get("Authorization")) != user {
			http.Error(w, `{"type":"error","error":{"type":"authentication_error","message":"unknown bearer"}}`, http.StatusUnauthorized)
			return
		}
		h.answered.Add(1)
		// Else the proxy may still read the question when the server closes it, at the first piece of the answer, and cut that off.
		_ = http.NewResponseController(w).EnableFullDuplex()
		answers.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	h.inference = srv.URL + "/anthropic"
	return h
}

// sandbox answers questions and checks no bearer.
func (h *home) sandbox() *url.URL {
	h.t.Helper()
	cmd := exec.Command(*hermes, "sandbox", "--any-token", "--exit-on-stdin-close")
	cmd.Env = h.env()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.endpoint = cmd.Process.Pid
	h.t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	var said struct{ URL string }
	if err := json.NewDecoder(stdout).Decode(&said); err != nil {
		h.t.Fatal(err)
	}
	u, err := url.Parse(said.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// env has this home and nothing else of ours.
func (h *home) env() []string { return []string{"HERMES_HOME=" + h.dir, "PATH=" + os.Getenv("PATH")} }

// result is a process that ended.
type result struct {
	out, err string
	code     int
}

// ask pipes a question.
func (h *home) ask() result {
	cmd := exec.Command(*hermes)
	cmd.Stdin = strings.NewReader("question")
	return h.run(cmd)
}

func (h *home) run(cmd *exec.Cmd) result {
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = h.env(), &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		h.t.Error(err)
		return result{code: -1}
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// login runs `hermes auth add` as a script would and lets a person press the
// button at the address that it prints; "" presses none.
func (h *home) login(client, button string) result {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, *hermes, "auth", "add", "minimax-oauth", "--no-browser",
		"--portal-url", h.peer.url, "--inference-url", h.inference, "--client-id", client)
	var all bytes.Buffer
	said, err := cmd.StderrPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Env, cmd.Stdout = h.env(), &out
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	page := regexp.MustCompile(`open this page: (\S+)\n`)
	for buf := make([]byte, 4096); ; {
		n, err := said.Read(buf)
		before := page.Match(all.Bytes())
		all.Write(buf[:n])
		if found := page.FindSubmatch(all.Bytes()); found != nil && !before && button != "" {
			decide(h.t, string(found[1]), button)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	return result{out.String(), all.String(), cmd.ProcessState.ExitCode()}
}

func (h *home) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) read(name string) string {
	h.t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.dir, name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(raw)
}

// entry is the login's block in auth.json.
func (h *home) entry() map[string]any {
	h.t.Helper()
	var store struct {
		Providers map[string]map[string]any `json:"providers"`
	}
	if err := json.Unmarshal([]byte(h.read("auth.json")), &store); err != nil {
		h.t.Fatal(err)
	}
	return store.Providers["minimax-oauth"]
}

// rewrite changes one string of the login's block in auth.json, as an editor would.
func (h *home) rewrite(key, value string) {
	h.t.Helper()
	was, is := h.entry()[key].(string), h.read("auth.json")
	old := `"` + key + `": "` + was + `"`
	if strings.Count(is, old) < 1 {
		h.t.Fatalf("auth.json has no %s", old)
	}
	h.write("auth.json", strings.Replace(is, old, `"`+key+`": "`+value+`"`, 1))
}

func (h *home) expire() { h.rewrite("expires_at", "2026-01-01T00:00:00+00:00") }
