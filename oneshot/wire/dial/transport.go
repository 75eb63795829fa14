// Package dial makes the transport of everything that talks to a server: proxies, TLS and its roots, and connections
// made ahead of their request.
package dial

import (
	"cmp"
	"context"
	"crypto/fips140"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// netBuffer is the size of the transport's buffers, in bytes: one system
	// call takes what a fast server wrote in many pieces.
	netBuffer  = 64 << 10
	idleConns  = 64
	idleTime   = 90 * time.Second
	maxHeaders = 256 << 10
)

// Net configures a transport.
type Net struct {
	// Connect bounds name look-up, TCP connect and TLS handshake together; 0 is
	// no bound. Behind a proxy it bounds the handshake once more.
	Connect time.Duration
	// CAFile is a PEM file whose certificates are trusted besides the system's.
	CAFile string
	// CertFile is the value of SSL_CERT_FILE, the bundle of the system's roots.
	CertFile string
	// Loopback says that only plain http to this machine is meant: no proxy
	// and no TLS is set up.
	Loopback bool
	// Insecure verifies no certificate of a server.
	Insecure bool
	// ClientCert and ClientKey are PEM files of our own certificate; a file may hold both.
	ClientCert, ClientKey string
}

// NewTransport makes the transport of a run: proxies from the environment
// (HTTPS_PROXY and so on, with or without a scheme), TLS 1.2 or later, HTTP/2
// for https, no compression. The system's roots are Go's: SSL_CERT_FILE counts
// where Go honours it. An error names CAFile.
func NewTransport(n Net) (*http.Transport, error) {
	d := &dialer{connect: n.Connect, net: net.Dialer{Timeout: n.Connect, KeepAlive: 30 * time.Second}}
	t := &http.Transport{
		DialContext:            d.dialTCP,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaders,
		MaxIdleConnsPerHost:    idleConns,
		IdleConnTimeout:        idleTime,
		ReadBufferSize:         netBuffer,
		WriteBufferSize:        netBuffer,
	}
	if n.Loopback {
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(true)
		return t, nil
	}
	roots, err := readRoots(n.CAFile)
	if err != nil {
		return nil, err
	}
	d.tls = &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: roots, NextProtos: []string{"h2", "http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
	if err := n.identify(d.tls); err != nil {
		return nil, err
	}
	if roots == nil && !n.Insecure && !fips140.Enabled() {
		d.bundle = openBundle(n.CertFile)
	}
	t.DialTLSContext, t.TLSClientConfig = d.dialTLS, d.tls.Clone() // net/http adds to its own
	t.ForceAttemptHTTP2, t.TLSHandshakeTimeout = true, n.Connect
	t.Proxy = d.proxy
	return t, nil
}

// identify sets what a server of one's own may ask for.
func (n Net) identify(c *tls.Config) error {
	c.InsecureSkipVerify = n.Insecure
	if n.ClientCert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(n.ClientCert, cmp.Or(n.ClientKey, n.ClientCert))
	if err != nil {
		return &FileError{fmt.Sprintf("client certificate %s: %v", n.ClientCert, err)}
	}
	c.Certificates = []tls.Certificate{pair}
	return nil
}

// proxy asks the environment. Behind a proxy net/http does the handshake
// itself, so the roots are read meanwhile from here.
func (d *dialer) proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if u != nil && r.URL.Scheme == "https" {
		d.readSystemRoots()
	}
	return u, err
}

// openTCP connects; running out of time is an error that names the clock.
func (d *dialer) openTCP(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.net.DialContext(ctx, network, addr)
	return conn, d.named(ctx, addr, err)
}

func (d *dialer) openTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	d.readRoots()
	bounded, cancel := ctx, context.CancelFunc(func() {})
	if d.connect > 0 {
		bounded, cancel = context.WithTimeout(ctx, d.connect)
	}
	defer cancel()
	raw, err := d.net.DialContext(bounded, network, addr)
	if err != nil {
		return nil, d.named(ctx, addr, err)
	}
	cfg := d.tls.Clone()
	if cfg.ServerName, _, err = net.SplitHostPort(addr); err != nil {
		raw.Close()
		return nil, err
	}
	if d.bundle != nil {
		d.bundle.verify(cfg)
	}
	conn := tls.Client(raw, cfg)
	if err := conn.HandshakeContext(bounded); err != nil {
		raw.Close()
		return nil, d.named(ctx, addr, err)
	}
	return conn, nil
}

// named makes a time-out of ours say which clock it was.
func (d *dialer) named(ctx context.Context, addr string, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	timeout, ok := errors.AsType[net.Error](err)
	if !errors.Is(err, context.DeadlineExceeded) && !(ok && timeout.Timeout()) {
		return err
	}
	return &TimeoutError{addr, d.connect, err}
}
