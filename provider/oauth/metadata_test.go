package oauth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	rfc8414 = "/.well-known/oauth-authorization-server"
	openID  = "/.well-known/openid-configuration"
)

func TestMetadataPlaces(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		path   string // of the portal
		places map[string]func(http.ResponseWriter)
		want   string // place that is believed last
	}{
		"RFC 8414":          {"", map[string]func(http.ResponseWriter){rfc8414: nil}, rfc8414},
		"OpenID":            {"", nil, openID},
		"RFC 8414 and path": {"/realm/a", map[string]func(http.ResponseWriter){rfc8414 + "/realm/a": nil}, rfc8414 + "/realm/a"},
		"OpenID and path":   {"/realm/a", nil, "/realm/a" + openID},
		"a page is none":    {"", map[string]func(http.ResponseWriter){rfc8414: says(200, "<html>welcome")}, openID},
		"JSON, another":     {"", map[string]func(http.ResponseWriter){rfc8414: says(200, `{"hello":"world"}`)}, openID},
		"forbidden":         {"", map[string]func(http.ResponseWriter){rfc8414: says(403, "")}, openID},
		"redirect is none":  {"", map[string]func(http.ResponseWriter){rfc8414: says(302, "")}, openID},
		"slash at the end":  {"/", nil, openID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{places: tc.places}
			c := standard(i)
			c.Portal += tc.path
			i.meta = map[string]any{"issuer": c.Portal}
			for path, place := range tc.places {
				if place == nil {
					i.places[path] = says(200, i.document())
				}
			}
			begin(t, c)
			if got := i.seen[len(i.seen)-2]; got != "GET "+tc.want {
				t.Errorf("believed %s, want %s", got, tc.want)
			}
		})
	}
}

func TestMetadataRefused(t *testing.T) {
	t.Parallel()
	field := func(key string, value any) map[string]any { return map[string]any{key: value} }
	for name, tc := range map[string]struct {
		meta    map[string]any
		places  map[string]func(http.ResponseWriter)
		class   string
		message string
	}{
		"another issuer":        {field("issuer", "https://evil.test"), nil, "protocol", `speaks for another server: its issuer is "https://evil.test"`},
		"issuer with a path":    {field("issuer", "https://id.example.test/realm"), nil, "protocol", "speaks for another server"},
		"issuer over http":      {field("issuer", "http://id.example.test"), nil, "protocol", "speaks for another server"},
		"issuer no text":        {field("issuer", 7), nil, "protocol", "its issuer is 7"},
		"issuer's escape":       {field("issuer", "\x1b[2Jx"), nil, "protocol", "speaks for another server"},
		"no device endpoint":    {field("device_authorization_endpoint", nil), nil, "protocol", "no device_authorization_endpoint"},
		"no token endpoint":     {field("token_endpoint", nil), nil, "protocol", "names no token_endpoint"},
		"device elsewhere":      {field("device_authorization_endpoint", "https://evil.test/d"), nil, "protocol", "endpoint https://evil.test/d is not one of the portal"},
		"token elsewhere":       {field("token_endpoint", "https://id.example.test.evil.test/t"), nil, "protocol", "not one of the portal"},
		"token at MiniMax":      {field("token_endpoint", "https://api.minimax.io/oauth/token"), nil, "protocol", "not one of the portal"},
		"token over http":       {field("token_endpoint", "http://id.example.test/t"), nil, "protocol", "not one of the portal"},
		"token on another port": {field("token_endpoint", "https://id.example.test:444/t"), nil, "protocol", "not one of the portal"},
		"token relative":        {field("token_endpoint", "/t"), nil, "protocol", "not one of the portal"},
		"token with a name":     {field("token_endpoint", "https://id.example.test@evil.test/t"), nil, "protocol", "not one of the portal"},
		"token no URL":          {field("token_endpoint", "https://a:b:c"), nil, "protocol", "is not a URL"},
		"nowhere":               {nil, map[string]func(http.ResponseWriter){openID: says(404, "")}, "auth_refused", "has no OAuth metadata: HTTP 404"},
		"a page everywhere":     {nil, map[string]func(http.ResponseWriter){openID: says(200, "<html>")}, "protocol", "where OAuth metadata was expected"},
		"503":                   {nil, map[string]func(http.ResponseWriter){rfc8414: says(503, "")}, "server_error", "has no OAuth metadata: HTTP 503"},
		"429":                   {nil, map[string]func(http.ResponseWriter){openID: says(429, "")}, "rate_limit", "HTTP 429"},
		"huge":                  {nil, map[string]func(http.ResponseWriter){rfc8414: says(200, strings.Repeat(" ", 1<<20+1))}, "protocol", "more than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{meta: tc.meta, places: tc.places}
			_, err := standard(i).Begin(t.Context())
			if e := asError(t, err, CodeAuthorizationFailed, tc.class); !strings.Contains(e.Message, tc.message) {
				t.Errorf("message %q lacks %q", e.Message, tc.message)
			}
			for _, request := range i.seen {
				if strings.HasPrefix(request, "POST") {
					t.Errorf("%s was sent", request)
				}
			}
		})
	}
}

// TestBeginChoosesDialect: which hosts are asked what, in order.
func TestBeginChoosesDialect(t *testing.T) {
	t.Parallel()
	none := map[string]func(http.ResponseWriter){openID: says(404, "")}
	probe := []string{"POST /oauth/code", "GET " + rfc8414, "GET " + openID}
	for name, tc := range map[string]struct {
		portal, client string
		places         map[string]func(http.ResponseWriter)
		seen           []string
		message        string // "" is a login
	}{
		"MiniMax is never probed":    {"https://api.minimax.io", "cli", nil, probe[:1], "api.minimax.io/oauth/code gives no user code: HTTP 404"},
		"China neither":              {"https://api.minimaxi.com", "", nil, probe[:1], "HTTP 404"},
		"loopback":                   {"http://127.0.0.1:7", "cli", nil, append(probe[:3:3], "POST /device/code"), ""},
		"loopback, default client":   {"http://127.0.0.1:7", "", nil, append(probe[:3:3], "POST /device/code"), ""},
		"loopback without metadata":  {"http://127.0.0.1:7", "cli", none, probe, "/oauth/code gives no user code: HTTP 404"},
		"loopback, 405":              {"http://127.0.0.1:7", "", map[string]func(http.ResponseWriter){"/oauth/code": says(405, "")}, append(probe[:3:3], "POST /device/code"), ""},
		"loopback, a page":           {"http://127.0.0.1:7", "", map[string]func(http.ResponseWriter){"/oauth/code": says(200, "<html>")}, append(probe[:3:3], "POST /device/code"), ""},
		"loopback, out of order":     {"http://127.0.0.1:7", "", map[string]func(http.ResponseWriter){"/oauth/code": says(503, "")}, probe[:1], "HTTP 503"},
		"loopback, broken MiniMax":   {"http://127.0.0.1:7", "", map[string]func(http.ResponseWriter){"/oauth/code": says(200, "{}")}, probe[:1], "without user_code"},
		"own server":                 {"https://id.example.test", "cli", nil, append(probe[1:3:3], "POST /device/code"), ""},
		"own server, MiniMax's name": {"https://id.example.test", "", nil, nil, "needs a client ID of its own"},
		"own server over http":       {"http://id.example.test", "cli", nil, nil, "only https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{base: tc.portal, places: tc.places}
			c := &Client{Portal: tc.portal, ClientID: tc.client, Transport: inMemory{i}}
			_, err := c.Begin(t.Context())
			if tc.message == "" && err != nil || tc.message != "" && (err == nil || !strings.Contains(err.Error(), tc.message)) {
				t.Errorf("%v, want %q", err, tc.message)
			}
			if cerr := c.CheckPortal(); (cerr == nil) != (len(tc.seen) > 0) {
				t.Errorf("CheckPortal: %v", cerr)
			}
			wantSeen(t, i.seen, tc.seen...)
		})
	}
}

func TestBeginStandardCancelled(t *testing.T) {
	t.Parallel()
	i, why := &issuer{}, errors.New("interrupt")
	if _, err := standard(i).Begin(cancelled(t, why)); err != why {
		t.Errorf("%v", err)
	}
}

// TestDeviceOverTLS needs a certificate that verifies, as everything does.
func TestDeviceOverTLS(t *testing.T) {
	t.Parallel()
	i := &issuer{}
	srv := httptest.NewUnstartedServer(i)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	i.base = srv.URL
	c := &Client{Portal: srv.URL, ClientID: "cli"}
	_, err := c.Begin(t.Context())
	if e := asError(t, err, CodeAuthorizationFailed, "protocol"); !strings.Contains(e.Message, "cannot be trusted") {
		t.Errorf("%v", e)
	}
	c.Transport = srv.Client().Transport
	if l := begin(t, c); l.TokenEndpoint != srv.URL+"/token" {
		t.Errorf("token endpoint %s", l.TokenEndpoint)
	}
}
