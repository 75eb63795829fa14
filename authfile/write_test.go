//go:build unix

package authfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTornInPlace: a store that was torn while it was rewritten in place is whole again with the next save, and what lies beside a store
// that is whole changes nothing.
func TestTornInPlace(t *testing.T) {
	t.Parallel()
	const whole = `{"providers":{"nous":{"access_token":"A","refresh_token":"R"}}}`
	for name, c := range map[string]struct{ store, beside, want, warned string }{
		"torn":                        {whole[:30], whole, whole, "store_repaired"},
		"whole":                       {whole, `{"providers":{}}`, whole, ""},
		"whole, what is beside it is": {whole, whole[:30], whole, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := homeWith(t, c.store)
			write(t, filepath.Join(home, StoreName+".inplace"), c.beside)
			var warned []string
			s := Open(home, Options{Warn: func(code, _ string) { warned = append(warned, code) }})
			if err := s.Update(t.Context(), "nous", func(b Block) (Block, error) { return b, nil }); err != nil {
				t.Fatal(err)
			}
			if got := read(t, s.Path()); got != c.want || strings.Join(warned, " ") != c.warned {
				t.Errorf("%s; warned of %v", got, warned)
			}
			if names := listed(t, home); names != "auth.json auth.lock" {
				t.Errorf("left: %s", names)
			}
		})
	}
}

// TestTwoNames: a save gives a store with two names a file of its own, and says so; the other name keeps what it had.
func TestTwoNames(t *testing.T) {
	t.Parallel()
	home := homeWith(t, `{"providers":{}}`)
	other := filepath.Join(home, "other.json")
	if err := os.Link(filepath.Join(home, StoreName), other); err != nil {
		t.Fatal(err)
	}
	var warned string
	s := Open(home, Options{Warn: func(code, text string) { warned += code + " " + text }})
	if err := s.Save(t.Context(), loginEntry("AT", "RT")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(read(t, s.Path()), "AT") || read(t, other) != `{"providers":{}}` || !strings.Contains(warned, "store_links ") || !strings.Contains(warned, "has 2 names") {
		t.Errorf("%q; %s", warned, read(t, other))
	}
}

// TestNoHome: a home that cannot be made is told with its path, before a login is begun.
func TestNoHome(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	s := Open(filepath.Join(file, "home"), Options{})
	for _, err := range []error{s.CheckSave(testID), s.Save(t.Context(), loginEntry("AT", "RT"))} {
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Error(), filepath.Join(file, "home")) {
			t.Errorf("%v", err)
		}
	}
}

// TestSuppressed: the older form of the list, an object, is kept when a login goes.
func TestSuppressed(t *testing.T) {
	t.Parallel()
	home := homeWith(t, `{"providers":{"`+testID+`":{"access_token":"A","refresh_token":"R"}},"suppressed_sources":{"`+testID+`":{"env:X":true}}}`)
	s := Open(home, Options{})
	if _, err := s.Remove(t.Context(), testID); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(strings.Fields(read(t, s.Path())), ""); !strings.Contains(text, `"`+testID+`":{"env:X":true,"oauth":true}`) {
		t.Error(text)
	}
}
