package provider

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"hermes/authfile"
)

// Whose login a profile uses: its own where it has one, ROOT's where it has none, and ROOT's where its own is a copy of that.
func TestProfiles(t *testing.T) {
	t.Parallel()
	row := func(id, refresh, at string) string {
		return fmt.Sprintf(`{"id":%q,"auth_type":"oauth","source":"manual:device_code","access_token":"at","refresh_token":%q,"last_refresh":%q}`, id, refresh, at)
	}
	rows := func(all ...string) string {
		return `{"version":1,"providers":{},"credential_pool":{"xai-oauth":[` + strings.Join(all, ",") + `]}}`
	}
	const early, late = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
	key := `{"version":1,"providers":{},"credential_pool":{"groq":[{"id":"a","auth_type":"api_key","access_token":"gsk-0123456789"}]}}`
	for name, tc := range map[string]struct {
		root, own, id string
		above         bool
	}{
		"nothing anywhere":                       {"", "", "xai-oauth", false},
		"ROOT alone":                             {rows(row("a", "r", early)), "", "xai-oauth", true},
		"the profile alone":                      {"", rows(row("a", "r", early)), "xai-oauth", false},
		"one each":                               {rows(row("a", "r", early)), rows(row("b", "s", early)), "xai-oauth", false},
		"a copy":                                 {rows(row("a", "r", early)), rows(row("a", "r", early)), "xai-oauth", true},
		"a copy that lags behind":                {rows(row("a", "new", late)), rows(row("a", "spent", early)), "xai-oauth", true},
		"a copy that was renewed in the profile": {rows(row("a", "spent", early)), rows(row("a", "new", late)), "xai-oauth", false},
		"an empty row in the profile":            {rows(row("a", "r", early)), strings.ReplaceAll(rows(row("b", "", early)), `"at"`, `""`), "xai-oauth", true},
		"a key of ROOT's":                        {key, "", "groq", true},
		"ROOT's file is broken":                  {"{", "", "xai-oauth", false},
	} {
		root := t.TempDir()
		home := filepath.Join(root, "profiles", "work")
		write(t, filepath.Join(root, "auth.json"), []byte(tc.root))
		write(t, filepath.Join(home, "auth.json"), []byte(tc.own))
		s, err := Open(home, func(string) string { return "" }, authfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, _ := s.Rows().Lookup(tc.id)
		if got := s.storeOf(r); (got != s.Store) != tc.above || tc.above && got.Path() != filepath.Join(root, "auth.json") {
			t.Errorf("%s: %s", name, got.Path())
		}
	}
}
