//go:build unix

package authfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Somebody deletes auth.lock while a token is under way: those who then take
// the new lock file wait for the journal, so nobody sends the token again.
func TestLockFileDeletedDuringTheRequest(t *testing.T) {
	t.Parallel()
	for name, helper := range map[string]bool{"in the process": false, "in a helper": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newTokenServer(t, "RT-0")
			srv.delay = 500 * time.Millisecond
			home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
			j := job{Home: home, URL: srv.URL, Helper: helper}
			all := []*process{launch(t, j), launch(t, j), launch(t, j), launch(t, j)}
			all[0].start()
			<-srv.arrived
			for _, p := range all[1:] {
				if err := os.Remove(filepath.Join(home, LockName)); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				p.start()
				<-time.After(20 * time.Millisecond)
			}
			for _, p := range all {
				if r, ok := p.result(t); !ok || r.Token != "AT-1" || r.Err != "" {
					t.Errorf("token %q, error %q", r.Token, r.Err)
				}
			}
			if posts, reused := srv.counts(); posts != 1 || reused != 0 {
				t.Errorf("%d requests, %d reused", posts, reused)
			}
			if e := entryOf(t, home); e.RefreshToken != "RT-1" {
				t.Errorf("on disk: %q", e.RefreshToken)
			}
			checkHome(t, home, false)
		})
	}
}

// auth.json is moved away while a token is under way, and comes back: the
// answer waits in the journal, also for those who look in between.
func TestStoreMovedAwayDuringTheRequest(t *testing.T) {
	t.Parallel()
	for name, helper := range map[string]bool{"in the process": false, "in a helper": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newTokenServer(t, "RT-0")
			srv.delay = 200 * time.Millisecond
			home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
			j := job{Home: home, URL: srv.URL, Helper: helper}
			all := []*process{launch(t, j), launch(t, j)}
			for _, p := range all { // the second one waits for the lock
				p.start()
			}
			<-srv.arrived
			path := filepath.Join(home, StoreName)
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			for _, p := range all {
				if r, ok := p.result(t); !ok || r.Class == "reauth_required" {
					t.Errorf("%+v", r)
				}
			}
			if r, _ := runJob(t, j); r.Class != "not_logged_in" {
				t.Errorf("without a store: class %q, error %q", r.Class, r.Err)
			}
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
			if r, _ := runJob(t, j); r.Token != "AT-1" || r.Err != "" {
				t.Errorf("when it is back: token %q, error %q", r.Token, r.Err)
			}
			if posts, reused := srv.counts(); posts != 1 || reused != 0 {
				t.Errorf("%d requests, %d reused", posts, reused)
			}
			checkHome(t, home, false)
		})
	}
}

// Two homes whose auth.json is one file under two names have two locks, and a
// save would give one of them the new pair: no token is sent, and the one that
// works is used.
func TestHardLinkedHomes(t *testing.T) {
	t.Parallel()
	for _, detach := range []func(context.Context, string, string, *os.File) error{nil, func(context.Context, string, string, *os.File) error {
		t.Error("a helper was started")
		return nil
	}} {
		first := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		second := t.TempDir()
		if err := os.Link(filepath.Join(first, StoreName), filepath.Join(second, StoreName)); err != nil {
			t.Skip("no hard links here: ", err)
		}
		x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
		for _, home := range []string{first, second} {
			if _, _, err := Open(home, Options{Detach: detach}).Renew(t.Context(), testID, "", x.exchange()); classOf(err) != "config" {
				t.Errorf("%v", err)
			}
		}
		write(t, filepath.Join(first, StoreName), storeText(t, "AT-2", "RT-2", time.Hour))
		if e, _, err := Open(second, Options{}).Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-2" || x.tokens() != "" {
			t.Errorf("%q, sent %q: %v", e.AccessToken, x.tokens(), err)
		}
	}
}

// A pipe under the name of a file that renewals read or write makes nobody
// wait: not for a reader, and not for a writer.
func TestPipesBesideTheStore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, token, class string
		after              time.Duration
	}{
		{"auth.json.last-" + testID, "AT-1", "", -time.Minute},
		{"auth.json.failed-" + testID, "AT-1", "", -time.Minute},
		{"auth.json.last", "AT-1", "", -time.Minute},
		{"auth.refresh.json", "AT-1", "", -time.Minute},
		{"auth.json.pending", "AT-1", "", -time.Minute},
		{"auth.json.pending-" + testID, "", "io", -time.Minute},
		{"auth.json.pending-" + testID, "AT-0", "", time.Hour},
		{"auth.lock", "", "io", -time.Minute},
		{"auth.json.inplace", "AT-1", "", -time.Minute},
	} {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", tc.after))
		if err := syscall.Mkfifo(filepath.Join(home, tc.name), 0o600); err != nil {
			t.Fatal(err)
		}
		x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1"), failure(PostError{Outcome: Refused, HTTPStatus: 400})}}
		s := Open(home, Options{})
		done := make(chan error, 1)
		go func() {
			e, _, err := s.Renew(t.Context(), testID, "", x.exchange())
			if e.AccessToken != tc.token {
				t.Errorf("%s: token %q", tc.name, e.AccessToken)
			}
			done <- err
		}()
		select {
		case err := <-done:
			if classOf(err) != tc.class || tc.class == "io" && x.tokens() != "" {
				t.Errorf("%s: sent %q: %v", tc.name, x.tokens(), err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: it waits", tc.name)
		}
	}
}

// A refusal that cannot be written down is believed all the same, after one
// request.
func TestRefusalThatCannotBeShared(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	if err := syscall.Mkfifo(filepath.Join(home, "auth.json.failed-"+testID), 0o600); err != nil {
		t.Fatal(err)
	}
	x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Refused, HTTPStatus: 400})}}
	if _, _, err := hasty(home).Renew(t.Context(), testID, "", x.exchange()); classOf(err) != "reauth_required" || x.tokens() != "RT-0" {
		t.Errorf("sent %q: %v", x.tokens(), err)
	}
}

// A process whose helper renews is busy until the helper has ended, also when the context has ended; for a helper that does not end,
// as long after the context as an answer and its save may take.
func TestHelperKeepsTheProcessBusy(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]time.Duration{"the helper ends": 5 * time.Second, "it does not": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
				begun, cause := make(chan struct{}), errors.New("hang-up")
				s := Open(home, Options{Detach: func(context.Context, string, string, *os.File) error {
					close(begun)
					time.Sleep(ends)
					return nil
				}})
				ctx, cancel := context.WithCancelCause(t.Context())
				result := make(chan error, 1)
				go func() {
					_, _, err := s.Renew(ctx, testID, "", Exchange{})
					result <- err
				}()
				<-begun
				if !s.Busy() {
					t.Error("not busy while the helper runs")
				}
				time.Sleep(time.Second)
				cancel(cause)
				if err := <-result; !errors.Is(err, cause) {
					t.Error(err)
				}
				until := min(ends-time.Second, 22*time.Second)
				time.Sleep(until - time.Millisecond)
				if !s.Busy() {
					t.Errorf("not busy any more after %v", until)
				}
				time.Sleep(2 * time.Millisecond)
				if s.Busy() {
					t.Errorf("still busy after %v", until)
				}
				time.Sleep(ends) // the helper's goroutine ends too
			})
		})
	}
}
