//go:build unix

package authfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hermes/authfile/journal"
)

// script is an Exchange that answers from a list; the last answer repeats.
type script struct {
	mu     sync.Mutex
	sent   []string // refresh tokens
	answer []func(ctx context.Context) ([]byte, error)
}

func (s *script) exchange() Exchange {
	x := httpExchange("")
	x.Post = func(ctx context.Context, e Entry) ([]byte, error) {
		s.mu.Lock()
		s.sent = append(s.sent, e.RefreshToken)
		next := s.answer[min(len(s.sent), len(s.answer))-1]
		s.mu.Unlock()
		return next(ctx)
	}
	return x
}

func (s *script) tokens() string { return strings.Join(s.sent, " ") }

func pairAnswer(at, rt string) func(context.Context) ([]byte, error) {
	raw, _ := json.Marshal(map[string]any{"access_token": at, "refresh_token": rt, "expires_in": 900})
	return func(context.Context) ([]byte, error) { return raw, nil }
}

func rawAnswer(raw string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(raw), nil }
}

func failure(e PostError) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return nil, &e }
}

func silence(ctx context.Context) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// The table of outcomes: what is sent, what the caller gets, what is on disk.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	type answers = []func(context.Context) ([]byte, error)
	good := pairAnswer("AT-1", "RT-1")
	refused := failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400})
	for _, tc := range []struct {
		name    string
		answers answers
		token   string
		class   string
		sent    int
		disk    string // refresh token afterwards
		journal bool
	}{
		{"success", answers{good}, "AT-1", "", 1, "RT-1", false},
		{"not sent, then success", answers{failure(PostError{Outcome: NotSent}), failure(PostError{Outcome: NotSent}), good}, "AT-1", "", 3, "RT-1", false},
		{"never sent", answers{failure(PostError{Outcome: NotSent})}, "", "network", 3, "RT-0", false},
		{"case 13: answer lost once", answers{failure(PostError{Outcome: Unknown}), good}, "AT-1", "", 2, "RT-1", false},
		{"case 13: lost, then refused", answers{failure(PostError{Outcome: Unknown}), refused}, "", "reauth_required", 2, "", false},
		{"case 13: never a third", answers{failure(PostError{Outcome: Unknown})}, "", "network", 2, "RT-0", true},
		{"lost, then 500", answers{failure(PostError{Outcome: Unknown}), failure(PostError{Outcome: Unknown, HTTPStatus: 500})}, "", "server_error", 2, "RT-0", true},
		{"500", answers{failure(PostError{Outcome: Unknown, HTTPStatus: 500})}, "", "server_error", 1, "RT-0", false},
		{"429, wait 2 s", answers{failure(PostError{Outcome: Transient, HTTPStatus: 429, RetryAfter: 2 * time.Second}), good}, "AT-1", "", 2, "RT-1", false},
		{"429 twice", answers{failure(PostError{Outcome: Transient, HTTPStatus: 429, RetryAfter: time.Second})}, "", "rate_limit", 2, "RT-0", false},
		{"503, wait a minute", answers{failure(PostError{Outcome: Transient, HTTPStatus: 503, RetryAfter: time.Minute})}, "", "overloaded", 1, "RT-0", false},
		{"refused", answers{refused}, "", "reauth_required", 1, "", false},
		{"invalid_client", answers{failure(PostError{Outcome: Misconfigured, HTTPStatus: 401, Code: "invalid_client", ErrClass: "auth_refused"})}, "", "auth_refused", 1, "RT-0", false},
		{"403 by plan", answers{failure(PostError{Outcome: Denied, HTTPStatus: 403, Message: "plan"})}, "", "billing", 1, "RT-0", false},
		{"case 14: HTML", answers{rawAnswer("<html>")}, "", "protocol", 1, "RT-0", true},
		{"case 14: no access token", answers{rawAnswer(`{"refresh_token":"RT-1"}`)}, "", "protocol", 1, "RT-0", true},
		{"case 38: no refresh token", answers{rawAnswer(`{"access_token":"AT-1","expires_in":900}`)}, "AT-1", "", 1, "RT-0", false},
		{"case 15: silence", answers{silence}, "", "timeout", 1, "RT-0", true},
		{"any other error", answers{func(context.Context) ([]byte, error) { return nil, errors.New("boom") }}, "", "network", 2, "RT-0", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
				x := &script{answer: tc.answers}
				began := time.Now()
				e, r, err := Open(home, Options{}).Renew(t.Context(), testID, "", x.exchange())
				if took := time.Since(began); took > 22*time.Second {
					t.Errorf("held the lock for %v", took)
				}
				if e.AccessToken != tc.token || classOf(err) != tc.class || r.Renewed != (tc.token != "") {
					t.Errorf("token %q, class %q, renewed %v: %v", e.AccessToken, classOf(err), r.Renewed, err)
				}
				if len(x.sent) != tc.sent {
					t.Errorf("sent %d times, want %d", len(x.sent), tc.sent)
				}
				disk := entryOf(t, home)
				if disk.RefreshToken != tc.disk || (tc.disk == "") != (disk.LastError != nil) {
					t.Errorf("on disk %q, last error %+v", disk.RefreshToken, disk.LastError)
				}
				if exists(filepath.Join(home, "auth.json.pending-"+testID)) != tc.journal {
					t.Errorf("files: %s", listed(t, home))
				}
				checkHome(t, home, tc.journal)
			})
		})
	}
}

// A refused grant is quarantined with Hermes Agent's keys, never sent again,
// and a login ends that.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := hasty(home)
	x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400})}}
	for range 3 {
		if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); classOf(err) != "reauth_required" || strings.Contains(err.Error(), "RT-0") {
			t.Errorf("%v", err)
		}
	}
	if x.tokens() != "RT-0" {
		t.Errorf("sent %s", x.tokens())
	}
	e := entryOf(t, home)
	if e.LoggedIn() || e.ClientID == "" || e.LastError.Code != "invalid_grant" || e.LastError.Reason != "runtime_refresh_failure" || !e.LastError.ReloginRequired {
		t.Errorf("%+v", e.LastError)
	}
	if text := read(t, s.Path()); !strings.Contains(text, `"active_provider": "minimax-oauth"`) || !strings.Contains(text, "x_future_field") {
		t.Error("more than the tokens went")
	}
	if err := s.Save(t.Context(), loginEntry("AT-9", "RT-9")); err != nil {
		t.Fatal(err)
	}
	if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-9" || e.LastError != nil {
		t.Errorf("after a login: %v", err)
	}
}

// Case 34 and the dead token that comes back with an old copy of the file: the
// memo knows it, nothing is sent.
func TestRefusedTokenComesBackWithAnOldCopy(t *testing.T) {
	t.Parallel()
	old := storeText(t, "AT-0", "RT-0", -time.Minute)
	home := homeWith(t, old)
	s := hasty(home)
	x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400}), pairAnswer("AT-8", "RT-8")}}
	_, _, err := s.Renew(t.Context(), testID, "", x.exchange())
	if classOf(err) != "reauth_required" || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("%v", err)
	}
	write(t, s.Path(), old)
	if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); classOf(err) != "reauth_required" || x.tokens() != "RT-0" {
		t.Errorf("sent %s: %v", x.tokens(), err)
	}
	write(t, s.Path(), storeText(t, "AT-7", "RT-7", -time.Minute)) // the other machine's file
	if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-8" {
		t.Errorf("%v", err)
	}
}

// Before a refusal is believed the file is read again, also a little later: a
// program that renews without the lock may have been quicker.
func TestRefusalIsNotBelievedAtOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		after time.Duration
		life  time.Duration
		sent  string
		token string
	}{
		"at once":                {0, 10 * time.Minute, "RT-0", "AT-9"},
		"100 ms later":           {100 * time.Millisecond, 10 * time.Minute, "RT-0", "AT-9"},
		"another expired pair":   {100 * time.Millisecond, -time.Second, "RT-0 RT-9", "AT-10"},
		"it waited for our lock": {2900 * time.Millisecond, 10 * time.Minute, "RT-0", "AT-9"},
		"much later is too late": {4 * time.Second, 10 * time.Minute, "RT-0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
				s := Open(home, Options{})
				foreign := func() { write(t, s.Path(), storeText(t, "AT-9", "RT-9", tc.life)) }
				x := &script{answer: []func(context.Context) ([]byte, error){
					func(context.Context) ([]byte, error) {
						if tc.after == 0 {
							foreign()
						} else {
							time.AfterFunc(tc.after, foreign)
						}
						return nil, &PostError{Outcome: Refused, HTTPStatus: 400}
					},
					pairAnswer("AT-10", "RT-10"),
				}}
				e, r, err := s.Renew(t.Context(), testID, "", x.exchange())
				if e.AccessToken != tc.token || x.tokens() != tc.sent || (err == nil) != (tc.token != "") {
					t.Errorf("token %q, sent %s: %v", e.AccessToken, x.tokens(), err)
				}
				if tc.token == "AT-9" && (!r.Adopted || r.Renewed) {
					t.Errorf("%+v", r)
				}
				time.Sleep(2 * time.Second) // the foreign writer of the last case
			})
		})
	}
}

// A backup of the store, some renewals old, comes back: its grant is refused,
// and the one that we saved last is there again.
func TestOlderStoreComesBack(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := hasty(home)
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1"), failure(PostError{Outcome: Refused, HTTPStatus: 400})}}
	if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil {
		t.Fatal(err)
	}
	write(t, s.Path(), storeText(t, "AT-older", "RT-older", -time.Hour))
	if e, _, err := hasty(home).Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" || x.tokens() != "RT-0 RT-older" {
		t.Errorf("%q, sent %q: %v", e.AccessToken, x.tokens(), err)
	}
	if _, _, err := hasty(home).Renew(t.Context(), testID, "AT-1", x.exchange()); classOf(err) != "reauth_required" || x.tokens() != "RT-0 RT-older RT-1" {
		t.Errorf("when that one is refused too: sent %q: %v", x.tokens(), err)
	}
}

// Only the grant that was refused goes: a login that came meanwhile stays.
func TestQuarantineComparesTheGrant(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := Open(home, Options{})
	h, err := s.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	r := &renewal{s: s, h: h, id: testID}
	e, _, _ := r.current()
	e.RefreshToken = "RT-older"
	before := read(t, s.Path())
	if err := r.quarantine(e, &PostError{Outcome: Refused}, "invalid_grant"); err != nil {
		t.Fatal(err)
	}
	if read(t, s.Path()) != before {
		t.Error("another grant was quarantined")
	}
}

// A pair that is newer than the one we sent is not overwritten by our answer.
func TestLoginDuringTheRequestWins(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := Open(home, Options{})
	x := &script{answer: []func(context.Context) ([]byte, error){func(ctx context.Context) ([]byte, error) {
		write(t, s.Path(), storeText(t, "LOGIN-AT", "LOGIN-RT", 10*time.Minute)) // by an editor, without the lock
		return pairAnswer("AT-1", "RT-1")(ctx)
	}}}
	e, r, err := s.Renew(t.Context(), testID, "", x.exchange())
	if err != nil || e.AccessToken != "LOGIN-AT" || !r.Adopted || r.Renewed {
		t.Errorf("%q %+v %v", e.AccessToken, r, err)
	}
	if disk := entryOf(t, home); disk.RefreshToken != "LOGIN-RT" {
		t.Errorf("on disk %q", disk.RefreshToken)
	}
	checkHome(t, home, false)
}

// wipe does to the store what Hermes Agent's quarantine does.
func wipe(t *testing.T, s *Store, at time.Time) {
	t.Helper()
	data, err := apply([]byte(read(t, s.Path())), quarantined(LastError{
		Code: "refresh_failed", Message: "m", Reason: "runtime_refresh_failure", ReloginRequired: true, At: formatTime(at),
	}))
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.Path(), string(data))
}

// Hermes Agent lost a race and wiped the pair that we had saved, or wrote the
// spent one over it: it is put back, each time, and nothing is sent.
func TestForeignWipeIsUndone(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	var warned []string
	s := Open(home, Options{Warn: func(code, _ string) { warned = append(warned, code) }})
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
	if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil {
		t.Fatal(err)
	}
	before := read(t, s.Path())
	stale := func() { write(t, s.Path(), storeText(t, "AT-0", "RT-0", -time.Minute)) }
	for i, undo := range []func(){func() { wipe(t, s, time.Now().Add(time.Second)) }, stale, func() { wipe(t, s, time.Now().Add(2*time.Second)) }} {
		undo()
		if sn, err := s.Read(); err != nil {
			t.Fatal(err)
		} else if e, _ := sn.Entry(testID); !e.LoggedIn() {
			t.Errorf("%d: a reader takes it for no login", i)
		}
		e, r, err := s.Renew(t.Context(), testID, "", x.exchange())
		if err != nil || e.AccessToken != "AT-1" || r.Warning == "" || strings.Join(warned, " ") != "login_restored" {
			t.Errorf("%d: %q %+v %v %v", i, e.AccessToken, r, err, warned)
		}
		if a, b := sortedLines(masked([]byte(read(t, s.Path())))), sortedLines(masked([]byte(before))); a != b {
			t.Errorf("%d: put back as\n%s\nnot\n%s", i, a, b)
		}
	}
	if x.tokens() != "RT-0" {
		t.Errorf("sent %s", x.tokens())
	}
}

// sortedLines compares documents whose keys moved: what was removed and put
// back stands behind its siblings.
func sortedLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, ",\n", "\n"), "\n")
	for i := range lines {
		for j := i + 1; j < len(lines); j++ {
			if lines[j] < lines[i] {
				lines[i], lines[j] = lines[j], lines[i]
			}
		}
	}
	return strings.Join(lines, "\n")
}

func TestOlderWipeStays(t *testing.T) {
	home := homeWith(t, "")
	s := Open(home, Options{})
	if err := s.Save(t.Context(), loginEntry("AT", "RT")); err != nil {
		t.Fatal(err)
	}
	wipe(t, s, time.Now().Add(-time.Hour))
	if _, _, err := s.Renew(t.Context(), testID, "", Exchange{}); classOf(err) != "reauth_required" {
		t.Errorf("%v", err)
	}
}

// Journal cases (a), (b) and (c), and what is damaged.
func TestJournal(t *testing.T) {
	answer := `{"access_token":"AT-J","refresh_token":"RT-J","expires_in":900}`
	whole := func(rt, id, raw string, tries int, age time.Duration) string {
		home := t.TempDir()
		path := home + "/pending"
		j, err := journal.Open(path, journal.Attempt{RT: journal.Fingerprint(rt), Provider: id, Tries: tries - 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Note(time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		if raw != "" {
			if err := j.Answer([]byte(raw)); err != nil {
				t.Fatal(err)
			}
		}
		j.Keep()
		return read(t, path)
	}
	flipped := strings.Replace(whole("RT-0", testID, answer, 1, 0), "AT-J", "AT-X", 1)
	for _, tc := range []struct {
		name, journal string
		life          time.Duration
		token, class  string
		sent          string
		kept          bool
	}{
		{"(a) another token", whole("RT-other", testID, answer, 1, 0), -time.Minute, "AT-1", "", "RT-0", false},
		{"(a) and a fresh entry", whole("RT-other", testID, answer, 1, 0), time.Hour, "AT-0", "", "", false},
		{"(b) an answer", whole("RT-0", testID, answer, 1, 0), -time.Minute, "AT-J", "", "", false},
		{"(b) and a fresh entry", whole("RT-0", testID, answer, 1, time.Minute), time.Hour, "AT-J", "", "", false},
		{"(c) sent, no answer", whole("RT-0", testID, "", 1, 0), -time.Minute, "AT-1", "", "RT-0", false},
		{"(c) young, the token works", whole("RT-0", testID, "", 1, 5*time.Second), time.Hour, "AT-1", "", "RT-0", false},
		{"case 10: (c) old, the token works", whole("RT-0", testID, "", 1, 2*time.Minute), time.Hour, "AT-0", "", "", true},
		{"(c) old, the token ended", whole("RT-0", testID, "", 1, 2*time.Minute), -time.Minute, "AT-1", "", "RT-0", false},
		{"(c) sent twice just now", whole("RT-0", testID, "", 2, time.Second), -time.Minute, "", "network", "", true},
		{"(c) sent twice long ago", whole("RT-0", testID, "", 2, 2*time.Minute), -time.Minute, "AT-1", "", "RT-0", false},
		{"(c) from the future", whole("RT-0", testID, "", 2, -time.Hour), -time.Minute, "AT-1", "", "RT-0", false},
		{"an answer that does not match its sum", flipped, -time.Minute, "AT-1", "", "RT-0", false},
		{"an answer nobody understands", whole("RT-0", testID, "<html>", 1, 0), -time.Minute, "AT-1", "", "RT-0", false},
		{"cut in the answer", whole("RT-0", testID, answer, 1, 0)[:512+128+9], -time.Minute, "AT-1", "", "RT-0", false},
		{"cut in the first line", whole("RT-0", testID, answer, 1, 0)[:40], -time.Minute, "AT-1", "", "RT-0", false},
		{"empty", "", -time.Minute, "AT-1", "", "RT-0", false},
		{"zeros", strings.Repeat("\x00", 65536), time.Hour, "AT-0", "", "", false},
		{"nonsense", strings.Repeat("{}\n", 1000), -time.Minute, "AT-1", "", "RT-0", false},
	} {
		for _, name := range []string{"auth.json.pending-" + testID, "auth.json.pending"} { // the second is that of older versions
			t.Run(tc.name+", "+name, func(t *testing.T) {
				home := homeWith(t, storeText(t, "AT-0", "RT-0", tc.life))
				write(t, filepath.Join(home, name), tc.journal)
				x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
				e, _, err := Open(home, Options{}).Renew(t.Context(), testID, "", x.exchange())
				if e.AccessToken != tc.token || classOf(err) != tc.class || x.tokens() != tc.sent {
					t.Errorf("token %q, class %q, sent %q: %v", e.AccessToken, classOf(err), x.tokens(), err)
				}
				checkHome(t, home, tc.kept)
				if exists(filepath.Join(home, "auth.json.pending-"+testID)) != tc.kept {
					t.Errorf("files: %s", listed(t, home))
				}
			})
		}
	}
}

// A renewal of one provider that was cut off, under the name of today or that
// of older versions, is kept for that provider and stops no other.
func TestAnotherProvidersJournal(t *testing.T) {
	for _, name := range []string{"auth.json.pending-nous", "auth.json.pending"} {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		s := Open(home, Options{})
		h := &held{s: s, place: place{s.path, s.path}}
		j, err := journal.Open(h.place.journal("nous"), journal.Attempt{RT: journal.Fingerprint("FAKE-NOUS-REFRESH"), Provider: "nous"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Note(time.Now()); err != nil {
			t.Fatal(err)
		}
		j.Keep()
		if err := os.Rename(h.place.journal("nous"), filepath.Join(home, name)); err != nil {
			t.Fatal(err)
		}
		x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
		if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" {
			t.Errorf("%s: %q %v", name, e.AccessToken, err)
		}
		if line, _, found, err := journal.Read(h.place.journal("nous"), "nous"); err != nil || !found || line.Tries != 1 {
			t.Errorf("%s: %+v %v %v; files: %s", name, line, found, err, listed(t, home))
		}
		checkHome(t, home, true)
	}
}

// No two providers share the names of their files.
func TestFileNames(t *testing.T) {
	seen := map[string]string{}
	for _, id := range []string{"minimax-oauth", "Minimax-oauth", "a/b", "a%2Fb", "..", "", "custom:me", "custom%3Ame", "é", strings.Repeat("x", 300), strings.Repeat("x", 301), "a.lock"} {
		name := strings.ToLower(fileName(id))
		if other, twice := seen[name]; twice || strings.ContainsAny(name, "/.:") || len(name) > 200 {
			t.Errorf("%q is %q, as is %q", id, name, other)
		}
		seen[name] = id
	}
}

// A journal that answers a grant which Hermes Agent wiped meanwhile saves it.
func TestJournalAfterAWipe(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := Open(home, Options{})
	h := &held{s: s, place: place{s.path, s.path}}
	j, err := journal.Open(h.place.journal(testID), journal.Attempt{RT: journal.Fingerprint("RT-0"), Provider: testID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Note(time.Now()), j.Answer([]byte(`{"access_token":"AT-J","refresh_token":"RT-J","expires_in":900}`))); err != nil {
		t.Fatal(err)
	}
	j.Keep()
	wipe(t, s, time.Now())
	if e, _, err := s.Renew(t.Context(), testID, "", Exchange{Parse: httpExchange("").Parse}); err != nil || e.AccessToken != "AT-J" || e.LastError != nil {
		t.Errorf("%q %v", e.AccessToken, err)
	}
}

// A token that is due but works is used when the server has trouble, or when
// another process is on it, and not when the grant is dead.
func TestTokenInItsLastMinute(t *testing.T) {
	for name, tc := range map[string]struct {
		answer PostError
		token  string
	}{
		"server trouble": {PostError{Outcome: Unknown, HTTPStatus: 500}, "AT-0"},
		"no network":     {PostError{Outcome: NotSent}, "AT-0"},
		"dead grant":     {PostError{Outcome: Refused, HTTPStatus: 400}, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			home := homeWith(t, storeText(t, "AT-0", "RT-0", 50*time.Second))
			e, r, err := Open(home, Options{}).Renew(t.Context(), testID, "", (&script{answer: []func(context.Context) ([]byte, error){failure(tc.answer)}}).exchange())
			if e.AccessToken != tc.token || (err == nil) != (tc.token != "") || (tc.token != "") != (r.Warning != "") {
				t.Errorf("%s: %q %+v %v", name, e.AccessToken, r, err)
			}
			_, _, err = Open(home, Options{}).Renew(t.Context(), testID, "AT-0", (&script{answer: []func(context.Context) ([]byte, error){failure(tc.answer)}}).exchange())
			if err == nil {
				t.Errorf("%s: a token that the server refused was given out again", name)
			}
		})
	}
	home := homeWith(t, storeText(t, "AT-0", "RT-0", 50*time.Second))
	h, err := Open(home, Options{}).acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	if e, _, err := Open(home, Options{}).Renew(t.Context(), testID, "", Exchange{}); err != nil || e.AccessToken != "AT-0" {
		t.Errorf("behind a busy lock: %v", err)
	}
}

// Case 32: a token with an absurd expiry is used; its refusal causes exactly
// one renewal, and the next refusal of the new one another.
func TestAbsurdClockRenewsOnceFor401(t *testing.T) {
	for _, expires := range []string{
		`"2036-11-24T00:00:00+00:00"`, `"never"`, `-1`, `1e300`, `null`, `17954550930000`, `{"x":1}`,
	} {
		t.Run(expires, func(t *testing.T) {
			home := homeWith(t, `{"providers":{"minimax-oauth":{"access_token":"AT-0","refresh_token":"RT-0","expires_at":`+expires+`,"k":1}}}`)
			s := Open(home, Options{})
			x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
			if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-0" || x.tokens() != "" {
				t.Fatalf("%q, sent %q: %v", e.AccessToken, x.tokens(), err)
			}
			for range 3 {
				if e, _, err := s.Renew(t.Context(), testID, "AT-0", x.exchange()); err != nil || e.AccessToken != "AT-1" {
					t.Errorf("%q %v", e.AccessToken, err)
				}
			}
			if x.tokens() != "RT-0" {
				t.Errorf("sent %s", x.tokens())
			}
		})
	}
}

// Case 38: what the server says is stored to the byte.
func TestStringsAreStoredExactly(t *testing.T) {
	for _, token := range []string{
		`q"uo\te`, "new\nline\r\t", "<script>&amp;", "é漢😀", "\u2028\u2029", "\x01\x1f\x7f", strings.Repeat("x", 64<<10), `.*?:#|@\`, " ",
	} {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		s := Open(home, Options{})
		x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("A"+token, "R"+token)}}
		if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil {
			t.Fatal(err)
		}
		if e := entryOf(t, home); e.AccessToken != "A"+token || e.RefreshToken != "R"+token {
			t.Errorf("%.20q came back as %.20q, %.20q", token, e.AccessToken, e.RefreshToken)
		}
		checkHome(t, home, false)
	}
}

// Case 40: a provider's name may contain anything.
func TestProviderNames(t *testing.T) {
	for _, id := range []string{`a.b*?:#|@\"`, "\n", "é", "#", "@this", "0", "custom:me.*"} {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", time.Hour))
		s := Open(home, Options{})
		e := loginEntry("AT-9", "RT-9")
		e.Provider = id
		if err := s.Save(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		sn, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := sn.Entry(id); !ok || got.RefreshToken != "RT-9" || sn.PoolCount(id) != 1 || sn.Active() != id {
			t.Errorf("%q: %v %q", id, ok, got.RefreshToken)
		}
		if out, err := s.Remove(t.Context(), id); err != nil || out != (Removed{true, 1, true}) {
			t.Errorf("%q: %+v %v", id, out, err)
		}
		checkHome(t, home, false)
	}
}

// The failure of a server is shared for two seconds, then tried again.
func TestMemoLivesTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Unknown, HTTPStatus: 502, Message: "bad gateway"})}}
		for i, want := range []int{1, 1, 2} {
			_, _, err := Open(home, Options{}).Renew(t.Context(), testID, "", x.exchange())
			if classOf(err) != "server_error" || !strings.Contains(err.Error(), "bad gateway") || len(x.sent) != want {
				t.Errorf("run %d: sent %d times: %v", i, len(x.sent), err)
			}
			time.Sleep(1100 * time.Millisecond)
		}
	})
}

// A context that ends during the request is reported when all is saved; one
// that ended before sends nothing.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		s := Open(home, Options{})
		cause := errors.New("hang-up")
		ctx, cancel := context.WithCancelCause(t.Context())
		x := &script{answer: []func(context.Context) ([]byte, error){func(post context.Context) ([]byte, error) {
			cancel(cause)
			if !s.Busy() || post.Err() != nil {
				t.Error("not busy, or the request was cancelled")
			}
			time.Sleep(3 * time.Second)
			return pairAnswer("AT-1", "RT-1")(post)
		}}}
		if _, r, err := s.Renew(ctx, testID, "", x.exchange()); !errors.Is(err, cause) || !r.Renewed || s.Busy() {
			t.Errorf("%+v %v", r, err)
		}
		if e := entryOf(t, home); e.RefreshToken != "RT-1" {
			t.Errorf("on disk %q", e.RefreshToken)
		}
		if e, _, err := s.Renew(ctx, testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" {
			t.Errorf("a fresh token needs no context: %v", err)
		}
		write(t, s.Path(), storeText(t, "AT-5", "RT-5", -time.Minute))
		if e, _, err := s.Renew(ctx, testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" {
			t.Errorf("what was read a moment ago is read again: %v", err)
		}
		time.Sleep(recentFor)
		if _, _, err := s.Renew(ctx, testID, "", x.exchange()); !errors.Is(err, cause) || len(x.sent) != 1 {
			t.Errorf("sent %d times: %v", len(x.sent), err)
		}
		checkHome(t, home, false)
	})
}

// Many goroutines of one process share one exchange too.
func TestGoroutines(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := Open(home, Options{})
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			store := s
			if i%2 == 0 {
				store = Open(home, Options{})
			}
			if e, _, err := store.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" {
				t.Errorf("%q %v", e.AccessToken, err)
			}
		})
	}
	wg.Wait()
	if x.tokens() != "RT-0" {
		t.Errorf("sent %s", x.tokens())
	}
}

// Remove leaves nothing of a login, and nothing that brings it back.
func TestRemove(t *testing.T) {
	home := homeWith(t, read(t, golden+"02-auth-list/auth.json"))
	s := Open(home, Options{})
	if err := s.Save(t.Context(), loginEntry("AT", "RT")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, "auth.json.pending-"+testID), "x")
	out, err := s.Remove(t.Context(), testID)
	if err != nil || out != (Removed{Block: true, PoolRows: 2, Active: true}) {
		t.Fatalf("%+v %v", out, err)
	}
	text := read(t, s.Path())
	for _, want := range []string{`"providers": {}`, `"active_provider": null`, "\"suppressed_sources\": {\n    \"minimax-oauth\": [\n      \"oauth\"\n    ]\n  }"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if names := listed(t, home); strings.Contains(text, "AT") || names != "auth.json auth.lock" {
		t.Errorf("left: %s\n%s", names, text)
	}
	if out, err := s.Remove(t.Context(), testID); err != nil || out != (Removed{}) || read(t, s.Path()) != text {
		t.Errorf("again: %+v %v", out, err)
	}
	if err := s.Save(t.Context(), loginEntry("AT", "RT")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(read(t, s.Path()), "suppressed") {
		t.Error("still suppressed after a login")
	}
}

// A key that is stored again is no longer to be passed over; nothing else is written for it.
func TestAllow(t *testing.T) {
	home := homeWith(t, read(t, golden+"08-many-providers-before/auth.json"))
	s := Open(home, Options{})
	before := read(t, s.Path())
	if err := s.Allow(t.Context(), "nobody"); err != nil || read(t, s.Path()) != before || listed(t, home) != "auth.json" {
		t.Errorf("%v; %s", err, listed(t, home))
	}
	const marked = `{"version": 1, "providers": {}, "credential_pool": {}, "x": [1,  2], "suppressed_sources": {"minimax": ["env:MINIMAX_API_KEY"]%s}}`
	for more, want := range map[string]string{"": `"x": [1,  2]`, `, "nous": ["device_code"]`: `"suppressed_sources": {"nous": ["device_code"]}`} {
		write(t, s.Path(), fmt.Sprintf(marked, more))
		if err := s.Allow(t.Context(), "minimax"); err != nil {
			t.Fatal(err)
		}
		if text := read(t, s.Path()); strings.Contains(text, "minimax") || !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	write(t, s.Path(), "{")
	if err := s.Allow(t.Context(), "minimax"); err == nil {
		t.Error("a broken store is no error")
	}
	if err := Open(t.TempDir(), Options{}).Allow(t.Context(), "minimax"); err != nil {
		t.Errorf("no store: %v", err)
	}
}

// A login over a broken store needs the caller's word, and keeps it beside.
func TestSetAside(t *testing.T) {
	for name, content := range map[string]string{"half": `{"providers": {"x": {"acc`, "shape": `{"providers": [1]}`, "empty": ""} {
		home := homeWith(t, "")
		path := filepath.Join(home, StoreName)
		write(t, path, content)
		plain := Open(home, Options{})
		for _, err := range []error{plain.CheckSave("minimax-oauth"), plain.Save(t.Context(), loginEntry("A", "R"))} {
			if e, ok := errors.AsType[*Error](err); !ok || !e.Broken() {
				t.Errorf("%s: %v", name, err)
			}
		}
		var said string
		s := Open(home, Options{SetAside: true, Warn: func(code, text string) { said = code + text }})
		if err := errors.Join(s.CheckSave("minimax-oauth"), s.Save(t.Context(), loginEntry("A", "R"))); err != nil {
			t.Fatal(err)
		}
		kept, _ := filepath.Glob(path + ".bad-*")
		if len(kept) != 1 || read(t, kept[0]) != content || !strings.Contains(said, kept[0]) {
			t.Errorf("%s: kept %v, said %q", name, kept, said)
		}
		if e := entryOf(t, home); e.AccessToken != "A" {
			t.Errorf("%s: %q", name, e.AccessToken)
		}
	}
	home := homeWith(t, `{"version":2,"providers":{}}`)
	s := Open(home, Options{SetAside: true})
	for _, err := range []error{s.CheckSave("minimax-oauth"), s.Save(t.Context(), loginEntry("A", "R"))} {
		if e, ok := errors.AsType[*Error](err); !ok || e.Broken() || classOf(err) != "config" || !strings.Contains(err.Error(), "newer") {
			t.Errorf("a later version: %v", err)
		}
	}
}

func TestSaveMakesAPrivateHome(t *testing.T) {
	home := filepath.Join(t.TempDir(), "a", "b")
	if err := Open(home, Options{}).Save(t.Context(), loginEntry("A", "R")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(home)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := Open(home, Options{}).Save(t.Context(), Entry{Provider: testID}); classOf(err) != "config" {
		t.Errorf("nothing to save: %v", err)
	}
}

// The labels of rows come from the token where it says a name.
func TestRowLabel(t *testing.T) {
	for token, want := range map[string]string{
		"x.eyJlbWFpbCI6ICJmYWtlQGV4YW1wbGUuaW52YWxpZCJ9.y": "fake@example.invalid",
		"x.eyJ1cG4iOiJ1In0=.y":                             "u",
		"x.%%%.y":                                          "minimax-oauth-oauth-2", "opaque": "minimax-oauth-oauth-2",
	} {
		if got := rowLabel(Entry{Provider: testID, AccessToken: token}, 2); got != want {
			t.Errorf("%s: %s", token, got)
		}
	}
}

func ExamplePostError() {
	fmt.Println(&PostError{Outcome: Refused, HTTPStatus: 400, Code: "invalid_grant", Message: "already used"})
	// Output: token renewal failed (HTTP 400): invalid_grant: already used
}
