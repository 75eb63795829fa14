package login

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBrowserWithoutDisplay(t *testing.T) {
	t.Parallel()
	if open, why := Browser(variables()); open != nil || why != "there is no display" {
		t.Errorf("%q", why)
	}
}

// program writes an executable script and returns its path.
func program(t *testing.T, dir, name, script string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBrowserStarts(t *testing.T) {
	t.Setenv("LOGIN_TEST_WORD", "a secret")
	dir := t.TempDir()
	told := filepath.Join(dir, "told")
	lynx := program(t, dir, "lynx", "exit 1")
	browser := program(t, dir, "browser",
		`{ echo "args $#"; echo "url $1"; echo "in $(readlink /proc/self/fd/0)"; echo "key $LOGIN_TEST_WORD"; echo "session $(ps -o sid= -p $$)"; } >`+told+`.part
mv `+told+`.part `+told)
	open, why := Browser(variables("BROWSER", lynx+":/no/such/thing:"+browser))
	if open == nil {
		t.Fatal(why)
	}
	const page = "https://platform.minimax.io/oauth-authorize?user_code=A&b=$HOME;touch%20x"
	if err := open(page); err != nil {
		t.Fatal(err)
	}
	text := waitFor(t, told)
	wantText(t, "the browser", text, "args 1\n", "url "+page+"\n", "in /dev/null\n", "key \n")
	if err := open("file:///etc/passwd"); err == nil {
		t.Error("a file was opened")
	}
	if open, why := Browser(variables("BROWSER", lynx)); open != nil || !strings.Contains(why, "terminal") {
		t.Errorf("a console browser: %q", why)
	}
	gone, _ := Browser(variables("BROWSER", browser))
	if err := os.Remove(browser); err != nil {
		t.Fatal(err)
	}
	if err := gone(page); err == nil || !strings.Contains(err.Error(), "browser") {
		t.Errorf("a program that vanished: %v", err)
	}
}

// waitFor returns the file once it is there.
func waitFor(t *testing.T, path string) string {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-tick.C {
		if raw, err := os.ReadFile(path); err == nil {
			return string(raw)
		}
	}
	t.Fatalf("%s was not written", path)
	return ""
}
