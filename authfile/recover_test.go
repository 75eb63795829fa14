//go:build unix

package authfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hermes/authfile/journal"
)

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
	const answer = `{"access_token":"AT-J","refresh_token":"RT-J","expires_in":900}`
	whole := func(rt, id, raw string, tries int, age time.Duration) string {
		return journalText(t, rt, id, raw, tries, age)
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

// journalText is the journal of a renewal that was sent so often, the last time that long ago.
func journalText(t *testing.T, rt, id, raw string, tries int, age time.Duration) string {
	t.Helper()
	path := t.TempDir() + "/pending"
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
