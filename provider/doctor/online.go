package doctor

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"hermes/provider"
	"hermes/provider/rows"
)

const (
	reach = 10 * time.Second // the longest that any look at the network takes
	skew  = 60 * time.Second // a clock that is off by more makes tokens look fresh or dead
)

// network tries the server of the provider that a run would ask: proxy, name, TLS, an answer, its clock. It sends an empty
// request to the place of a run's and no credential: whoever speaks the language there refuses it, and nothing is paid. Then the list of
// models is asked for with the credential, where nothing spoke against the server.
func network(ctx context.Context, e Env) []Finding {
	if e.Session == nil {
		return []Finding{found(Problem, "unknown while the home cannot be read")}
	}
	c, err := e.Session.Resolve(provider.Flags{})
	if err != nil {
		return []Finding{found(Problem, "no server to try: %v", err)}
	}
	if c.BaseURL.Value == "" {
		return []Finding{found(OK, "%s has no server outside this process", c.Row.ID)}
	}
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	address, api := e.Endpoint(c)
	req, err := empty(ctx, address)
	if err != nil {
		return []Finding{found(Problem, "%v", err)}
	}
	proxy := proxied(req)
	all := []Finding{proxy}
	if proxy.Text == noProxy {
		all = append(all, name(ctx, req.URL.Hostname()))
	}
	all = append(all, ask(req, e, expected{api, c.Wire.Value == string(rows.Messages)})...)
	if slices.ContainsFunc(all, func(f Finding) bool { return f.Level == Problem }) {
		return all
	}
	return append(all, served(ctx, e, c)...)
}

func empty(ctx context.Context, at string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader("{}"))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Anthropic-Version", "2023-06-01")
		req.GetBody = nil // with it net/http would send the request again by itself
	}
	return req, err
}

const noProxy = "no proxy"

func proxied(req *http.Request) Finding {
	at, err := http.ProxyFromEnvironment(req)
	switch {
	case err != nil:
		return found(Problem, "proxy: %v", err)
	case at == nil:
		return found(OK, noProxy)
	}
	return found(OK, "proxy %s", (&url.URL{Scheme: at.Scheme, Host: at.Host}).String())
}

func name(ctx context.Context, host string) Finding {
	at, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return found(Problem, "DNS: %v", err)
	}
	return found(OK, "DNS: %s is %s", host, at[0])
}

// expected is the API that a server should speak.
type expected struct {
	name  string
	typed bool // its errors have a type of their own, so that its "not found" is told from that of another server
}

func ask(req *http.Request, e Env, want expected) []Finding {
	rt, err := e.Dial()
	if err != nil {
		return []Finding{found(Problem, "%v", err)}
	}
	start := e.Now()
	res, err := rt.RoundTrip(req)
	if err != nil {
		return []Finding{found(Problem, "%s", unreachable(req.URL, err))}
	}
	defer res.Body.Close()
	all := []Finding{judged(req, res, e.Now().Sub(start), want)}
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		chain := res.TLS.PeerCertificates
		all = append(all, found(OK, "%s, certificate issued by %s", tls.VersionName(res.TLS.Version), chain[0].Issuer.CommonName))
	}
	return append(all, clock(res.Header.Get("Date"), e.Now()))
}

// judged says whether the answer to an empty request is one of the API: a refusal, and no page, redirect or "not
// found", which a server gives that speaks something else.
func judged(req *http.Request, res *http.Response, took time.Duration, want expected) Finding {
	var body struct {
		Type string `json:"type"`
	}
	raw, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	_ = json.Unmarshal(raw, &body)
	at := req.URL.Redacted()
	switch code := res.StatusCode; {
	case code >= 300 && code < 400:
		return found(Problem, "%s: HTTP %d: it leads elsewhere, and hermes follows no redirect with a credential; set base_url to where the server is", at, code)
	case want.typed && body.Type == "error":
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code == http.StatusNotImplemented:
		return found(Problem, "%s: HTTP %d: this server does not speak %s there; check base_url and transport, and which API the server offers", at, code, want.name)
	case strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && code < 300:
		return found(Problem, "%s: HTTP %d: a web page, and no answer of %s; check base_url", at, code, want.name)
	}
	return found(OK, "%s answers in %d ms (HTTP %d)", req.URL.Host, took.Milliseconds(), res.StatusCode)
}

func unreachable(at *url.URL, err error) string {
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		issuer := ""
		if len(bad.UnverifiedCertificates) > 0 {
			issuer = "; the certificate was issued by " + bad.UnverifiedCertificates[0].Issuer.CommonName + ", pass --ca-file or set SSL_CERT_FILE if that is your proxy"
		}
		return "TLS with " + at.Host + ": " + bad.Err.Error() + issuer
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return at.Host + ": " + err.Error() + "; nothing listens there: start the server, or set base_url to where it is"
	}
	return at.Host + ": " + err.Error()
}

func clock(date string, now time.Time) Finding {
	server, err := http.ParseTime(date)
	if err != nil {
		return found(Warning, "the server sent no Date to compare the clock with")
	}
	off := now.Sub(server).Round(time.Second)
	if off.Abs() > skew {
		return found(Problem, "this clock is %s off the server's", off)
	}
	return found(OK, "this clock is within %s of the server's", skew)
}
