//go:build unix

package authfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hermes/authfile/lock"
)

// facts are the lines of what is found, with HOME for the home: good ones begin with +, ones that can be mended with a !.
func facts(s *Store) (all []string) {
	for _, f := range s.Facts() {
		mark := "-"
		switch {
		case f.OK:
			mark = "+"
		case f.Fix != nil:
			mark = "!"
		}
		all = append(all, mark+" "+f.Name+": "+strings.ReplaceAll(f.Detail, s.home, "HOME"))
	}
	return all
}

// wantFacts compares the lines.
func wantFacts(t *testing.T, s *Store, lines ...string) {
	t.Helper()
	if got := facts(s); !slices.Equal(got, lines) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

// putFile writes a file of the home, with this mode.
func putFile(t *testing.T, s *Store, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(s.home, name)
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

func contentOf(text string) string {
	return fmt.Sprintf("+ auth.json content: valid, %d bytes, 4 logins", len(text))
}

// TestFacts: what doctor is told of no home, of an empty one, of one with logins, of a locked one, of one with a link.
func TestFacts(t *testing.T) {
	t.Parallel()
	s := Open(filepath.Join(t.TempDir(), "home"), Options{})
	wantFacts(t, s, "+ home: HOME does not exist yet")
	if err := os.Mkdir(s.home, 0o700); err != nil {
		t.Fatal(err)
	}
	wantFacts(t, s, "+ home: HOME (mode 0700)", "+ auth.json: not there yet")
	text := storeText(t, "AT-0", "RT-0", time.Minute)
	putFile(t, s, StoreName, text, 0o600)
	wantFacts(t, s, "+ home: HOME (mode 0700)", "+ auth.json: HOME/auth.json (mode 0600)", contentOf(text))

	h, err := lock.New(lock.Options{}).Lock(t.Context(), filepath.Join(s.home, lock.Name))
	if err != nil {
		t.Fatal(err)
	}
	putFile(t, s, "auth.json.pending-x", "", 0o600)
	got := facts(s)
	if last := got[len(got)-1]; len(got) != 5 || got[3] != "+ lock: HOME/auth.lock (mode 0600)" || !strings.HasPrefix(last, fmt.Sprintf("+ lock holder: process %d (", os.Getpid())) {
		t.Errorf("while it is locked: %q", got)
	}
	h.Release()
	os.Remove(filepath.Join(s.home, "auth.json.pending-x"))

	real := filepath.Join(s.home, "real.json")
	if err := errors.Join(os.Rename(filepath.Join(s.home, StoreName), real), os.Symlink("real.json", filepath.Join(s.home, StoreName))); err != nil {
		t.Fatal(err)
	}
	if got := facts(s); got[len(got)-1] != "+ auth.json link: HOME/auth.json leads to HOME/real.json" {
		t.Errorf("a link: %q", got)
	}
}

// TestFactsToMend: what doctor is told of a home where much is wrong, and that what can be mended is.
func TestFactsToMend(t *testing.T) {
	t.Parallel()
	s := Open(homeWith(t, ""), Options{})
	text := strings.Replace(storeText(t, "AT-0", "RT-0", time.Minute), "{", `{"a\u001b":[{"b":1,"b":2}],"a\u001b":1,`, 1)
	putFile(t, s, StoreName, text, 0o644)
	putFile(t, s, lock.Name, "", 0o640)
	putFile(t, s, ".auth.json.tmp-0123456789abcdef", "", 0o600)
	putFile(t, s, "auth.json.inplace", "", 0o600)
	putFile(t, s, "auth.json.pending-x", "", 0o600)
	cut := time.Unix(1_800_000_000, 0)
	pending, second := filepath.Join(s.home, "auth.json.pending-x"), filepath.Join(s.home, "second")
	if err := errors.Join(os.Chtimes(pending, cut, cut), os.Link(filepath.Join(s.home, StoreName), second), os.Chmod(s.home, 0o750)); err != nil {
		t.Fatal(err)
	}
	wantFacts(t, s, "! home: HOME (mode 0750); others should have no access (0700)",
		"! auth.json: HOME/auth.json (mode 0644); others should have no access (0600)", contentOf(text),
		"- auth.json links: HOME/auth.json has 2 names (hard links): no renewal is saved there; keep one file and make the others symbolic links to it",
		`- auth.json keys: these keys stand twice: a\x1b[].b, a\x1b`, "! lock: HOME/auth.lock (mode 0640); others should have no access (0600)",
		"- renewal journal: HOME/auth.json.pending-x: a renewal was cut off at "+formatTime(cut)+"; the next run finishes it",
		"! temporary files: 1 left by saves that were cut off", "! save in place: HOME/auth.json.inplace: a save was cut off")
	for _, f := range s.Facts() {
		if f.Fix != nil {
			if err := f.Fix(); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
	}
	if err := errors.Join(os.Remove(second), os.Remove(pending)); err != nil {
		t.Fatal(err)
	}
	wantFacts(t, s, "+ home: HOME (mode 0700)", "+ auth.json: HOME/auth.json (mode 0600)", contentOf(text),
		`- auth.json keys: these keys stand twice: a\x1b[].b, a\x1b`, "+ lock: HOME/auth.lock (mode 0600)")
}
