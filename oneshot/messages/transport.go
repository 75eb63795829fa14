package messages

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// Net configures a transport.
type Net struct {
	// Connect bounds name look-up and TCP connect, and once more the TLS
	// handshake; 0 is no bound.
	Connect time.Duration
	// CAFile is a PEM file whose certificates are trusted besides the system's.
	CAFile string
	// Loopback says that only plain http to this machine is meant: no proxy
	// and no TLS is set up.
	Loopback bool
}

// NewTransport makes the transport of a run: proxies from the environment,
// TLS 1.2 or later, HTTP/2 for https, no compression. An error names CAFile.
func NewTransport(n Net) (*http.Transport, error) {
	dialer := &net.Dialer{Timeout: n.Connect}
	t := &http.Transport{
		DialContext: dialer.DialContext, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10,
	}
	if n.Loopback {
		return t, nil
	}
	t.Proxy, t.ForceAttemptHTTP2, t.TLSHandshakeTimeout = http.ProxyFromEnvironment, true, n.Connect
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if n.CAFile == "" {
		return t, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pem, err := os.ReadFile(n.CAFile)
	if err != nil {
		return nil, &Error{ErrClass: "usage", Message: fmt.Sprintf("--ca-file: %v", err), Err: err}
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &Error{ErrClass: "usage", Message: fmt.Sprintf("--ca-file %s holds no PEM certificate", n.CAFile)}
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}

// Warm dials the endpoint (name, TCP, TLS) so that the next request finds its
// connection ready. It returns when that is done or has failed; a failure is
// not reported, the request meets it again.
//
// net/http has no call for this, so the question is the cheapest there is: a
// HEAD of the root without a credential, whose answer is thrown away.
func (c *Client) Warm(ctx context.Context) {
	u, err := rootOf(c.BaseURL)
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u, nil)
	if err != nil {
		return
	}
	resp, err := c.Transport.RoundTrip(req)
	if err == nil {
		resp.Body.Close()
	}
}
