package oauth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"hermes/provider/oauth"
	"hermes/scripts/rogue"
)

// trusting is a transport of HTTP/2 that trusts the server, to which all names lead.
func trusting(t *testing.T, server *rogue.Server) *http.Transport {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CA)
	addr := strings.TrimPrefix(server.URL, "https://")
	rt := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}
	t.Cleanup(rt.CloseIdleConnections)
	return rt
}

// TestNeverRepeated: a server that refuses a request of HTTP/2 in a way after which net/http sends it again sees it once,
// whatever the request is. Each presentation of a refresh token counts.
func TestNeverRepeated(t *testing.T) {
	t.Parallel()
	calls := map[string]func(t *testing.T, c *oauth.Client) error{
		"refresh": func(t *testing.T, c *oauth.Client) error { _, err := c.Refresh(t.Context(), "rt"); return err },
		"code":    func(t *testing.T, c *oauth.Client) error { _, err := c.Begin(t.Context()); return err },
		"metadata": func(t *testing.T, c *oauth.Client) error {
			c.Portal, c.ClientID = "https://id.example.test", "own" // only the standard's dialect is spoken there
			_, err := c.Begin(t.Context())
			return err
		},
	}
	for _, how := range []string{"goaway", "protocol-error"} {
		for name, call := range calls {
			t.Run(how+"/"+name, func(t *testing.T) {
				t.Parallel()
				server, err := rogue.HTTP2(how)
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				c := &oauth.Client{Portal: server.URL, Transport: trusting(t, server), Timeout: 2 * time.Second}
				var e *oauth.Error
				if err := call(t, c); !errors.As(err, &e) || !e.Sent || e.ErrClass != "network" || !strings.HasSuffix(e.Message, " refused the request, in HTTP/2's own words") {
					t.Errorf("%v, want a network error of a request that was sent", err)
				}
				if n := server.Requests(); n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		}
	}
}
