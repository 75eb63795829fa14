package peer

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser is a person at the server's pages: it follows what stands in them
// and knows no path of its own.
type browser struct {
	t      *testing.T
	client http.Client
	at     *url.URL
	page   string
}

// decide opens a verification address, logs in as the one user there is,
// and presses a button: allowed or denied.
func decide(t *testing.T, address, button string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, client: http.Client{Jar: jar}}
	b.open(address)
	form := url.Values{
		"user_code": {b.find(`name="user_code" value="([^"]+)"`)},
		"username":  {user}, "password": {"verysecure"},
	}
	b.read(b.client.PostForm(b.link(`<form method="POST" action="([^"]+)"`), form))
	b.open(b.link(`location\.href='([^']+action=` + button + `)'`))
	if !strings.Contains(b.page, "Device authorization "+button) {
		t.Fatalf("the last page says %q", b.page)
	}
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.read(b.client.Get(address))
}

func (b *browser) read(resp *http.Response, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: HTTP %d, %v", resp.Request.URL, resp.StatusCode, err)
	}
	b.at, b.page = resp.Request.URL, string(page)
}

// find is the first group of a pattern in the page.
func (b *browser) find(pattern string) string {
	b.t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(b.page)
	if found == nil {
		b.t.Fatalf("%s has no %s:\n%s", b.at, pattern, b.page)
	}
	return html.UnescapeString(found[1])
}

// link is an address in the page, made absolute.
func (b *browser) link(pattern string) string {
	b.t.Helper()
	to, err := b.at.Parse(b.find(pattern))
	if err != nil {
		b.t.Fatal(err)
	}
	return to.String()
}
