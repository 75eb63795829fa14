package provider

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestKeyCmd: the command runs when a key is first needed, when it runs out and when the server refused it; requests side by
// side share one run. What it printed is a secret of the session.
func TestKeyCmd(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("commands of unix")
	}
	for name, tc := range map[string]struct {
		prints string
		asks   []string // what was refused, "" for nothing
		runs   int
		class  string
	}{
		"kept":                 {`sk-1234`, []string{"", "", ""}, 1, ""},
		"kept while it lasts":  {`{"access_token":"sk-1234","expires_in":900}`, []string{"", ""}, 1, ""},
		"not when it runs out": {`{"access_token":"sk-1234","expires_in":30}`, []string{"", ""}, 2, ""},
		"another was refused":  {`sk-1234`, []string{"", "sk-0000"}, 1, ""},
		"refused":              {`sk-1234`, []string{"", "sk-1234"}, 2, "auth_refused"},
		"it prints nothing":    {``, []string{""}, 1, "not_logged_in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := filepath.Join(t.TempDir(), "runs")
			cmd := "sh -c 'echo run >>" + log + "; printf %s \"$1\"' sh '" + tc.prints + "'"
			s := at(t, map[string]string{"config.yaml": "providers:\n  lab:\n    base_url: http://127.0.0.1:9\n    default_model: m\n    key_env: LAB\n    key_cmd: >-\n      " + cmd + "\n"}, map[string]string{"LAB": "sk-other-0123"})
			c, err := s.Resolve(Flags{Provider: "lab"})
			if err != nil || said(c.Credential) != "key, key_cmd of lab" || c.Ready() != nil {
				t.Fatalf("%+v, %v", c.Credential, err)
			}
			token := s.Token(c)
			var last error
			for _, refused := range tc.asks {
				var key string
				if key, last = token(t.Context(), refused); last == nil && key != "sk-1234" {
					t.Errorf("%q", key)
				}
			}
			e, _ := errors.AsType[*Error](last)
			if (last == nil) != (tc.class == "") || last != nil && (e.Class() != tc.class || e.Hint() == "" || strings.Contains(last.Error(), "1234")) {
				t.Errorf("%v", last)
			}
			text, _ := os.ReadFile(log)
			if n := strings.Count(string(text), "run"); n != tc.runs {
				t.Errorf("%d runs, want %d", n, tc.runs)
			}
			if tc.prints != "" && !slices.Contains(s.Secrets(), "sk-1234") {
				t.Errorf("no secret: %q", s.Secrets())
			}
		})
	}
}

func TestKeyCmdSharesARun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("commands of unix")
	}
	log := filepath.Join(t.TempDir(), "runs")
	s := at(t, map[string]string{"config.yaml": "providers: {lab: {base_url: 'http://127.0.0.1:9', default_model: m, key_cmd: \"sh -c 'echo run >>" + log + "; echo sk-1234'\"}}\n"}, nil)
	c, err := s.Resolve(Flags{Provider: "lab"})
	if err != nil {
		t.Fatal(err)
	}
	token := s.Token(c)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if key, err := token(t.Context(), ""); key != "sk-1234" {
				t.Errorf("%q, %v", key, err)
			}
		})
	}
	all.Wait()
	if text, _ := os.ReadFile(log); string(text) != "run\n" {
		t.Errorf("%q", text)
	}
	gone, stop := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	stop(why)
	if _, err := s.Token(c)(gone, ""); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
