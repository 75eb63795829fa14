package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// spareTime is how long a connection waits for its request. Servers close
// connections on which nothing comes, and the request would find out too late.
const spareTime = 10 * time.Second

// Warmer is the work of dialing a server (name, TCP, TLS) so that the next request to it finds its connection ready. It
// returns when that is done or has failed; a failure is not reported, the request meets it again. There is none (nil) for
// a transport not made by NewTransport, behind a proxy, and for plain http on this machine, where there is nothing to
// gain.
func Warmer(rt http.RoundTripper, u *url.URL) func(context.Context) {
	t, ok := rt.(*http.Transport)
	if !ok || u.Scheme == "http" && Local(u) {
		return nil
	}
	if t.Proxy != nil {
		if proxy, err := t.Proxy(&http.Request{URL: u}); proxy != nil || err != nil {
			return nil
		}
	}
	dial, port := t.DialTLSContext, "443"
	if u.Scheme == "http" {
		dial, port = t.DialContext, "80"
	}
	if dial == nil {
		return nil
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return func(ctx context.Context) {
		conn, err := dial(context.WithValue(ctx, spareKey{}, true), "tcp", net.JoinHostPort(u.Hostname(), port))
		if err == nil { // a dialer that does not know of spares
			conn.Close()
		}
	}
}

// Local reports whether a URL is of this machine by its name or address.
func Local(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// spareKey marks the context of a dial whose connection is to be kept.
type spareKey struct{}

var errKept = errors.New("the connection is kept for the next request")

// dialer opens the connections of a transport and keeps at most one spare for
// each address. net/http has no call to connect ahead of a request.
type dialer struct {
	net     net.Dialer
	connect time.Duration
	tls     *tls.Config // nil: plain http only
	roots   sync.Once
	bundle  *bundle // nil: Go verifies by its own pool, or by that of tls

	mu     sync.Mutex
	spares map[string]*spare
}

// spare is a connection made ahead. ready is closed when conn or err is set.
type spare struct {
	ready  chan struct{}
	conn   net.Conn
	err    error
	expiry *time.Timer
}

type opener func(ctx context.Context, network, addr string) (net.Conn, error)

func (d *dialer) dialTCP(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.dial(ctx, network, addr, "tcp "+addr, d.openTCP)
}

func (d *dialer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.dial(ctx, network, addr, "tls "+addr, d.openTLS)
}

func (d *dialer) dial(ctx context.Context, network, addr, key string, open opener) (net.Conn, error) {
	if ctx.Value(spareKey{}) != nil {
		d.keep(ctx, network, addr, key, open)
		return nil, errKept
	}
	if conn, err := d.claim(ctx, key); conn != nil || err != nil {
		return conn, err
	}
	return open(ctx, network, addr)
}

// keep opens a spare, unless there is one.
func (d *dialer) keep(ctx context.Context, network, addr, key string, open opener) {
	s := &spare{ready: make(chan struct{})}
	d.mu.Lock()
	if d.spares == nil {
		d.spares = make(map[string]*spare)
	}
	if d.spares[key] != nil {
		d.mu.Unlock()
		return
	}
	d.spares[key] = s
	d.mu.Unlock()
	s.conn, s.err = open(ctx, network, addr)
	if s.err == nil {
		s.expiry = time.AfterFunc(spareTime, func() { d.drop(key, s) })
	}
	close(s.ready)
}

// drop closes a spare that nobody claimed.
func (d *dialer) drop(key string, s *spare) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.spares[key] == s {
		delete(d.spares, key)
		s.conn.Close()
	}
}

// claim takes the spare for key, waiting for one that is under way: whoever
// dials beside it would not be faster. Nothing and no error means that there
// is none.
func (d *dialer) claim(ctx context.Context, key string) (net.Conn, error) {
	d.mu.Lock()
	s := d.spares[key]
	delete(d.spares, key)
	d.mu.Unlock()
	if s == nil {
		return nil, nil
	}
	waited := true
	select {
	case <-s.ready:
		waited = false
	default:
	}
	select {
	case <-s.ready:
	case <-ctx.Done():
		go s.discard()
		return nil, ctx.Err()
	}
	if s.err == nil {
		s.expiry.Stop()
		return s.conn, nil
	}
	if waited && !errors.Is(s.err, context.Canceled) {
		return nil, s.err
	}
	return nil, nil
}

// discard closes a spare that was claimed in vain.
func (s *spare) discard() {
	<-s.ready
	if s.err == nil {
		s.expiry.Stop()
		s.conn.Close()
	}
}
