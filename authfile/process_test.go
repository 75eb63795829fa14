//go:build linux

package authfile

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Case 1: many processes, one expired token, one exchange.
func TestCrowdMakesOneExchange(t *testing.T) {
	for _, j := range []job{{}, {Helper: true}, {ID: rowID}, {ID: rowID, Helper: true}} {
		srv := newTokenServer(t, "RT-0")
		srv.delay = 300 * time.Millisecond
		home, helper := homeWith(t, storeOf(t, j.ID)), j.Helper
		j.Home, j.URL = home, srv.URL
		renewed := 0
		for _, r := range crowd(t, 50, j) {
			if r.Token != "AT-1" || r.Err != "" {
				t.Errorf("%s, helper %v: token %q, error %q", j.ID, helper, r.Token, r.Err)
			}
			if r.Renewed {
				renewed++
			}
		}
		if posts, reused := srv.counts(); posts != 1 || reused != 0 || renewed != 1 {
			t.Errorf("helper %v: %d requests, %d reused, %d say they renewed; want 1, 0, 1", helper, posts, reused, renewed)
		}
		checkHome(t, home, false)
	}
}

// Case 2: a fresh token needs no lock, no write and no request.
func TestCrowdWithFreshToken(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	home := homeWith(t, storeText(t, "AT-0", "RT-0", 10*time.Minute))
	for _, r := range crowd(t, 20, job{Home: home, URL: srv.URL}) {
		if r.Token != "AT-0" || r.Err != "" {
			t.Errorf("token %q, error %q", r.Token, r.Err)
		}
	}
	if posts, _ := srv.counts(); posts != 0 {
		t.Errorf("%d requests", posts)
	}
	if names := listed(t, home); names != "auth.json" {
		t.Errorf("files: %s", names)
	}
}

// Cases 3 and 4: a failure is shared by all who waited for it, and a refusal
// also by those who come later.
func TestCrowdSharesAFailure(t *testing.T) {
	for _, tc := range []struct {
		name, class string
		status      int
		later       bool // a process started afterwards asks nothing
	}{
		{"500", "server_error", http.StatusInternalServerError, false},
		{"503", "overloaded", http.StatusServiceUnavailable, false},
		{"invalid_grant", "reauth_required", http.StatusBadRequest, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := newTokenServer(t, "RT-0")
			srv.status, srv.delay = tc.status, 300*time.Millisecond
			home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
			before := read(t, filepath.Join(home, StoreName))
			for _, r := range crowd(t, 50, job{Home: home, URL: srv.URL}) {
				if r.Class != tc.class {
					t.Errorf("class %q, error %q", r.Class, r.Err)
				}
			}
			if posts, _ := srv.counts(); posts != 1 {
				t.Errorf("%d requests, want 1", posts)
			}
			if changed := read(t, filepath.Join(home, StoreName)) != before; changed != tc.later {
				t.Errorf("auth.json changed: %v", changed)
			}
			if tc.later {
				if r, _ := runJob(t, job{Home: home, URL: srv.URL}); r.Class != tc.class {
					t.Errorf("later: class %q", r.Class)
				}
				if posts, _ := srv.counts(); posts != 1 {
					t.Errorf("%d requests after a later run, want 1", posts)
				}
			}
			checkHome(t, home, false)
		})
	}
}

// Case 3, a server that nobody runs.
func TestCrowdAtADeadServer(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	srv.Close()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	for _, r := range crowd(t, 50, job{Home: home, URL: srv.URL}) {
		if r.Class != "network" || r.Took > 4*time.Second {
			t.Errorf("class %q after %v", r.Class, r.Took)
		}
	}
	checkHome(t, home, false)
}

// Case 33: all were refused one access token that looks valid.
func TestCrowdAfter401(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	srv.delay = 200 * time.Millisecond
	home := homeWith(t, storeText(t, "AT-0", "RT-0", 10*time.Minute))
	for _, r := range crowd(t, 50, job{Home: home, URL: srv.URL, Rejected: "AT-0"}) {
		if r.Token != "AT-1" {
			t.Errorf("token %q, error %q", r.Token, r.Err)
		}
	}
	if posts, reused := srv.counts(); posts != 1 || reused != 0 {
		t.Errorf("%d requests, %d reused", posts, reused)
	}
	checkHome(t, home, false)
}

// Case 5: the holder is killed before the server commits; a waiter takes over.
func TestWaiterTakesOverFromAKilledHolder(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	holder := launch(t, job{Home: home, URL: srv.URL, StopAt: "prepared"})
	holder.start()
	waitSuspended(t, holder.cmd.Process.Pid)
	waiters := make([]*process, 20)
	for i := range waiters {
		waiters[i] = launch(t, job{Home: home, URL: srv.URL})
		waiters[i].start()
	}
	if err := holder.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, p := range waiters {
		if r, ok := p.result(t); !ok || r.Token != "AT-1" {
			t.Errorf("token %q, error %q", r.Token, r.Err)
		}
	}
	if posts, reused := srv.counts(); posts != 1 || reused != 0 {
		t.Errorf("%d requests, %d reused", posts, reused)
	}
	checkHome(t, home, false)
}

func waitSuspended(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); strings.Contains(string(stat), ") T ") {
			return
		}
		<-time.After(2 * time.Millisecond)
	}
	t.Fatalf("process %d is not suspended", pid)
}

// Cases 6, 7, 9, 11, 12: SIGKILL at each step, on a server that forgives
// nothing. next is what the following run may do, third the one after it.
func TestKilledAtEachStep(t *testing.T) {
	for _, tc := range []struct {
		step        string
		token       string // of the next run; "" is a loss that is said
		posts, lost int    // requests and reuses, of both runs
	}{
		{"locked", "AT-1", 1, 0},       // case 7: nothing spent
		{"prepared", "AT-1", 1, 0},     // case 7
		{"noted", "AT-1", 1, 0},        // case 7: the journal says sent, and one retry is allowed
		{"answered", "", 2, 1},         // cases 9 and 11: the declared loss
		{"journalled", "AT-1", 1, 0},   // case 12: the answer is found again
		{"written", "AT-1", 1, 0},      // case 12
		{"committed", "AT-1", 1, 0},    // case 12
		{"dropped", "AT-1", 1, 0},      // case 12
		{"no such step", "AT-1", 1, 0}, // case 6: the kill of a process that does not hold the lock
	} {
		for _, id := range []string{testID, rowID} {
			t.Run(tc.step+" "+id, func(t *testing.T) {
				t.Parallel()
				srv := newTokenServer(t, "RT-0")
				home := homeWith(t, storeOf(t, id))
				if _, alive := runJob(t, job{Home: home, ID: id, URL: srv.URL, KillAt: tc.step}); alive != (tc.step == "no such step") {
					t.Fatalf("the child lived: %v", alive)
				}
				if err := wellFormed("auth.json", []byte(read(t, filepath.Join(home, StoreName)))); err != nil {
					t.Fatal(err)
				}
				r, _ := runJob(t, job{Home: home, ID: id, URL: srv.URL})
				if r.Token != tc.token {
					t.Errorf("next run: token %q, error %q, want %q", r.Token, r.Err, tc.token)
				}
				if tc.token == "" && (r.Class != "reauth_required" || !strings.Contains(r.Err, "cut off at")) {
					t.Errorf("next run: class %q, error %q", r.Class, r.Err)
				}
				third, _ := runJob(t, job{Home: home, ID: id, URL: srv.URL})
				if third.Token != tc.token {
					t.Errorf("third run: token %q, error %q", third.Token, third.Err)
				}
				if posts, reused := srv.counts(); posts != tc.posts || reused != tc.lost {
					t.Errorf("%d requests, %d reused; want %d, %d", posts, reused, tc.posts, tc.lost)
				}
				checkHome(t, home, false)
			})
		}
	}
}

// storeOf is a store with an expired login of that provider.
func storeOf(t *testing.T, id string) string {
	t.Helper()
	if id == rowID {
		return rowText(t, "AT-0", "RT-0", -time.Minute)
	}
	return storeText(t, "AT-0", "RT-0", -time.Minute)
}

// Case 8: the same loss on a server that answers a repetition alike.
func TestKilledBeforeTheAnswerAtAForgivingServer(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	srv.grace = true
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	runJob(t, job{Home: home, URL: srv.URL, KillAt: "answered"})
	if r, _ := runJob(t, job{Home: home, URL: srv.URL}); r.Token != "AT-1" || r.Err != "" {
		t.Errorf("token %q, error %q", r.Token, r.Err)
	}
	if posts, _ := srv.counts(); posts != 2 {
		t.Errorf("%d requests, want 2", posts)
	}
	checkHome(t, home, false)
}

// Case 41: two kills in a row at every pair of steps.
func TestKilledTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("36 pairs of kills")
	}
	steps := []string{"noted", "answered", "journalled", "written", "committed", "dropped"}
	for _, first := range steps {
		for _, second := range steps {
			t.Run(first+"+"+second, func(t *testing.T) {
				t.Parallel()
				srv := newTokenServer(t, "RT-0")
				home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
				runJob(t, job{Home: home, URL: srv.URL, KillAt: first})
				runJob(t, job{Home: home, URL: srv.URL, KillAt: second})
				r, _ := runJob(t, job{Home: home, URL: srv.URL})
				posts, reused := srv.counts()
				if lost := r.Class == "reauth_required"; lost && reused != 1 || !lost && reused != 0 || posts > 2 {
					t.Errorf("class %q, %d requests, %d reused", r.Class, posts, reused)
				}
				checkHome(t, home, r.Class == "network")
			})
		}
	}
}

// Case 16: a signal during the request loses nothing.
func TestSignalDuringTheRequest(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		for _, delay := range []time.Duration{0, 20, 60, 120, 180} {
			t.Run(sig.String()+" "+(delay*time.Millisecond).String(), func(t *testing.T) {
				t.Parallel()
				srv := newTokenServer(t, "RT-0")
				srv.delay = 150 * time.Millisecond
				home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
				p := launch(t, job{Home: home, URL: srv.URL})
				p.start()
				<-srv.arrived
				<-time.After(delay * time.Millisecond)
				_ = p.cmd.Process.Signal(sig)
				if r, ok := p.result(t); !ok {
					t.Errorf("died: %+v", r)
				}
				if e := entryOf(t, home); e.RefreshToken != "RT-1" {
					t.Errorf("on disk: %q", e.RefreshToken)
				}
				checkHome(t, home, false)
			})
		}
	}
}

// Case 17: SIGKILL for the whole group, with the helper process.
func TestGroupKilledWhileTheHelperRenews(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	srv.delay = 300 * time.Millisecond
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	j := job{Home: home, URL: srv.URL, Helper: true}
	p := launchGroup(t, j)
	p.start()
	<-srv.arrived
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.result(t); ok {
		t.Fatal("the parent lived")
	}
	if r, _ := runJob(t, job{Home: home, URL: srv.URL}); r.Token != "AT-1" || r.Err != "" {
		t.Errorf("token %q, error %q", r.Token, r.Err)
	}
	if posts, reused := srv.counts(); posts != 1 || reused != 0 {
		t.Errorf("%d requests, %d reused", posts, reused)
	}
	checkHome(t, home, false)
}

// The helper gets the rejected token by its standard input and no secret by
// its arguments or environment.
func TestHelperGetsTheRejectedToken(t *testing.T) {
	srv := newTokenServer(t, "RT-0")
	home := homeWith(t, storeText(t, "AT-0", "RT-0", 10*time.Minute))
	r, _ := runJob(t, job{Home: home, URL: srv.URL, Rejected: "AT-0", Helper: true})
	if r.Token != "AT-1" || !r.Renewed || r.Err != "" {
		t.Errorf("%+v", r)
	}
	checkHome(t, home, false)
}

// A helper that dies is replaced by the process itself, by the rules for any
// process that died.
func TestHelperThatDies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		step, token   string
		posts, reused int
	}{{"locked", "AT-1", 1, 0}, {"noted", "AT-1", 1, 0}, {"answered", "", 2, 1}, {"journalled", "AT-1", 1, 0}, {"committed", "AT-1", 1, 0}} {
		srv := newTokenServer(t, "RT-0")
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		if r, _ := runJob(t, job{Home: home, URL: srv.URL, Helper: true, KillHelp: tc.step}); r.Token != tc.token {
			t.Errorf("%s: token %q, error %q", tc.step, r.Token, r.Err)
		}
		if posts, reused := srv.counts(); posts != tc.posts || reused != tc.reused {
			t.Errorf("%s: %d requests, %d reused", tc.step, posts, reused)
		}
		checkHome(t, home, false)
	}
}
