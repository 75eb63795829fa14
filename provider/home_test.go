package provider

import (
	"errors"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// TestHome: the variable, else the list of users, else an error; never the working folder.
func TestHome(t *testing.T) {
	t.Parallel()
	if got, err := Home(func(string) string { return "/elsewhere" }); got != "/elsewhere" || err != nil {
		t.Errorf("HERMES_HOME gives %q, %v", got, err)
	}
	root := t.TempDir()
	none := errors.New("none")
	for name, tc := range map[string]struct{ variable, account, want string }{
		"HOME":               {filepath.Join(root, "a"), filepath.Join(root, "b"), filepath.Join(root, "a", ".hermes")},
		"no HOME":            {"", filepath.Join(root, "b"), filepath.Join(root, "b", ".hermes")},
		"a relative HOME":    {"a", filepath.Join(root, "b"), filepath.Join(root, "b", ".hermes")},
		"neither":            {"", "", ""},
		"a relative account": {".", "b", ""},
	} {
		found := func(dir string) error {
			if dir == "" {
				return none
			}
			return nil
		}
		got, err := userHome(func() (string, error) { return tc.variable, found(tc.variable) },
			func() (*user.User, error) { return &user.User{HomeDir: tc.account}, found(tc.account) })
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Class() != "config" || !strings.Contains(e.Error(), "HERMES_HOME")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
