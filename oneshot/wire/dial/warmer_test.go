package dial

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
)

// TestWarmerOfAnother: a dialer that keeps no connection for later leaves none open; nothing is dialed where nothing is to gain.
func TestWarmerOfAnother(t *testing.T) {
	t.Parallel()
	var asked string
	ours, theirs := net.Pipe()
	defer theirs.Close()
	tr := &http.Transport{DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
		asked = addr
		return ours, nil
	}}
	at := func(raw string) *url.URL {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	warm := Warmer(tr, at("http://server.invalid"))
	if warm == nil {
		t.Fatal("no warmer")
	}
	warm(t.Context())
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF || asked != "server.invalid:80" {
		t.Errorf("%s, left open: %v", asked, err)
	}
	for _, raw := range []string{"http://localhost/v1", "http://127.0.0.1:9/", "http://[::1]/", "https://server.invalid"} {
		if Warmer(tr, at(raw)) != nil {
			t.Errorf("%s is dialed", raw)
		}
	}
}
