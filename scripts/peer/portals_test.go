package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// portals is a server by others that speaks the dialects of xAI, Codex and Nous, with strict answers to their requests. It is
// not part of this repository.
var portals = flag.String("portals", "../../../shared/tools/fake_logins.py", "a server for the logins of subscriptions, in python3")

// portal is that server, and a home.
type portal struct {
	home
	url string
}

func openPortals(t *testing.T) *portal {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3, so the logins of subscriptions are not tried against a server by others")
	}
	if _, err := os.Stat(*portals); err != nil {
		t.Skipf("SKIPPED: %v, so the logins of subscriptions are not tried against a server by others; -portals says where it is", err)
	}
	file := filepath.Join(t.TempDir(), "port")
	cmd := exec.Command(python, *portals, "--port", "0", "--port-file", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		port, err := os.ReadFile(file)
		if err == nil {
			return &portal{home{t: t, dir: filepath.Join(t.TempDir(), "home")}, "http://127.0.0.1:" + string(port)}
		}
		select {
		case <-ctx.Done():
			t.Fatal("the server does not start")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// set changes how the server behaves, for one portal.
func (p *portal) set(settings map[string]string) {
	p.t.Helper()
	raw, _ := json.Marshal(settings)
	res, err := http.Post(p.url+"/_ctl", "application/json", bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
}

// count is a counter of one portal.
func (p *portal) count(name, counter string) int {
	p.t.Helper()
	res, err := http.Get(p.url + "/_ctl")
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	var said struct{ Stats map[string]map[string]int }
	if err := json.Unmarshal(raw, &said); err != nil {
		p.t.Fatal(err)
	}
	return said.Stats[name][counter]
}

func (p *portal) do(args ...string) result {
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, *hermes, args...)
	cmd.Stdin = strings.NewReader("question")
	return p.run(cmd)
}

func (p *portal) want(r result, code int, words string) {
	p.t.Helper()
	if r.code != code || !strings.Contains(r.out+r.err, words) {
		p.t.Errorf("exit %d, want %d and %q\n%s%s", r.code, code, words, r.out, r.err)
	}
}

// TestSubscriptions logs in at each portal, asks, renews by a crowd with one exchange, and meets a refused and a troubled renewal.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	for id, name := range map[string]string{"xai-oauth": "xai", "openai-codex": "codex", "nous": "nous"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			p := openPortals(t)
			add := []string{"auth", "add", id, "--no-browser", "--portal-url", p.url + "/" + name, "--timeout", "40s"}
			ask := []string{"--provider", id, "-m", "some-model"}
			p.set(map[string]string{"poll": "denied"})
			if r := p.do(add...); r.code == 0 {
				t.Errorf("a denied login: %s", r.err)
			}
			p.set(map[string]string{"ttl": "1", "poll": ""})
			p.want(p.do(add...), 0, "logged in")
			p.set(map[string]string{"ttl": "3600"})
			p.expired(id)
			p.crowd(20, ask)
			if n := p.count(name, "refresh_ok"); n != 1 {
				t.Errorf("%d exchanges by the crowd", n)
			}
			p.set(map[string]string{"infer": "401*1"})
			p.want(p.do(ask...), 0, "pong")
			if n := p.count(name, "refresh_ok"); n != 2 {
				t.Errorf("%d exchanges after a 401", n)
			}
			for fault, code := range map[string]int{"429*2": 75, "500": 69, "html": 76} {
				p.set(map[string]string{"fail": fault})
				p.want(p.do("auth", "refresh", id), code, "")
				p.forget()
			}
			p.set(map[string]string{"fail": ""})
			p.want(p.do(ask...), 0, "pong")
			p.set(map[string]string{"fail": "invalid_grant"})
			p.want(p.do("auth", "refresh", id), 77, "re-authentication required")
			p.want(p.do(ask...), 77, "auth add "+id)
			if n, again := p.count(name, "reuse"), p.count(name, "refresh_requests"); n != 0 || again > 8 {
				t.Errorf("%d reuses, %d requests", n, again)
			}
		})
	}
}

// expired waits until the token has ended, as its expiry says.
func (p *portal) expired(id string) {
	for !strings.Contains(p.do("auth", "status", id).out, "expired") {
		if p.t.Failed() {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}

// forget takes away what lets processes share a failure for a moment.
func (p *portal) forget() {
	names, _ := filepath.Glob(filepath.Join(p.dir, "auth.json.failed-*"))
	for _, name := range names {
		os.Remove(name)
	}
}

// crowd asks n times at once.
func (p *portal) crowd(n int, args []string) {
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if r := p.do(args...); r.code != 0 || !strings.HasPrefix(r.out, "pong") {
				p.t.Error(fmt.Sprint(r))
			}
		})
	}
	all.Wait()
}
