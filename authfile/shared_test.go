//go:build unix

package authfile

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// The copy of a Nous login that all profiles share follows a renewal, gives a younger pair to the block, and never an older or a
// refused one.
func TestSharedCopy(t *testing.T) {
	t.Parallel()
	const sample = goldenLogins + "42b-nous-refreshed-pool/"
	block, shared := read(t, sample+"auth.before.json"), read(t, sample+"shared.nous_auth.before.json")
	old := gjson.Get(block, "providers.nous.refresh_token").Str
	wiped := read(t, goldenLogins+"43b-nous-refused-reused/auth.json")
	another := func(at string) string {
		text := strings.ReplaceAll(shared, old, "RT-other")
		text = strings.ReplaceAll(text, gjson.Get(shared, "access_token").Str, "AT-other")
		text = strings.ReplaceAll(text, gjson.Get(shared, "expires_at").Str, "2100-01-01T00:00:00+00:00")
		return strings.ReplaceAll(text, gjson.Get(shared, "obtained_at").Str, at)
	}
	fresh := pairAnswer("AT-new", "RT-new")
	refused := failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400})
	for name, tc := range map[string]struct {
		block, shared string
		answer        func(context.Context) ([]byte, error)
		token, sent   string
		disk, copied  string // refresh tokens; a copy of "-" is none
	}{
		"both hold the pair":   {block, shared, fresh, "AT-new", old, "RT-new", "RT-new"},
		"no copy":              {block, "", fresh, "AT-new", old, "RT-new", "-"},
		"the copy lags behind": {block, another("2020-01-01T00:00:00+00:00"), fresh, "AT-new", old, "RT-new", "RT-new"},
		"the copy is younger":  {block, another("2026-11-29T12:00:00+00:00"), nil, "AT-other", "", "RT-other", "RT-other"},
		"the block is empty":   {wiped, another("2026-11-29T12:00:00+00:00"), nil, "AT-other", "", "RT-other", "RT-other"},
		"the pair is refused":  {block, shared, refused, "", old, "", "-"},
		"the copy is no JSON":  {block, "torn", fresh, "AT-new", old, "RT-new", "RT-new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := homeWith(t, tc.block)
			path := filepath.Join(home, "shared", "nous_auth.json")
			if tc.shared != "" {
				if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, path, tc.shared)
			}
			x := &script{answer: []func(context.Context) ([]byte, error){tc.answer}}
			for range 2 {
				if e, _, err := hasty(home).Renew(t.Context(), "nous", "", x.exchange()); e.AccessToken != tc.token || (tc.token == "") != (err != nil) {
					t.Errorf("%s, %v", e.AccessToken, err)
				}
			}
			text := read(t, filepath.Join(home, StoreName))
			if x.tokens() != tc.sent || gjson.Get(text, "providers.nous.refresh_token").Str != tc.disk {
				t.Errorf("sent %q\n%s", x.tokens(), text)
			}
			if row := gjson.Get(text, "credential_pool.nous.0.refresh_token").Str; row != tc.disk && tc.disk != "" && tc.block == block {
				t.Errorf("row %s", row)
			}
			if !exists(path) != (tc.copied == "-") || exists(path) && gjson.Get(read(t, path), "refresh_token").Str != tc.copied {
				t.Errorf("the copy is not %q", tc.copied)
			}
		})
	}
}

// A new login writes the copy as Hermes Agent does, and a profile shares that of its root.
func TestSharedCopyOfALogin(t *testing.T) {
	t.Parallel()
	want := read(t, goldenLogins+"40-nous-auth-add/shared.nous_auth.json")
	e, _ := parsed(t, read(t, goldenLogins+"40-nous-auth-add/auth.json")).Entry("nous")
	root := t.TempDir()
	if err := Open(filepath.Join(root, "profiles", "work"), Options{}).Save(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got := read(t, filepath.Join(root, "shared", "nous_auth.json"))
	got = strings.Replace(got, gjson.Get(got, "updated_at").Str, gjson.Get(want, "updated_at").Str, 1)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What the shared file says of a pair; a refused pair is neither taken from it nor left there, that of another grant stays.
func TestSharedPair(t *testing.T) {
	t.Parallel()
	store := filepath.Join(t.TempDir(), StoreName)
	h := &held{place: place{store, store}}
	wiped, _, _ := parsed(t, read(t, goldenLogins+"43b-nous-refused-reused/auth.json")).entry("nous")
	full, _ := parsed(t, read(t, goldenLogins+"42b-nous-refreshed-pool/auth.before.json")).Entry("nous")
	path := h.place.shared(wiped.shareName())
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if h.place.restorable(wiped) {
		t.Error("restorable from nothing")
	}
	for until, seconds := range map[string]int64{
		`,"expires_at":"2026-11-29T12:15:00+00:00"`: 900,
		`,"expires_at":"2026-11-29T12:00:00+00:00"`: 0,
		`,"expires_at":"2026-11-29T11:00:00+00:00"`: 0,
		"": 0,
	} {
		write(t, path, `{"access_token":"AT-1","refresh_token":"RT-1","obtained_at":"2026-11-29T12:00:00+00:00"`+until+`}`)
		if s, ok := h.place.readShared(wiped); !ok || s.ExpiresIn != seconds || s.AccessToken != "AT-1" || s.RefreshToken != "RT-1" {
			t.Errorf("%s: %v, %d s, want %d", until, ok, s.ExpiresIn, seconds)
		}
	}
	write(t, path, `{"access_token":"AT-1","refresh_token":"RT-1"}`)
	if s, _ := h.place.readShared(full); full.ExpiresIn == 0 || s.ExpiresIn != 0 || !s.ExpiresAt.IsZero() || !s.ObtainedAt.IsZero() {
		t.Errorf("times of the block: %+v", s)
	}
	if !h.place.restorable(wiped) {
		t.Error("the pair in the shared file is not seen")
	}
	h.remember(wiped.key(), "RT-1", &PostError{Outcome: Refused, HTTPStatus: 400}, time.Time{})
	if _, ok := h.place.newerShared(wiped); ok || h.place.restorable(wiped) {
		t.Error("a pair that was refused is taken")
	}
	other := wiped
	other.RefreshToken = "RT-other"
	if h.unshare(other); !exists(path) {
		t.Error("a refusal took the pair of another grant away")
	}
	other.RefreshToken = "RT-1"
	if h.unshare(other); exists(path) {
		t.Error("a refused pair stays shared")
	}
}
