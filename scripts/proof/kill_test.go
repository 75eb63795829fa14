//go:build unix

package proof

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// exchange is how long the token server takes; the kills fall into this time and a little around it.
const exchange = 40 * time.Millisecond

// TestKilledGroup: SIGKILL or SIGTERM to everything that a caller started, at a random moment of a renewal, loses no
// login: the helper process finishes it.
func TestKilledGroup(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM} {
		for _, id := range logins() {
			t.Run(name+" "+id, func(t *testing.T) {
				t.Parallel()
				k := &killing{t: t, dice: dice(t), srv: serve(t, "--auto-approve")}
				k.home = loginTo(t, k.srv, id)
				k.srv.tell("fault", "token:slow-token="+exchange.String())
				for range number(20, 500) {
					k.round(func(p *process) { p.kill(sig) })
				}
				if k.lost > 0 || k.srv.state().Reuses > 0 {
					t.Errorf("%d logins lost, %d reuses", k.lost, k.srv.state().Reuses)
				}
				k.tell()
			})
		}
	}
}

// TestKilledEverything: the helper process is killed too. What is lost then is a token that was spent and whose answer
// had not come: nothing but the server could help. It is counted, and auth.json stays whole.
func TestKilledEverything(t *testing.T) {
	t.Parallel()
	k := &killing{t: t, dice: dice(t), srv: serve(t, "--auto-approve")}
	k.home = login(t, k.srv)
	k.srv.tell("fault", "token:slow-token="+exchange.String())
	for range number(20, 500) {
		k.round(k.everything)
	}
	k.tell()
}

// TestGrace: against a server that forgives a repetition the same kills lose nothing.
func TestGrace(t *testing.T) {
	t.Parallel()
	for _, id := range logins() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			k := &killing{t: t, dice: dice(t), srv: serve(t, "--auto-approve", "--grace", "30s")}
			k.home = loginTo(t, k.srv, id)
			k.srv.tell("fault", "token:slow-token="+exchange.String())
			for range number(20, 500) {
				k.round(k.everything)
			}
			if k.lost > 0 {
				t.Errorf("%d logins lost", k.lost)
			}
			k.tell()
		})
	}
}

// everything kills a run and its helper process, and waits until neither holds the lock any more.
func (k *killing) everything(p *process) {
	helper := helperOf(k.home.dir)
	p.kill(syscall.SIGKILL)
	if helper == 0 {
		return
	}
	for range 1000 { // a zombie that nobody reaps holds nothing either
		if syscall.Kill(helper, syscall.SIGKILL) != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// killing is a series of rounds: expire, run, kill, look, run again.
type killing struct {
	t            *testing.T
	dice         *rand.Rand
	srv          *server
	home         *home
	rounds, lost int
	renewed      int // rounds in which the token had reached the server before the kill
}

func (k *killing) round(kill func(*process)) {
	k.t.Helper()
	k.rounds++
	k.srv.tell("expire", "")
	before := k.srv.state().tokens()
	p := k.home.begin("hello", "--stdin=never")
	time.Sleep(time.Duration(k.dice.Int64N(int64(3 * exchange))))
	kill(p)
	p.wait()
	k.home.read()
	if k.srv.state().tokens() > before {
		k.renewed++
	}
	again := k.home.run("hello", "--stdin=never")
	switch {
	case again.answered():
	case again.code == 77 && strings.Contains(again.err, "re-authentication required"):
		k.lost++
		k.home.relogin()
	default:
		k.t.Errorf("round %d: exit %d: %s", k.rounds, again.code, again.err)
	}
	if left := k.settled(); len(left) > 0 {
		k.t.Errorf("round %d left %v", k.rounds, left)
	}
}

// settled is what lies about once the helper of a killed run has ended, too: it saves the login, by which others go on,
// before it removes its journal. A file that a kill left half written goes with the next save, or with doctor --fix.
func (k *killing) settled() []string {
	left := k.home.leftovers()
	for deadline := time.Now().Add(5 * time.Second); len(left) > 0 && time.Now().Before(deadline); left = k.home.leftovers() {
		time.Sleep(time.Millisecond)
	}
	if len(left) > 0 {
		k.home.run("doctor", "--fix")
		left = k.home.leftovers()
	}
	return left
}

func (k *killing) tell() {
	k.t.Logf("%d kills, %d of them during or after the exchange, %d logins lost", k.rounds, k.renewed, k.lost)
}

// helperOf finds the helper process of a home, 0 for none. Only Linux tells.
func helperOf(dir string) int {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range all {
		env, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(env), "HERMES_HOME="+dir+"\x00") {
			continue
		}
		words, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline"))
		if strings.Contains(string(words), "\x00--lock-fd") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			return pid
		}
	}
	return 0
}
