package oauth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status, inner int
		reason, said  string
		want          string
	}{
		"inner code before status":   {500, 1008, "", "", "billing"},
		"inner code before success":  {200, 1002, "", "", "rate_limit"},
		"unknown inner code":         {500, 4711, "", "", "server_error"},
		"plan lacks the model":       {500, 2061, "", "", "billing"},
		"quota window":               {429, 2056, "", "", "quota"},
		"image quota":                {200, 1030, "", "", "quota"},
		"login fail":                 {200, 1004, "", "", "auth_refused"},
		"timeout inside":             {200, 1001, "", "", "server_error"},
		"RFC 6749 server_error":      {400, 0, "server_error", "", "server_error"},
		"RFC 6749 unavailable":       {400, 0, "temporarily_unavailable", "", "server_error"},
		"429":                        {429, 0, "", "", "rate_limit"},
		"402":                        {402, 0, "", "", "billing"},
		"403 tier in words":          {403, 0, "", "Your Tier is too low", "billing"},
		"403 entitlement by code":    {403, 0, "entitlement_missing", "", "billing"},
		"403 without a plan":         {403, 0, "", "go away", "auth_refused"},
		"401 is never about a plan":  {401, 0, "", "your plan", "auth_refused"},
		"request timeout":            {408, 0, "", "", "server_error"},
		"too early":                  {425, 0, "", "", "server_error"},
		"overloaded":                 {529, 0, "", "", "overloaded"},
		"bad gateway":                {502, 0, "", "", "server_error"},
		"redirect that is no 307":    {303, 0, "", "", "protocol"},
		"not found":                  {404, 0, "", "", "auth_refused"},
		"success that is a refusal":  {200, 0, "", "", "auth_refused"},
		"access denied with success": {200, 0, "access_denied", "", "auth_refused"},
	} {
		if got := classify(tc.status, tc.inner, tc.reason, tc.said); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestPassingAndBlame(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]bool{
		"network": true, "timeout": true, "server_error": true, "overloaded": true, "rate_limit": true,
		"quota": false, "billing": false, "auth_refused": false, "reauth_required": false, "protocol": false, "config": false,
	} {
		e := &Error{ErrClass: class, HTTPStatus: 400, Sent: true}
		if e.passing() != want || e.BlamesClient() == want {
			t.Errorf("%s: passing %v, blames the client %v", class, e.passing(), e.BlamesClient())
		}
	}
	for name, e := range map[string]*Error{
		"never sent": {ErrClass: "auth_refused", HTTPStatus: 400},
		"terminal":   {ErrClass: "reauth_required", HTTPStatus: 400, Sent: true, Terminal: true},
		"a 200":      {ErrClass: "protocol", HTTPStatus: 200, Sent: true},
	} {
		if e.BlamesClient() {
			t.Errorf("%s blames the client", name)
		}
	}
	if e := (&Error{ErrClass: "auth_refused", HTTPStatus: 200, Sent: true, Reason: "invalid_scope"}); !e.BlamesClient() {
		t.Error("invalid_scope in a 200 does not blame the client")
	}
}

func TestUntrusted(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&tls.CertificateVerificationError{Err: errors.New("x")},
		x509.UnknownAuthorityError{},
		x509.HostnameError{Certificate: &x509.Certificate{}},
		x509.CertificateInvalidError{},
		tls.RecordHeaderError{},
	} {
		if !untrusted(err) || !untrusted(errors.Join(errors.New("outer"), err)) {
			t.Errorf("%T is trusted", err)
		}
	}
	if untrusted(errors.New("connection refused")) {
		t.Error("a refused connection counts as a bad certificate")
	}
}

// TestOverTLS logs in over TLS on loopback, with HTTP/1.1 as in production.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	p := &portal{script: []canned{{status: 200, body: goodToken}}}
	srv := httptest.NewTLSServer(p)
	t.Cleanup(srv.Close)
	c := &Client{Portal: srv.URL, Transport: srv.Client().Transport}
	tok, err := c.Wait(t.Context(), begin(t, c))
	if err != nil || tok.AccessToken != "AT-1" || !p.verified(p.tokens()[0].form) {
		t.Errorf("%v", err)
	}
}

// TestNoDowngrade makes a TLS server send the form to its plain twin.
func TestNoDowngrade(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the form went out in the clear") }))
	t.Cleanup(plain.Close)
	srv := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/oauth/token", http.StatusTemporaryRedirect))
	t.Cleanup(srv.Close)
	c := &Client{Portal: srv.URL, Transport: srv.Client().Transport}
	_, err := c.Refresh(t.Context(), "RT-0")
	if e := asError(t, err, CodeRefreshFailed, "protocol"); !strings.Contains(e.Message, "from https to less") {
		t.Errorf("%v", e)
	}
}

// TestOtherRedirects makes sure that no status but 307 and 308 is followed.
func TestOtherRedirects(t *testing.T) {
	t.Parallel()
	for _, status := range []int{300, 301, 302, 303, 304, 305} {
		hits := 0
		rt := roundTrip(func(r *http.Request) (*http.Response, error) {
			hits++
			return &http.Response{StatusCode: status, Header: http.Header{"Location": {"https://account.minimax.io/x"}}, Body: http.NoBody, Request: r}, nil
		})
		_, err := (&Client{Portal: "https://api.minimax.io", Transport: rt}).Refresh(t.Context(), "RT-0")
		if e := asError(t, err, CodeRefreshFailed, "protocol"); hits != 1 || e.HTTPStatus != status {
			t.Errorf("%d: %d requests, %v", status, hits, e)
		}
	}
}
