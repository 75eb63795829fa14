//go:build unix

package authfile

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

const goldenLogins = "../testdata/golden-logins/"

// Where Hermes Agent renewed or quarantined a login in nested layout, our edit of
// the same store writes the same bytes into the block.
func TestNestedLoginsEqualGoldenSamples(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, id string
		change   func(after Entry) func(Block) (Block, error)
	}{
		{"22b-xai-refreshed-pool", "xai-oauth", renewed},
		{"32b-codex-refreshed-pool", "openai-codex", renewed},
		{"23-xai-refused-resolver", "xai-oauth", func(after Entry) func(Block) (Block, error) { return quarantined(*after.LastError) }},
	} {
		before, want := read(t, goldenLogins+tc.name+"/auth.before.json"), read(t, goldenLogins+tc.name+"/auth.json")
		p := place{"auth.json", "auth.json"}
		was, err1 := parse(p, []byte(before))
		is, err2 := parse(p, []byte(want))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		after, _ := is.Entry(tc.id)
		got, _, err := (&held{place: p}).edit(was, tc.id, tc.change(after))
		if err != nil {
			t.Fatal(err)
		}
		block := "providers." + tc.id
		if a, b := gjson.GetBytes(got, block).Raw, gjson.Get(want, block).Raw; a != b {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.name, a, b)
		}
		if tc.name[:2] == "23" {
			continue
		}
		if e, _ := was.Entry(tc.id); e.Layout != Nested || e.Fresh(time.Now()) || e.ExpiresAt.IsZero() || e.ObtainedAt.IsZero() {
			t.Errorf("%s: before: expires %v, obtained %v", tc.name, e.ExpiresAt, e.ObtainedAt)
		}
	}
}

// The row that Hermes Agent copies from a nested block follows it, and a login in
// that layout can be saved, renewed and removed.
func TestNestedLoginFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	home := homeWith(t, read(t, goldenLogins+"32b-codex-refreshed-pool/auth.json"))
	s := Open(home, Options{})
	const id = "openai-codex"
	e := Entry{Provider: id, Layout: Nested, AccessToken: "AT-1", RefreshToken: "RT-1", ObtainedAt: time.Unix(1_800_000_000, 123456000)}
	err := s.Update(t.Context(), id, func(b Block) (Block, error) {
		if b.Layout != Nested || b.Rows != 1 || !b.Active || b.Suppressed || b.RefreshToken == "" {
			t.Errorf("%+v", struct{ Block }{b})
		}
		b.AccessToken, b.RefreshToken, b.ObtainedAt = e.AccessToken, e.RefreshToken, e.ObtainedAt
		return b, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, s.Path())
	for _, path := range []string{"providers.openai-codex.tokens.", "credential_pool.openai-codex.0."} {
		if gjson.Get(text, path+"access_token").Str != "AT-1" || gjson.Get(text, path+"refresh_token").Str != "RT-1" {
			t.Errorf("%s in\n%s", path, text)
		}
	}
	if strings.Count(text, `"last_refresh": "2027-01-15T08:00:00.123456Z"`) != 2 || strings.Contains(text, "expires") {
		t.Error(text)
	}
	if err := s.Save(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if block := gjson.Get(read(t, s.Path()), "providers.openai-codex").Raw; block != `{
      "tokens": {
        "access_token": "AT-1",
        "refresh_token": "RT-1"
      },
      "last_refresh": "2027-01-15T08:00:00.123456Z"
    }` {
		t.Error(block)
	}
	out, err := s.Remove(t.Context(), id)
	if err != nil || out != (Removed{Block: true, PoolRows: 1, Active: true}) || gjson.Get(read(t, s.Path()), "suppressed_sources."+id).Raw == "" {
		t.Errorf("%+v %v\n%s", out, err, read(t, s.Path()))
	}
}

// Update writes nothing where nothing changes or the change is refused, and many
// of them at once lose none.
func TestUpdate(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", time.Hour))
	s := Open(home, Options{})
	before := read(t, s.Path())
	refused := errors.New("refused")
	for _, tc := range []struct {
		change func(Block) (Block, error)
		err    error
	}{
		{func(b Block) (Block, error) { return b, nil }, nil},
		{func(b Block) (Block, error) { b.AccessToken = "x"; return b, refused }, refused},
	} {
		if err := s.Update(t.Context(), testID, tc.change); !errors.Is(err, tc.err) || read(t, s.Path()) != before {
			t.Errorf("%v\n%s", err, read(t, s.Path()))
		}
	}
	const n = 20
	done := make(chan error, n)
	for range n {
		go func() {
			done <- Open(home, Options{}).Update(t.Context(), testID, func(b Block) (Block, error) {
				b.ExpiresIn++
				return b, nil
			})
		}()
	}
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if e := entryOf(t, home); e.ExpiresIn != 899+n {
		t.Errorf("%d of %d changes", e.ExpiresIn-899, n)
	}
	names, _ := filepath.Glob(home + "/*")
	if len(names) != 2 || !json.Valid([]byte(read(t, s.Path()))) {
		t.Errorf("left behind: %v", names)
	}
}
