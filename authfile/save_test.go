//go:build unix

package authfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
	folder := filepath.Join(home, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	h := &held{s: s, place: place{link: folder, file: folder}}
	if _, err := h.setAside(&Error{Message: "not JSON"}); classOf(err) != "io" || !strings.Contains(err.Error(), "no plain file of yours") || !exists(folder) {
		t.Errorf("a folder was set aside: %v", err)
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
