//go:build unix

package proof

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes/scripts/toolmodel"
)

// TestMixed: logins, renewals and removals at two providers, questions and threads over four wires, batches, tools, settings, and another
// program that writes the same file by Hermes Agent's habits, all at once in one home. Whoever reads meets a whole document; the other
// program's key is never lost; no answer, row or turn is lost; and the logins that come last work.
func TestMixed(t *testing.T) {
	t.Parallel()
	m := mix(t)
	ctx, stop := context.WithTimeout(t.Context(), time.Duration(number(4, 60))*time.Second)
	defer stop()
	var all sync.WaitGroup
	loop := func(work func(n int)) {
		all.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				work(n)
			}
		})
	}
	for _, id := range logins() {
		loop(func(int) { m.hermes(mayBeOut, "auth", "refresh", id) })
		loop(func(int) { m.hermes(mayBeOut, "hello", "--stdin=never", "--provider", id) })
		loop(func(n int) {
			m.of(id).relogin()
			if n%2 == 0 {
				m.hermes(mayBeOut, "auth", "remove", id)
			}
		})
	}
	loop(func(n int) { m.hermes(mustEnd, "config", "set", "oneshot.retries", strconv.Itoa(n%5)) })
	loop(m.tools)
	loop(m.batch)
	loop(m.thread)
	written := 0
	loop(func(n int) {
		if err := m.foreignWrite(n); err != nil {
			t.Error(err)
		}
		written = n
		time.Sleep(5 * time.Millisecond)
	})
	reads, seen := 0, 0.0
	loop(func(int) {
		n, _ := m.read().Foreign.(float64)
		if n < seen {
			t.Errorf("foreign key %v after %v", n, seen)
		}
		seen = n
		reads++
		time.Sleep(time.Millisecond)
	})
	all.Wait()
	if n, _ := m.read().Foreign.(float64); int(n) != written {
		t.Errorf("foreign key %v at the end, want %d", n, written)
	}
	m.after()
	t.Logf("%d reads, %d foreign writes, %d logins, %d renewals, %v", reads, written, m.srv.state().Logins, m.srv.state().Refreshes, m.done)
}

var (
	mustEnd  = map[int]bool{0: true}
	mayBeOut = map[int]bool{0: true, 77: true}
)

// mixed is the one home, with a model that calls tools and a sandbox over each wire.
type mixed struct {
	*home
	model   *toolmodel.Server
	scripts map[string]*toolmodel.Script
	work    string // folder of what is written beside the home
	said    map[string]int
	mu      sync.Mutex
	done    map[string]int // what went well
}

func mix(t *testing.T) *mixed {
	t.Helper()
	scripts, err := toolmodel.Load("../../testdata/toolscripts")
	if err != nil {
		t.Fatal(err)
	}
	m := &mixed{model: &toolmodel.Server{Scripts: scripts}, scripts: scripts, work: t.TempDir(), said: map[string]int{}, done: map[string]int{}}
	model := httptest.NewServer(m.model)
	t.Cleanup(model.Close)
	keyed := serve(t, "--any-token")
	m.home = &home{t, toolHome(t, model.URL, ""), serve(t, "--auto-approve"), ""}
	config := filepath.Join(m.dir, "config.yaml")
	raw, err := os.ReadFile(config)
	var rows strings.Builder
	rows.WriteString("providers:\n")
	for transport, base := range wires() {
		fmt.Fprintf(&rows, "  s-%s: {base_url: %q, transport: %s, api_key: k, default_model: sandbox}\n", transport, keyed.url+base, transport)
	}
	if err == nil {
		err = os.WriteFile(config, []byte(strings.Replace(string(raw), "providers:\n", rows.String(), 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range logins() {
		m.of(id).relogin()
	}
	return m
}

// of is the home, as that of a login.
func (m *mixed) of(id string) *home { return &home{m.t, m.dir, m.srv, id} }

// hermes runs a command that may end with some codes.
func (m *mixed) hermes(codes map[int]bool, args ...string) result {
	m.t.Helper()
	r := m.run(args...)
	if !codes[r.code] {
		m.t.Errorf("%v: exit %d: %s", args, r.code, r.err)
	}
	m.count(args[0], r.code == 0)
	return r
}

func (m *mixed) count(what string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok {
		m.done[what]++
	}
}

// tools plays a script with a call after another, over a wire.
func (m *mixed) tools(n int) {
	const name = "five-in-turns"
	script, wire := m.scripts[name], toolmodel.Wires()[n%len(toolmodel.Wires())]
	end := runTools(m.t, m.dir, name, wire, "cmd", script)
	if end.ExitCode != script.Expect.Exit || end.Text == nil || *end.Text != *script.Expect.Text {
		m.t.Errorf("tools over %s: exit %d, %v: %s", wire, end.ExitCode, end.Text, end.said)
	}
	m.count("tools", true)
}

// batch asks some rows over each wire, in one journal.
func (m *mixed) batch(n int) {
	in := filepath.Join(m.work, fmt.Sprint("rows", n))
	var rows strings.Builder
	for transport := range wires() {
		fmt.Fprintf(&rows, "{\"prompt\":\"one of %d\",\"provider\":\"s-%s\"}\n{\"prompt\":\"two of %d\",\"provider\":\"s-%s\"}\n", n, transport, n, transport)
	}
	if err := os.WriteFile(in, []byte(rows.String()), 0o600); err != nil {
		m.t.Error(err)
	}
	r := m.hermes(mustEnd, "batch", "--provider", "s-gemini", "--journal", in+".journal", "-q", in)
	if got := strings.Count(r.out, `"status":"ok"`); got != 2*len(wires()) {
		m.t.Errorf("%d of %d rows are answered: %s", got, 2*len(wires()), r.out)
	}
}

// thread says one thing more in the thread of a wire.
func (m *mixed) thread(int) {
	for transport := range wires() {
		m.hermes(mustEnd, "hello", "--stdin=never", "--provider", "s-"+transport, "--thread", filepath.Join(m.work, transport))
		m.said[transport]++
	}
}

// after looks at what must stand when all is over.
func (m *mixed) after() {
	m.t.Helper()
	for transport, n := range m.said {
		if turns := turnsOf(m.t, filepath.Join(m.work, transport)); len(turns) != 2*n {
			m.t.Errorf("the thread over %s has %d turns, want %d", transport, len(turns), 2*n)
		}
	}
	for _, wire := range toolmodel.Wires() {
		for _, wrong := range m.model.Play(wire, "five-in-turns").Wrong {
			m.t.Error(wrong)
		}
	}
	for _, id := range logins() {
		m.of(id).relogin()
		if r := m.run("hello", "--stdin=never", "--provider", id); !r.answered() {
			m.t.Errorf("after the last login at %s: exit %d: %s", id, r.code, r.err)
		}
	}
	if left := m.leftovers(); len(left) > 0 {
		m.t.Errorf("left behind: %v", left)
	}
}

// foreignWrite changes a key of its own as Hermes Agent saves.
func (h *home) foreignWrite(n int) error {
	return h.underLock(func(doc map[string]any) { doc["foreign"] = n })
}
