package dial

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// serveTLS starts a TLS server and writes its certificate to a file.
func serveTLS(t *testing.T, h http.HandlerFunc) (srv *httptest.Server, caFile string, conns *atomic.Int32) {
	t.Helper()
	conns = &atomic.Int32{}
	srv = httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(caFile, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return srv, caFile, conns
}

func transport(t *testing.T, n Net) *http.Transport {
	t.Helper()
	tr, err := NewTransport(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// get asks once, without following or repeating anything.
func get(t *testing.T, rt http.RoundTripper, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return string(raw), err
}

func warm(ctx context.Context, rt http.RoundTripper, base string) {
	u, _ := url.Parse(base)
	Warmer(rt, u)(ctx)
}

func TestTLSWithACAFile(t *testing.T) {
	t.Parallel()
	var proto string
	srv, ca, conns := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		io.WriteString(w, "ok")
	})
	rt := transport(t, Net{CAFile: ca, Connect: time.Minute})
	for range 3 {
		if text, err := get(t, rt, srv.URL); err != nil || text != "ok" {
			t.Fatalf("%q, %v", text, err)
		}
	}
	if proto != "HTTP/2.0" || conns.Load() != 1 {
		t.Errorf("%s on %d connections", proto, conns.Load())
	}
}

func TestUnknownCertificateIsNotRetried(t *testing.T) {
	t.Parallel()
	srv, _, conns := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	for name, base := range map[string]string{"unknown authority": srv.URL, "an http server": ""} {
		if base == "" {
			plain := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(plain.Close)
			base = strings.Replace(plain.URL, "http:", "https:", 1)
		}
		if _, err := get(t, transport(t, Net{}), base); err == nil || !Permanent(err) {
			t.Errorf("%s: %+v", name, err)
		}
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections", conns.Load())
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	if _, err := get(t, transport(t, Net{}), srv.URL); err == nil || !Permanent(err) {
		t.Errorf("%+v", err)
	}
}

func TestCAFileErrorsNameTheFile(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, filepath.Join(t.TempDir(), "missing.pem")} {
		_, err := NewTransport(Net{CAFile: file})
		if e, ok := err.(*FileError); !ok || e.Class() != "usage" || !strings.Contains(e.Error(), file) {
			t.Errorf("%v", err)
		}
	}
}

func TestLoopbackNeedsNoTLS(t *testing.T) {
	t.Parallel()
	tr := transport(t, Net{Loopback: true})
	if tr.TLSClientConfig != nil || tr.DialTLSContext != nil || tr.Proxy != nil || tr.ForceAttemptHTTP2 || !tr.DisableCompression {
		t.Errorf("%+v", tr)
	}
	if tr := transport(t, Net{}); tr.TLSClientConfig.MinVersion != tls.VersionTLS12 || tr.TLSClientConfig.RootCAs != nil {
		t.Errorf("%+v", tr.TLSClientConfig)
	}
}

func TestConnectTimeoutNamesItsClock(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it accepts at the kernel's level and never speaks TLS
	limit := 50 * time.Millisecond
	_, err = get(t, transport(t, Net{Connect: limit}), "https://"+l.Addr().String())
	e, ok := errors.AsType[*TimeoutError](err)
	if !ok || e.Class() != "timeout" || !strings.Contains(e.Error(), "within 50ms (connect-timeout)") || !strings.Contains(e.Error(), l.Addr().String()) {
		t.Errorf("%+v", err)
	}
	d := &dialer{connect: limit}
	d.net.Timeout = -1 // over before it begins, as a host that does not answer is after a while
	d.net.Deadline = time.Now().Add(-time.Second)
	if _, err := d.openTCP(t.Context(), "tcp", l.Addr().String()); !errors.As(err, &e) {
		t.Errorf("TCP: %v", err)
	}
}

func TestWarmConnectionIsUsed(t *testing.T) {
	t.Parallel()
	srv, ca, conns := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	rt := transport(t, Net{CAFile: ca})
	warm(t.Context(), rt, srv.URL)
	warm(t.Context(), rt, srv.URL) // one spare is enough
	if conns.Load() != 1 {
		t.Fatalf("%d connections after warming", conns.Load())
	}
	for range 2 {
		if _, err := get(t, rt, srv.URL); err != nil {
			t.Fatal(err)
		}
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections in all", conns.Load())
	}
}

func TestRequestWaitsForTheWarmConnection(t *testing.T) {
	t.Parallel()
	srv, ca, conns := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	rt := transport(t, Net{CAFile: ca})
	done := make(chan struct{})
	go func() { warm(t.Context(), rt, srv.URL); close(done) }()
	if _, err := get(t, rt, srv.URL); err != nil {
		t.Fatal(err)
	}
	<-done
	if n := conns.Load(); n > 2 { // two when the request was there first
		t.Errorf("%d connections", n)
	}
}

func TestWarmNeverFailsARequest(t *testing.T) {
	t.Parallel()
	srv, ca, _ := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	rt := transport(t, Net{CAFile: ca})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	warm(gone, rt, srv.URL)
	if _, err := get(t, rt, srv.URL); err != nil {
		t.Errorf("after a cancelled one: %v", err)
	}
	for base, want := range map[string]bool{"https://127.0.0.1:1": true, "http://127.0.0.1:1": false, "http://h.invalid": true} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		work := Warmer(rt, u)
		if work != nil {
			work(t.Context())
		}
		if got := work != nil; got != want {
			t.Errorf("%q: warmed %v, want %v", base, got, want)
		}
		if Warmer(http.NewFileTransport(nil), u) != nil {
			t.Errorf("%q: a transport of others was warmed", base)
		}
	}
}

func TestSpare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		dials := 0
		release := make(chan struct{})
		open := func(context.Context, string, string) (net.Conn, error) {
			if dials++; dials == 1 {
				<-release
				return near, nil
			}
			return nil, fmt.Errorf("dial %d", dials)
		}
		d := &dialer{}
		kept := make(chan error)
		go func() {
			_, err := d.dial(context.WithValue(t.Context(), spareKey{}, true), "tcp", "h:1", "k", open)
			kept <- err
		}()
		synctest.Wait() // the spare is noted
		impatient, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := d.claim(impatient, "k"); err == nil {
			t.Error("claimed before it was ready")
		}
		synctest.Wait() // whoever closes it waits for it
		close(release)
		if err := <-kept; err != errKept {
			t.Errorf("%v", err)
		}
		if _, err := far.Read(make([]byte, 1)); err == nil {
			t.Error("a spare claimed in vain stays open")
		}
		if conn, err := d.dial(t.Context(), "tcp", "h:1", "k", open); conn != nil || err == nil || err.Error() != "dial 2" {
			t.Errorf("no spare: %v, %v", conn, err)
		}
		s := &spare{ready: make(chan struct{}), conn: near}
		d.spares["x"] = s
		d.drop("x", s)
		if len(d.spares) != 0 {
			t.Error("an expired spare is kept")
		}
		next, end := net.Pipe()
		defer end.Close()
		d.spares["x"] = &spare{conn: next}
		d.drop("x", s) // too late: it was claimed, and another took its place
		if len(d.spares) != 1 {
			t.Error("the spare of another is gone")
		}
	})
}

// TestProxyFromTheEnvironment runs this test again in a process with a proxy
// set: net/http reads the environment once.
func TestProxyFromTheEnvironment(t *testing.T) {
	t.Parallel()
	if os.Getenv("PROXY_CHILD") != "" {
		rt := transport(t, Net{})
		if Warmer(rt, &url.URL{Scheme: "http", Host: "far.example"}) != nil {
			t.Error("a connection beside the proxy")
		}
		if text, err := get(t, rt, "http://far.example/anthropic"); err != nil || text != "by proxy" {
			t.Errorf("%q, %v", text, err)
		}
		if _, err := get(t, rt, "https://far.example"); err == nil {
			t.Error("CONNECT was refused and is no error")
		}
		return
	}
	var mu sync.Mutex
	var seen []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if seen = append(seen, r.Method+" "+r.Host); r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		io.WriteString(w, "by proxy")
	}))
	defer srv.Close()
	for _, proxy := range []string{srv.URL, strings.TrimPrefix(srv.URL, "http://")} {
		mu.Lock()
		seen = nil
		mu.Unlock()
		cmd := exec.Command(os.Args[0], "-test.run=^TestProxyFromTheEnvironment$")
		cmd.Env = append(os.Environ(), "PROXY_CHILD=1", "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "NO_PROXY=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		mu.Lock()
		if got := strings.Join(seen, ", "); got != "GET far.example, CONNECT far.example:443" {
			t.Errorf("proxy %s saw %s", proxy, got)
		}
		mu.Unlock()
	}
}
