package oauth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

func TestCheckPortal(t *testing.T) {
	t.Parallel()
	for portal, want := range map[string]string{
		"https://api.minimax.io":                      "",
		"https://API.MINIMAX.IO/":                     "",
		"https://account.minimaxi.com":                "",
		"https://platform.minimax.cn:443/prefix":      "",
		"http://127.0.0.1:8080":                       "",
		"http://127.9.9.9":                            "",
		"http://[::1]:1":                              "",
		"http://[::ffff:127.0.0.1]:1":                 "",
		"http://LOCALHOST:1":                          "",
		"https://localhost":                           "",
		"":                                            "no portal URL",
		"http://api.minimax.io":                       "only https",
		"https://api.minimax.io:8443":                 "not a host",
		"https://api.minimax.io.evil.test":            "not a host",
		"https://evil-api.minimax.io":                 "not a host",
		"https://minimax.io":                          "not a host",
		"https://www.minimax.io":                      "not a host",
		"https://api.minimax.io@evil.test":            "name or password",
		"https://user:hunter2@api.minimax.io":         "name or password",
		"https://api.minimax.io?x=1":                  "no query",
		"https://api.minimax.io#x":                    "no query",
		"https://evil.test/api.minimax.io":            "not a host",
		"https://127.1":                               "not a host",
		"https://0x7f000001":                          "not a host",
		"http://169.254.169.254":                      "only https",
		"http://localhost.evil.test":                  "only https",
		"ftp://api.minimax.io":                        "not an http",
		"api.minimax.io":                              "not an http",
		"//api.minimax.io":                            "not an http",
		"https://":                                    "not an http",
		"https://api.minimax.io:port":                 "not a URL",
		"https://\x1b]0;x\x07:y":                      "not a URL",
		"javascript:alert(1)//https://api.minimax.io": "not an http",
	} {
		err := (&Client{Portal: portal}).CheckPortal()
		switch {
		case want == "" && err != nil, want != "" && err == nil:
			t.Errorf("%q: %v, want %q", portal, err, want)
		case err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.ContainsAny(err.Error(), "\x1b\x07")):
			t.Errorf("%q: %q lacks %q or shows too much", portal, err, want)
		}
	}
	own := []string{"login.example.test", "other.example.test:8443"}
	check := func(portal string, allowed []string) error {
		return (&Client{Portal: portal, AllowedHosts: allowed}).CheckPortal()
	}
	if check("https://login.example.test", own) != nil || check("https://other.example.test:8443", own) != nil {
		t.Error("a listed host is refused")
	}
	if check("https://api.minimax.io", own) == nil || check("https://other.example.test", own) == nil || check("https://api.minimax.io", []string{}) == nil {
		t.Error("a host that is not listed is allowed")
	}
	if n := len(AllowedHosts()); n != 9 {
		t.Errorf("%d hosts", n)
	}
}

func TestRedirectTargets(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		portal, from, location, to string // to "" is a refusal
	}{
		"account":              {"https://api.minimax.io", "", "https://account.minimax.io/oauth2/token?a=b", "https://account.minimax.io/oauth2/token?a=b"},
		"relative":             {"https://api.minimax.io", "", "/oauth2/token", "https://api.minimax.io/oauth2/token"},
		"scheme relative":      {"https://api.minimax.io", "", "//account.minimax.io/x", "https://account.minimax.io/x"},
		"other region":         {"https://api.minimax.io", "", "https://api.minimaxi.com/x", "https://api.minimaxi.com/x"},
		"second hop":           {"https://api.minimax.io", "https://account.minimax.io/x", "https://api.minimax.io/y", "https://api.minimax.io/y"},
		"evil":                 {"https://api.minimax.io", "", "https://evil.test/x", ""},
		"evil suffix":          {"https://api.minimax.io", "", "https://account.minimax.io.evil.test/x", ""},
		"other port":           {"https://api.minimax.io", "", "https://api.minimax.io:8443/x", ""},
		"to http":              {"https://api.minimax.io", "", "http://api.minimax.io/x", ""},
		"to loopback":          {"https://api.minimax.io", "", "https://127.0.0.1/x", ""},
		"userinfo":             {"https://api.minimax.io", "", "https://me@account.minimax.io/x", ""},
		"nothing":              {"https://api.minimax.io", "", "", ""},
		"bad URL":              {"https://api.minimax.io", "", "https://a:b:c", ""},
		"javascript":           {"https://api.minimax.io", "", "javascript:alert(1)", ""},
		"no host":              {"https://api.minimax.io", "", "https:///x", ""},
		"loopback other port":  {"http://127.0.0.1:1", "", "http://127.0.0.1:2/x", "http://127.0.0.1:2/x"},
		"loopback by name":     {"http://127.0.0.1:1", "", "http://localhost:2/x", "http://localhost:2/x"},
		"loopback to MiniMax":  {"http://127.0.0.1:1", "", "https://account.minimax.io/x", "https://account.minimax.io/x"},
		"loopback to evil":     {"http://127.0.0.1:1", "", "https://evil.test/x", ""},
		"loopback to LAN":      {"http://127.0.0.1:1", "", "http://192.168.0.1/x", ""},
		"loopback ftp":         {"http://127.0.0.1:1", "", "ftp://127.0.0.1/x", ""},
		"loopback TLS to none": {"https://127.0.0.1:1", "", "http://127.0.0.1:1/x", ""},
		"loopback hop to none": {"http://127.0.0.1:1", "https://127.0.0.1:1", "http://127.0.0.1:1/x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portal, _ := url.Parse(tc.portal)
			from := portal.JoinPath("/oauth/token")
			if tc.from != "" {
				from, _ = url.Parse(tc.from)
			}
			to, err := (&Client{}).redirect(route{portal: portal}, from, tc.location)
			if tc.to == "" && err == nil || tc.to != "" && (err != nil || to.String() != tc.to) {
				t.Errorf("%v, %v; want %q", to, err, tc.to)
			}
		})
	}
	portal, _ := url.Parse("https://login.test")
	if to, err := (&Client{AllowedHosts: []string{}}).redirect(route{portal: portal}, portal, "https://login.test/x"); err != nil || to.Path != "/x" {
		t.Errorf("the portal's own host: %v, %v", to, err)
	}
}

// TestRedirectKeepsForm walks a chain over real connections.
func TestRedirectKeepsForm(t *testing.T) {
	t.Parallel()
	p := &portal{script: []canned{{status: 200, body: goodToken}}}
	account := httptest.NewServer(p)
	t.Cleanup(account.Close)
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusTemporaryRedirect
		if strings.HasSuffix(r.URL.Path, "/token") {
			status = http.StatusPermanentRedirect
		}
		http.Redirect(w, r, account.URL+"/moved"+r.URL.Path, status)
	}))
	c.Portal += "/base/"
	l := begin(t, c)
	if _, err := c.Wait(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	first, second := p.requests[0], p.requests[1]
	if first.path != "/moved/base/oauth/code" || first.form.Get("code_challenge") == "" || first.header.Get("X-Request-Id") == "" ||
		first.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %v %v", first.path, first.form, first.header)
	}
	if second.path != "/moved/base/oauth/token" || !p.verified(second.form) {
		t.Errorf("%s %v", second.path, second.form)
	}
}

func TestRedirectsEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		location, message string
		hits              int
	}{
		"loop":    {"/oauth/token", "more than 5 times", 6},
		"evil":    {"https://evil.test/%1b[2J?refresh_token=RT-0", "may not see a login", 1},
		"nowhere": {"", "to no URL", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hits atomic.Int32
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				w.Header().Set("Location", tc.location)
				w.WriteHeader(http.StatusTemporaryRedirect)
			}))
			_, err := c.Refresh(t.Context(), "RT-0")
			e := asError(t, err, CodeRefreshFailed, "protocol")
			if int(hits.Load()) != tc.hits || !strings.Contains(e.Message, tc.message) || strings.Contains(e.Message, "RT-0") || !e.BlamesClient() {
				t.Errorf("%d requests: %+v", hits.Load(), *e)
			}
		})
	}
}

func TestLivePage(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://www.minimax.io/oauth-authorize?user_code=X&client=Y": "https://platform.minimax.io/oauth-authorize?user_code=X&client=Y",
		"https://www.minimaxi.io/oauth-authorize":                     "https://platform.minimaxi.io/oauth-authorize",
		"https://WWW.MiniMax.IO/oauth-authorize/step":                 "https://platform.minimax.io/oauth-authorize/step",
		"https://www.minimax.io:8443/oauth-authorize?a=b#c":           "https://platform.minimax.io:8443/oauth-authorize?a=b#c",
		"https://me@www.minimax.io/oauth-authorize":                   "https://platform.minimax.io/oauth-authorize",
		"https://www.minimax.io/":                                     "https://www.minimax.io/",
		"https://platform.minimax.io/oauth-authorize?x=y":             "https://platform.minimax.io/oauth-authorize?x=y",
		"https://www.minimaxi.com/oauth-authorize":                    "https://www.minimaxi.com/oauth-authorize",
		"https://www.minimax.io.evil.test/oauth-authorize":            "https://www.minimax.io.evil.test/oauth-authorize",
		"https://www.minimax.io:port/oauth-authorize":                 "https://www.minimax.io:port/oauth-authorize",
		"://": "://",
		"":    "",
	} {
		if got := livePage(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
