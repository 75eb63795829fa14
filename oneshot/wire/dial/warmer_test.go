package dial

import (
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
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
	_ = theirs.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF || asked != "server.invalid:80" {
		t.Errorf("%s, left open: %v", asked, err)
	}
	for _, raw := range []string{"http://localhost/v1", "http://127.0.0.1:9/", "http://[::1]/", "https://server.invalid"} {
		if Warmer(tr, at(raw)) != nil {
			t.Errorf("%s is dialed", raw)
		}
	}
}

// TestReadBundle: of the first file that is there what Go takes: certificates without headers.
func TestReadBundle(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bundle.pem")
	var raw []byte
	for _, b := range []*pem.Block{
		{Type: "CERTIFICATE", Bytes: []byte("one")},
		{Type: "PRIVATE KEY", Bytes: []byte("no")},
		{Type: "CERTIFICATE", Headers: map[string]string{"k": "v"}, Bytes: []byte("no")},
		{Type: "CERTIFICATE", Bytes: []byte("two")},
	} {
		raw = append(raw, pem.EncodeToMemory(b)...)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if all := readBundle([]string{file + ".gone", file, file}); len(all) != 2 || string(all[0]) != "one" || string(all[1]) != "two" {
		t.Errorf("%q", all)
	}
	if all := readBundle([]string{file + ".gone"}); all != nil {
		t.Errorf("%q", all)
	}
}
