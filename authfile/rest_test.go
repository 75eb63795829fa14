//go:build unix

package authfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hermes/authfile/journal"
)

// TestRest: until when a row is not asked, by the status that Hermes Agent keeps in it.
func TestRest(t *testing.T) {
	t.Parallel()
	const began = 1_800_000_000
	for _, c := range []struct {
		rows string // the first one is asked about
		want int64  // 0 for never, or for now
		dead bool
	}{
		{`{}`, 0, false},
		{`{"last_status":"ok","last_error_reset_at":1800000009}`, 0, false},
		{`{"last_status":"dead","last_error_reset_at":1800000009}`, 0, true},
		{`{"last_status":"exhausted","last_error_reset_at":1800000009,"last_status_at":1800000000},{}`, began + 9, false},
		{`{"last_status":"exhausted","last_status_at":1800000000,"last_error_code":429},{}`, began + 3600, false},
		{`{"last_status":"exhausted","last_status_at":1800000000,"last_error_code":402},{}`, began + 3600, false},
		{`{"last_status":"exhausted","last_status_at":1800000000,"last_error_code":401},{}`, began + 300, false},
		{`{"last_status":"exhausted","last_status_at":1800000000,"last_error_code":429}`, began + 60, false},
		{`{"last_status":"exhausted","last_status_at":1800000000,"last_error_code":401},{"last_status":"dead"}`, began + 60, false},
		{`{"last_status":"exhausted","last_status_at":1800000000,"last_error_code":402},{"last_status":"dead"}`, began + 3600, false},
	} {
		rows := gjson.Parse("[" + c.rows + "]").Array()
		until, dead := rest(rows[0], rows)
		if dead != c.dead || until.IsZero() != (c.want == 0) || c.want != 0 && until.Unix() != c.want {
			t.Errorf("%s: %v, %v", c.rows, until, dead)
		}
	}
}

// TestBesideTheStore: what a second copy says of the token that was spent; that an answer of a cut-off renewal brings a login back; and
// that a whole store is not replaced by an older save.
func TestBesideTheStore(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", time.Hour))
	s := Open(home, Options{})
	p, err := s.place()
	if err != nil {
		t.Fatal(err)
	}
	h := &held{s: s, place: p}
	e := entryOf(t, home)
	for spent, want := range map[string]bool{"": false, e.RefreshToken: false, "RT-older": true} {
		h.keepLast(e, spent)
		if raw := read(t, p.lastGood(testID)); strings.Contains(raw, `"replaced":"`+journal.Fingerprint(spent)) != want || strings.Contains(raw, "replaced") != want {
			t.Errorf("spent %q: %s", spent, raw)
		}
	}
	h.dropLast(testID)
	if p.restorable(e) {
		t.Error("nothing is there to bring it back")
	}
	j, err := journal.Open(p.journal(testID), journal.Attempt{RT: "x", Provider: testID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Note(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := j.Answer([]byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	j.Keep()
	if !p.restorable(e) {
		t.Error("the answer is there")
	}
	before := read(t, s.Path())
	if err := os.WriteFile(p.recovery(), []byte(`{"older":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.tidy(); err != nil || read(t, s.Path()) != before {
		t.Errorf("%v: %s", err, read(t, s.Path()))
	}
	if _, err := os.Stat(p.recovery()); !os.IsNotExist(err) {
		t.Errorf("the recovery file: %v", err)
	}
}

// TestOddContent: doctor tells of a store of a later version, and of ten keys that stand twice at most; rows beside a flat block are no logins.
func TestOddContent(t *testing.T) {
	t.Parallel()
	if f := Open(homeWith(t, `{"version":99}`), Options{}).contentFact(); f.OK || !strings.Contains(f.Detail, "has version 99") {
		t.Errorf("%+v", f)
	}
	for n, want := range map[int]int{9: 9, 10: 10, 11: 10} {
		var twice []string
		if findTwice(gjson.Parse("{"+strings.Repeat(`"k":1,`, n)+`"k":1}`), "", &twice); len(twice) != want {
			t.Errorf("%d: %d are named", n, len(twice))
		}
	}
	sn := parsed(t, `{"providers":{"p-x":{"provider":"p-x","refresh_token":"R"}},"credential_pool":{"p-x":[{"id":"r","auth_type":"oauth","source":"device_code","refresh_token":"R0"}]}}`)
	block, _, _ := sn.entry("p-x")
	if all, behind := sn.inPool("p-x", &block); all != nil || behind {
		t.Errorf("%v, %v", all, behind)
	}
	if all, _ := sn.inPool("p-x", &Entry{}); len(all) != 1 {
		t.Errorf("without a block: %v", all)
	}
	if _, found, twice := sn.entry("p-x row gone"); found || twice != "" {
		t.Errorf("a row that is gone: %v, %q", found, twice)
	}
}

// TestRefusedRow: the tokens of a refused row are taken out of the block where it holds the same grant, and of no other.
func TestRefusedRow(t *testing.T) {
	t.Parallel()
	const pool = `"credential_pool":{"p":[{"id":"r","auth_type":"oauth","source":"manual:device_code","access_token":"A0","refresh_token":"R0"}]}}`
	for block, want := range map[string]string{
		``: ``, `"providers":{"p":{"refresh_token":"R1"}},`: `{"refresh_token":"R1"}`, `"providers":{"p":{"access_token":"A1"}},`: `{"access_token":"A1"}`,
		`"providers":{"p":{"refresh_token":"R0"}},`: `{"last_auth_error":{"provider":"p","code":"invalid_grant","message":"","reason":"","relogin_required":true,"at":""}}`,
	} {
		sn := parsed(t, "{"+block+pool)
		e, found, _ := sn.entry("p row r")
		if !found {
			t.Fatal("no row")
		}
		refused := e
		refused.LastError = &LastError{Code: "invalid_grant", ReloginRequired: true}
		d := newDocument(StoreName, sn.data)
		d.quarantine(sn, e, refused)
		got := gjson.Get(d.text, "providers.p").Raw
		if d.err != nil || got != want || strings.Contains(d.text, "R0") {
			t.Errorf("%s: %v, %s\n%s", block, d.err, got, d.text)
		}
	}
}

// TestLastGood: a copy counts for its own provider, and where it is whole.
func TestLastGood(t *testing.T) {
	t.Parallel()
	store := filepath.Join(t.TempDir(), StoreName)
	p := place{store, store}
	for text, want := range map[string]bool{
		`{"provider":"p","refresh_token":"R"}`: true, `{"provider":"p"}`: false, `{"provider":"q","refresh_token":"R"}`: false,
		`{"provider":"p","refresh_token":"R","expires_in":"soon"}`: false, `{"provider":"p","refresh_token":"R"`: false,
	} {
		for _, path := range []string{p.lastGood("p"), p.oldLastGood()} {
			write(t, path, text)
			if c, ok := p.readLast("p"); ok != want || ok && c.RefreshToken != "R" {
				t.Errorf("%s in %s: %v", text, filepath.Base(path), ok)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestBrokenStays: a broken store is set aside for a new login alone.
func TestBrokenStays(t *testing.T) {
	t.Parallel()
	home := homeWith(t, "{")
	s := Open(home, Options{SetAside: true})
	for _, change := range []func(Block) (Block, error){
		func(b Block) (Block, error) { return b, nil }, removed, tokens("AT", "RT", nil),
		func(Block) (Block, error) { return Block{Entry: someEntry(Flat), New: true}, errors.New("refused") },
	} {
		var e *Error
		if err := s.Update(t.Context(), "p-x", change); !errors.As(err, &e) || !e.Broken() || read(t, s.Path()) != "{" {
			t.Errorf("%v: %s", err, read(t, s.Path()))
		}
	}
}
