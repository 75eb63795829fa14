//go:build unix

package authfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWellFormed: where a store is broken, and how deep it may be nested.
func TestWellFormed(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	for data, want := range map[string]string{
		`{}`: "", ` {"a":[{}]} `: "", nested(maxNesting): "", `{"a":[` + strings.Repeat(`[],`, maxNesting) + `{}]}`: "",
		`{"a":"\"` + strings.Repeat("[", maxNesting+1) + `"}`: "",
		nested(maxNesting + 1):                                fmt.Sprintf("byte 1004 of 2006 (nested more than %d deep)", maxNesting),
		"{\"a\":\"\xff\"}":                                    "byte 6 of 9 (not UTF-8)",
		"{\"é\ufffd\":\"\xff":                                 "byte 10 of 11 (not UTF-8)",
		"\xff":                                                "byte 0 of 1 (not UTF-8)",
		" \t\r\n[]":                                           "byte 4 of 6 (not a JSON object)",
		`{"a":}`:                                              "byte 6 of 6 (invalid character '}' looking for beginning of value)",
		`{"a":1`:                                              "byte 6 of 6 (unexpected end of JSON input)",
		``:                                                    "byte 0 of 0 (unexpected end of JSON input)",
	} {
		err := wellFormed("f", []byte(data))
		if want != "" {
			want = "f is broken at " + want + "; it was left as it is"
		}
		if e, ok := errors.AsType[*Error](err); ok != (want != "") || ok && (e.Error() != want || !e.torn) {
			t.Errorf("%.40q: %v, want %s", data, err, want)
		}
	}
}

// TestSmallWords: an error with and without its cause; a provider of which there is nothing; whose tokens are worked with.
func TestSmallWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e    Error
		want string
	}{{Error{Message: "m"}, "m"}, {Error{Message: "m", Err: errors.New("cause")}, "m: cause"}} {
		if c.e.Error() != c.want {
			t.Error(c.e.Error())
		}
	}
	for b, want := range map[Block]bool{{}: true, {Suppressed: true}: true, {Entry: Entry{Provider: "p"}}: false, {Rows: 1}: false, {Active: true}: false} {
		if b.Empty() != want {
			t.Errorf("%+v: %v", b.Rows, b.Empty())
		}
	}
	now := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		token string
		left  time.Duration
		want  bool
	}{{"AT", 15*time.Second + 1, true}, {"AT", 15 * time.Second, false}, {"", time.Hour, false}} {
		if got := (Entry{AccessToken: c.token, ExpiresAt: now.Add(c.left)}).works(now); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if (Entry{AccessToken: "AT"}).works(now) {
		t.Error("a token of no known end is worked with")
	}
}

// TestMargins: a short token is renewed when a quarter of its life is left, a long one when a minute is; absurd times leave it to the server.
func TestMargins(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		life     int64
		left     time.Duration
		obtained time.Duration // before now
		want     bool
	}{
		{100, 25 * time.Second, 0, false},
		{100, 25*time.Second + 1, 0, true},
		{3600, skew, 0, false},
		{3600, skew + 1, 0, true},
		{240, skew, 0, false},
		{240, skew + 1, 0, true},
		{0, skew, 0, false},
		{0, skew + 1, 0, true},
		{3600, 0, -clockSlack, false},
		{3600, 0, -clockSlack - 1, true},
		{1, longestToken, 0, true},
	} {
		e := Entry{AccessToken: "AT", ExpiresIn: c.life, ExpiresAt: now.Add(c.left), ObtainedAt: now.Add(-c.obtained)}
		if got := e.Fresh(now); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	absurd := Entry{AccessToken: "AT", ExpiresAt: now.Add(longestToken + 1)}
	if absurd.timesAbsurd(now) != true || (Entry{ExpiresAt: now.Add(longestToken)}).timesAbsurd(now) || (Entry{ExpiresAt: now.Add(longestToken + 1), ExpiresIn: 300 * 24 * 3600}).timesAbsurd(now) {
		t.Error("how far away an end makes sense")
	}
}

// TestSecretsOfAStore: the tokens of blocks and rows, wherever they stand.
func TestSecretsOfAStore(t *testing.T) {
	t.Parallel()
	sn := parsed(t, `{"providers":{"p":{"access_token":"a","agent_key":"k","tokens":{"refresh_token":"r","id_token":"i"}},"q":{"access_token":7}},"credential_pool":{"p":[{"access_token":"b"},{"refresh_token":""}]}}`)
	if got := sn.Secrets(); !slices.Equal(got, []string{"a", "k", "r", "i", "b"}) {
		t.Errorf("%q", got)
	}
}

// TestLockNames: the lock beside a link comes before the one beside its target, and one file has one.
func TestLockNames(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	here, there := filepath.Join(dir, "here"), filepath.Join(dir, "there")
	if err := errors.Join(os.Mkdir(there, 0o700), os.Symlink(there, here)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ link, file, want string }{
		{"there/auth.json", "there/auth.json", "there/auth.lock"},
		{"here/auth.json", "there/auth.json", "there/auth.lock"},
		{"here/auth.json", "here/auth.json", "there/auth.lock"},
		{"a.json", "there/auth.json", "a.lock there/auth.lock"},
		{"there/.json", "there/noext", "there/.json.lock there/noext.lock"},
		{"there/a.b.json", "there/a.b.json", "there/a.b.lock"},
	} {
		var got []string
		for _, name := range (place{filepath.Join(dir, c.link), filepath.Join(dir, c.file)}).locks() {
			got = append(got, strings.TrimPrefix(name, dir+"/"))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s to %s: %s, want %s", c.link, c.file, s, c.want)
		}
	}
}

// TestCannotSave: what a person hears where a save failed, and where there is no login.
func TestCannotSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	h := &held{place: place{dir + "/auth.json", dir + "/auth.json"}}
	own := errorf(classConfig, "", nil, "own")
	for want, err := range map[string]error{
		"own": own, "cannot save in DIR: x": errors.New("x"), "cannot save in DIR (folder mode 0750): permission denied": syscall.EACCES, " bytes free): no space left on device": syscall.ENOSPC,
	} {
		if got := strings.ReplaceAll(h.cannotSave(err).Error(), dir, "DIR"); !strings.HasSuffix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for want, e := range map[string]Entry{
		"not logged in to p": {}, "the login of p has ended and has no refresh token": {AccessToken: "AT"},
		"re-authentication required: the server refused the login of p (c)":      {LastError: &LastError{ReloginRequired: true, Code: "c"}},
		"re-authentication required: the server refused the login of p at T (c)": {LastError: &LastError{ReloginRequired: true, Code: "c", At: "T"}},
	} {
		if got := loggedOut("p", e).Error(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for data, want := range map[string]string{`{"providers":{"p":7}}`: "false ", `{"providers":{"p":{},"p":{}}}`: "true p", `{"providers":{"p":{"scope":"s","scope":"s"}}}`: "true p.scope", `{"providers":{"p":{}}}`: "true "} {
		sn := parsed(t, data)
		if _, found, twice := sn.entry("p"); fmt.Sprint(found, " ", twice) != want {
			t.Errorf("%s: %v, %q", data, found, twice)
		}
	}
}

// TestNamesOnDisk: the names of the files beside a store, which another version looks for; no two ids share one.
func TestNamesOnDisk(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 120)
	for id, want := range map[string]string{
		"az09-_": "az09-_", "AZ": "%41%5A", "`{/:": "%60%7B%2F%3A", "p row r": "p%20row%20r", "": "", long: long, long + "x": "%x79072a47bfaa54e6057a9ee21e0dea64",
	} {
		if got := fileName(id); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
}

// TestOver: a wait for another grant ends when the store has one.
func TestOver(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-1", "RT-1", time.Hour))
	for token, want := range map[string]bool{"RT-0": true, "RT-1": false, "": false} {
		l := later{token: token, until: time.Now().Add(time.Hour), cause: errors.New("x")}
		if got := l.over(Open(home, Options{}), testID); got != want {
			t.Errorf("%q: %v", token, got)
		}
		if l.over(Open(home, Options{}), "another") || l.over(Open(homeWith(t, "{"), Options{}), testID) {
			t.Errorf("%q: no login is another grant", token)
		}
	}
}
