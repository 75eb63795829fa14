//go:build unix

package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lab is a home without a login whose provider "lab" is the sandbox, and without a choice of its own.
func lab(t *testing.T, srv *server) *home {
	t.Helper()
	h := &home{t, filepath.Join(t.TempDir(), "home"), srv, "minimax-oauth"}
	text := fmt.Sprintf("providers:\n  lab: {transport: anthropic_messages, base_url: %s, default_model: sandbox}\n", srv.url)
	if err := os.Mkdir(h.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// event is the part of one that a parent looks at.
type event struct {
	Type           string
	Seq            int
	Text           string
	Status         string
	Provider       string
	ProviderSource string `json:"provider_source"`
	ModelSource    string `json:"model_source"`
	ExitCode       int    `json:"exit_code"`
	Error          struct{ Class string }
}

// child is a process as a terminal interface spawns it: the choice handed over in the environment, the answer on one
// pipe, the events on another, stdin a pipe that stays open.
type child struct {
	*process
	t           *testing.T
	out, events *os.File
	stdin       io.Closer
	all         []event
	lines       *bufio.Reader
}

func (h *home) spawn(args ...string) *child {
	h.t.Helper()
	outR, outW, err := os.Pipe()
	if err != nil {
		h.t.Fatal(err)
	}
	evR, evW, err := os.Pipe()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := h.command(append(args, "--events=fd:3", "--stdin=never")...)
	cmd.Env = append(cmd.Env, "HERMES_INFERENCE_PROVIDER=lab", "HERMES_INFERENCE_MODEL=sandbox")
	p := &process{cmd: cmd, began: time.Now()}
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = outW, &p.err, []*os.File{evW}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	outW.Close()
	evW.Close()
	_ = evR.SetReadDeadline(time.Now().Add(patience))
	c := &child{process: p, t: h.t, out: outR, events: evR, stdin: stdin, lines: bufio.NewReader(evR)}
	h.t.Cleanup(func() {
		p.kill(syscall.SIGKILL)
		outR.Close()
		evR.Close()
		stdin.Close()
	})
	return c
}

// next reads an event; false at the end of the pipe.
func (c *child) next() (event, bool) {
	c.t.Helper()
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		return event{}, false
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		c.t.Errorf("%v in %s", err, line)
	}
	if e.Seq != len(c.all) {
		c.t.Errorf("event %d has the number %d", len(c.all), e.Seq)
	}
	c.all = append(c.all, e)
	return e, true
}

// until reads events up to one of a type.
func (c *child) until(kind string) event {
	c.t.Helper()
	for {
		e, ok := c.next()
		if !ok {
			c.t.Fatalf("no %s in %+v; stderr %s", kind, c.all, c.err.String())
		}
		if e.Type == kind {
			return e
		}
	}
}

// over reads to the end and wants one run.end, the last.
func (c *child) over() event {
	c.t.Helper()
	end := c.until("run.end")
	if e, more := c.next(); more {
		c.t.Errorf("%+v after run.end", e)
	}
	return end
}

// TestParent: a parent that reads everything sees who was asked and why, each piece, and the end.
func TestParent(t *testing.T) {
	t.Parallel()
	h := lab(t, serve(t, "--any-token"))
	c := h.spawn("hello")
	var text bytes.Buffer
	got := make(chan struct{})
	go func() {
		defer close(got)
		_, _ = text.ReadFrom(c.out)
	}()
	start := c.until("run.start")
	if start.Provider != "lab" || start.ProviderSource != "the parent's handoff" || start.ModelSource != "the parent's handoff" {
		t.Errorf("%+v", start)
	}
	end := c.over()
	var pieces strings.Builder
	for _, e := range c.all {
		if e.Type == "text.delta" {
			pieces.WriteString(e.Text)
		}
	}
	<-got
	r := c.wait()
	if end.Status != "ok" || r.code != 0 || r.err != "" || !strings.HasPrefix(text.String(), answer) || strings.TrimSpace(pieces.String()) != strings.TrimSpace(text.String()) {
		t.Errorf("%+v %+v\n%s\n%s", end, r, &text, &pieces)
	}
	if !gone(c) {
		t.Error("a process was left")
	}
}

// TestParentLeaves: SIGTERM, or a pipe that the parent closes, ends the child within a second, with the request
// dropped, nothing left running, and a last word to whoever still listens.
func TestParentLeaves(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault string
		leave func(c *child)
		code  int
		class string // "" where nobody listens any more
		line  bool   // one on stderr
	}{
		"SIGTERM in the answer":        {"slow-bytes=50ms", func(c *child) { c.kill(syscall.SIGTERM) }, 143, "terminated", true},
		"SIGTERM to a silent model":    {"stall=2", func(c *child) { c.kill(syscall.SIGTERM) }, 143, "terminated", true},
		"stdout closed":                {"slow-bytes=50ms", func(c *child) { c.out.Close() }, 141, "pipe_closed", false},
		"stdout closed, silent model":  {"stall=2", func(c *child) { c.out.Close() }, 141, "pipe_closed", false},
		"events closed":                {"slow-bytes=50ms", func(c *child) { c.events.Close() }, 141, "", false},
		"everything closed":            {"stall=2", func(c *child) { c.out.Close(); c.events.Close(); c.stdin.Close() }, 141, "", false},
		"SIGTERM with a full pipe":     {"big=100000", func(c *child) { c.kill(syscall.SIGTERM) }, 143, "", true},
		"SIGINT twice, full pipe":      {"big=100000", interruptTwice, 130, "", true},
		"SIGHUP while nothing is read": {"big=100000", func(c *child) { c.kill(syscall.SIGHUP) }, 129, "", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, "--any-token", "--fault", tc.fault)
			h := lab(t, srv)
			c := h.spawn("hello")
			c.until("request.start")
			time.Sleep(200 * time.Millisecond)
			left := time.Now()
			tc.leave(c)
			if tc.class != "" {
				if end := c.over(); end.Status != "cancelled" && end.Status != "partial" && end.Status != "error" || end.Error.Class != tc.class || end.ExitCode != tc.code {
					t.Errorf("%+v", end)
				}
			}
			r := c.wait()
			if took := time.Since(left); took > 5*time.Second { // one, on a machine with nothing else to do
				t.Errorf("it took %v", took)
			}
			if r.code != tc.code || tc.line != (strings.Count(r.err, "\n") == 1) {
				t.Errorf("exit %d, want %d; stderr %q", r.code, tc.code, r.err)
			}
			if !gone(c) {
				t.Error("a process was left")
			}
			for end := time.Now().Add(5 * time.Second); srv.state().DroppedStreams == 0; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the request was not dropped")
				}
			}
		})
	}
}

// interruptTwice is an impatient person, who need not wait for the second in which a stuck write is given up.
func interruptTwice(c *child) {
	c.kill(syscall.SIGINT)
	time.Sleep(100 * time.Millisecond) // two that come at once are one
	c.kill(syscall.SIGINT)
}

// gone says that the child's group has no process any more.
func gone(c *child) bool { return syscall.Kill(-c.cmd.Process.Pid, 0) == syscall.ESRCH }

// TestRandomTERM: whenever SIGTERM comes, there is exactly one run.end, the last line, or no line at all where the
// process had not begun.
func TestRandomTERM(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--any-token", "--fault", "slow=2ms,slow-bytes=1ms")
	h, random := lab(t, srv), dice(t)
	early, done := 0, 0
	for range number(60, 1000) {
		c := h.spawn("hello")
		go drain(c.out)
		time.Sleep(time.Duration(random.Int64N(int64(30 * time.Millisecond))))
		c.kill(syscall.SIGTERM)
		var last event
		for {
			e, ok := c.next()
			if !ok {
				break
			}
			if last.Type == "run.end" {
				t.Errorf("%+v after run.end", e)
			}
			last = e
		}
		r := c.wait()
		switch {
		case len(c.all) == 0 && r.code == -int(syscall.SIGTERM):
			early++
		case last.Type != "run.end" || last.ExitCode != r.code:
			t.Errorf("exit %d, %d events, the last %+v, stderr %q", r.code, len(c.all), last, r.err)
		case r.code == 0:
			done++
		case r.code != 143:
			t.Errorf("exit %d: %s", r.code, r.err)
		}
	}
	t.Logf("%d before the program began, %d after its end", early, done)
}
