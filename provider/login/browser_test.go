package login

import (
	"slices"
	"strings"
	"testing"
)

func TestBrowserRefuses(t *testing.T) {
	t.Parallel()
	for _, sign := range remoteSigns() {
		open, why := Browser(func(name string) string {
			if name == sign || name == "DISPLAY" {
				return "1"
			}
			return ""
		})
		if open != nil || !strings.Contains(why, "remote session") || !strings.Contains(why, sign) {
			t.Errorf("%s: %q", sign, why)
		}
	}
	for value, want := range map[string]string{
		"/no/such/program":       "no program that is installed",
		"/no/such/a:/no/such/b":  "no program that is installed",
		":":                      "no program that is installed",
		"no-such-program-at-all": "no program that is installed",
	} {
		if open, why := Browser(variables("BROWSER", value)); open != nil || !strings.Contains(why, want) {
			t.Errorf("BROWSER=%s: %q", value, why)
		}
	}
}

func variables(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestConsoleBrowsers(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/usr/bin/w3m": true, "lynx": true, "LINKS.EXE": true, "/usr/bin/www-browser": true,
		"/usr/bin/firefox": false, "lynx-like": false, "/opt/lynx/firefox": false,
	} {
		if got := onConsole(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestCheckPage(t *testing.T) {
	t.Parallel()
	for page, ok := range map[string]bool{
		"https://platform.minimax.io/oauth-authorize?user_code=A&client=B": true,
		"http://127.0.0.1:8080/x#y":                                        true,
		"https://[::1]/":                                                   true,
		"":                                                                 false,
		"javascript:alert(1)":                                              false,
		"file:///etc/passwd":                                               false,
		"-h":                                                               false,
		"https://":                                                         false,
		"//host/x":                                                         false,
		"https://me@host/":                                                 false,
		"https://me:pw@host/":                                              false,
		"https://host/a b":                                                 false,
		"https://host/\"&calc&\"":                                          false,
		"https://host/$(calc)'":                                            false,
		"https://host/`calc`":                                              false,
		"https://host/?x={a|b}":                                            false,
		"https://host/\x1b[2J":                                             false,
		"https://host/\n--flag":                                            false,
		"https://hóst/":                                                    false,
		"ms-calculator:":                                                   false,
	} {
		if err := checkPage(page); (err == nil) != ok {
			t.Errorf("%q: %v", page, err)
		}
	}
}

func TestWithPage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ command, want []string }{
		{[]string{"firefox"}, []string{"firefox", "URL"}},
		{[]string{"firefox", "--new-tab"}, []string{"firefox", "--new-tab", "URL"}},
		{[]string{"firefox", "--url=%s", "x"}, []string{"firefox", "--url=URL", "x"}},
		{[]string{"/bin/%s"}, []string{"/bin/%s", "URL"}},
	} {
		before := slices.Clone(tc.command)
		if got := withPage(tc.command, "URL"); !slices.Equal(got, tc.want) || !slices.Equal(before, tc.command) {
			t.Errorf("%q: %q", tc.command, got)
		}
	}
}

// TestDesktopOnly: what is not known to be of use to a browser is kept from it, whatever its name says.
func TestDesktopOnly(t *testing.T) {
	t.Parallel()
	got := desktopOnly([]string{
		"PATH=/bin", "MINIMAX_API_KEY=a", "github_token=b", "LAB_KEY=c", "DISPLAY=:0", "AWS_SECRET_ACCESS_KEY=d", "DB_PASSWORD=e",
		"XDG_RUNTIME_DIR=/run", "SystemRoot=w", "https_proxy=p", "EMPTY=", "LC_ALL=C", "PGPASSFILE=f",
	})
	if want := []string{"PATH=/bin", "DISPLAY=:0", "XDG_RUNTIME_DIR=/run", "SystemRoot=w", "https_proxy=p", "LC_ALL=C"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
