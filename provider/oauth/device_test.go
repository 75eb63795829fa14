package oauth

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDeviceLogin is a whole login by RFC 8628, with the waits it asks for.
func TestDeviceLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pending := canned{status: 400, body: `{"error":"authorization_pending"}`}
		i := &issuer{}
		i.script = []canned{pending, {status: 400, body: `{"error":"slow_down"}`}, {status: 401, body: pending.body}, {status: 200, body: standardToken}}
		c := standard(i)
		start := time.Now()
		l := begin(t, c)
		if l.UserCode != "WDJB-MJHT" || l.VerificationURI != "https://id.example.test/device?user_code=WDJB-MJHT" ||
			l.TokenEndpoint != "https://id.example.test/token" || l.Scope != "openid offline_access" || l.Interval != 5*time.Second ||
			!l.Expires.Equal(start.Add(600*time.Second)) {
			t.Errorf("code %q at %q, token endpoint %q, scope %q, every %v until %v", l.UserCode, l.VerificationURI, l.TokenEndpoint, l.Scope, l.Interval, l.Expires)
		}
		token, err := c.Wait(t.Context(), l)
		if err != nil || token.AccessToken != "AT-1" || token.RefreshToken != "RT-1" || token.ExpiresIn != 900 {
			t.Fatalf("%v, expires in %d", err, token.ExpiresIn)
		}
		var at []time.Duration
		for _, poll := range i.requests {
			at = append(at, poll.at.Sub(start))
			want := map[string]bool{"grant_type": true, "client_id": true, "device_code": true, "code_verifier": true}
			if len(poll.form) != len(want) || poll.form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" ||
				poll.form.Get("client_id") != "cli" || poll.form.Get("device_code") != "DC-1" || !i.verified(poll.form) {
				t.Errorf("poll %v", poll.form)
			}
		}
		if want := []time.Duration{5e9, 10e9, 20e9, 30e9}; !slices.Equal(at, want) {
			t.Errorf("polls at %v, want %v", at, want)
		}
		wantSeen(t, i.seen[:3], "GET /.well-known/oauth-authorization-server", "GET /.well-known/openid-configuration", "POST /device/code")
	})
}

func TestDeviceRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meta        map[string]any
		scope, want string // want is the scope that is asked for
		pkce        bool
	}{
		"all":              {nil, "", "openid offline_access", true},
		"own scope":        {nil, "model.completion", "model.completion openid offline_access", true},
		"MiniMax's scope":  {nil, DefaultScope, "openid offline_access", true},
		"no scopes listed": {map[string]any{"scopes_supported": nil}, "", "", true},
		"no OpenID":        {map[string]any{"scopes_supported": []string{"offline_access", "api"}}, "api", "api offline_access", true},
		"scopes no list":   {map[string]any{"scopes_supported": "openid"}, "", "", true},
		"no PKCE":          {map[string]any{"code_challenge_methods_supported": nil}, "", "openid offline_access", false},
		"plain alone":      {map[string]any{"code_challenge_methods_supported": []string{"plain"}}, "", "openid offline_access", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{meta: tc.meta}
			c := standard(i)
			c.Scope = tc.scope
			l := begin(t, c)
			keys := []string{"client_id"}
			if tc.pkce {
				keys = append(keys, "code_challenge", "code_challenge_method")
			}
			if tc.want != "" {
				keys = append(keys, "scope")
			}
			if got := slices.Sorted(maps.Keys(i.asked)); !slices.Equal(got, keys) || i.asked["scope"] != tc.want || l.Scope != tc.want {
				t.Errorf("asked %v, want the fields %q and scope %q", i.asked, keys, tc.want)
			}
			if tc.pkce != i.verified(l.form) || tc.pkce != l.form.Has("code_verifier") {
				t.Errorf("PKCE is %t", !tc.pkce)
			}
		})
	}
}

func TestDeviceAnswers(t *testing.T) {
	t.Parallel()
	without := func(key string) string {
		a, _ := decode([]byte(goodDevice))
		delete(a, key)
		var pairs []any
		for k, v := range a {
			pairs = append(pairs, k, v)
		}
		return object(pairs...)
	}
	for name, tc := range map[string]struct {
		status               int
		body                 string
		code, class, message string // code "" is a login
		interval             time.Duration
		page                 string
	}{
		"no interval":     {200, without("interval"), "", "", "", 5 * time.Second, "?user_code="},
		"interval 1":      {200, strings.Replace(goodDevice, `"interval":5`, `"interval":1`, 1), "", "", "", 2 * time.Second, "?user_code="},
		"interval 30":     {200, strings.Replace(goodDevice, `"interval":5`, `"interval":"30"`, 1), "", "", "", 30 * time.Second, "?user_code="},
		"interval -1":     {200, strings.Replace(goodDevice, `"interval":5`, `"interval":-1`, 1), "", "", "", 5 * time.Second, "?user_code="},
		"no whole page":   {200, without("verification_uri_complete"), "", "", "", 5 * time.Second, "/device"},
		"no device_code":  {200, without("device_code"), CodeAuthorizationIncomplete, "protocol", "without device_code", 0, ""},
		"no user_code":    {200, without("user_code"), CodeAuthorizationIncomplete, "protocol", "without user_code", 0, ""},
		"no page":         {200, without("verification_uri"), CodeAuthorizationIncomplete, "protocol", "without verification_uri", 0, ""},
		"no expires_in":   {200, without("expires_in"), CodeAuthorizationIncomplete, "protocol", "without expires_in", 0, ""},
		"expires never":   {200, strings.Replace(goodDevice, `600`, `"never"`, 1), CodeAuthorizationIncomplete, "protocol", "without expires_in", 0, ""},
		"HTML":            {200, "<html>", CodeAuthorizationFailed, "protocol", "where JSON was expected", 0, ""},
		"nothing":         {200, "", CodeAuthorizationFailed, "protocol", "nothing where JSON", 0, ""},
		"list":            {200, "[]", CodeAuthorizationFailed, "protocol", "where JSON was expected", 0, ""},
		"huge":            {200, `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, CodeAuthorizationFailed, "protocol", "more than 1048576 bytes", 0, ""},
		"200 error":       {200, `{"error":"device_flow_disabled"}`, CodeAuthorizationFailed, "auth_refused", "device_flow_disabled", 0, ""},
		"unknown client":  {401, `{"error":"invalid_client","error_description":"who\u001b[31m?"}`, CodeAuthorizationFailed, "auth_refused", "HTTP 401: invalid_client: who?", 0, ""},
		"unauthorized":    {400, `{"error":"unauthorized_client"}`, CodeAuthorizationFailed, "auth_refused", "unauthorized_client", 0, ""},
		"503":             {503, "", CodeAuthorizationFailed, "server_error", "Service Unavailable", 0, ""},
		"429":             {429, "", CodeAuthorizationFailed, "rate_limit", "HTTP 429", 0, ""},
		"303 is no redir": {303, "", CodeAuthorizationFailed, "protocol", "HTTP 303", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{device: func(w http.ResponseWriter, _ *http.Request) { says(tc.status, tc.body)(w) }}
			l, err := standard(i).Begin(t.Context())
			if tc.code == "" {
				if err != nil || l.Interval != tc.interval || !strings.Contains(l.VerificationURI, tc.page) {
					t.Errorf("every %v at %s: %v", l.Interval, l.VerificationURI, err)
				}
				return
			}
			if e := asError(t, err, tc.code, tc.class); !strings.Contains(e.Message, tc.message) || l.UserCode != "" {
				t.Errorf("message %q lacks %q", e.Message, tc.message)
			}
		})
	}
}

// TestDeviceWait plays the answers to a poll: one that RFC 8628 does not name
// ends the login, and what passes is waited out.
func TestDeviceWait(t *testing.T) {
	t.Parallel()
	ok := canned{status: 200, body: standardToken}
	refused := func(word string) canned { return canned{status: 400, body: `{"error":"` + word + `"}`} }
	for name, tc := range map[string]struct {
		script               []canned
		after                time.Duration
		code, class, message string // code "" is a token
	}{
		"slow_down twice":         {[]canned{refused("slow_down"), refused("slow_down"), ok}, 30 * time.Second, "", "", ""},
		"slow_down stays":         {[]canned{refused("slow_down"), refused("authorization_pending"), ok}, 25 * time.Second, "", "", ""},
		"503":                     {[]canned{{503, "", ""}, ok}, 15 * time.Second, "", "", ""},
		"503 growing":             {[]canned{{503, "", ""}, {503, "", ""}, {503, "", ""}, ok}, 65 * time.Second, "", "", ""},
		"429 waits as told":       {[]canned{{429, "", "Retry-After: 17"}, ok}, 22 * time.Second, "", "", ""},
		"status means nothing":    {[]canned{{200, strings.Replace(standardToken, "{", `{"status":"pending",`, 1), ""}}, 5 * time.Second, "", "", ""},
		"denied":                  {[]canned{refused("access_denied")}, 5 * time.Second, CodeAuthorizationDenied, "auth_refused", "denied"},
		"expired":                 {[]canned{refused("expired_token")}, 5 * time.Second, CodeTimeout, "timeout", "not approved in time"},
		"invalid_grant":           {[]canned{refused("invalid_grant")}, 5 * time.Second, CodeTokenExchangeFailed, "auth_refused", "invalid_grant"},
		"200 with another error":  {[]canned{{200, `{"error":"bad_verification_code"}`, ""}}, 5 * time.Second, CodeTokenExchangeFailed, "auth_refused", "bad_verification_code"},
		"200 with nothing":        {[]canned{{200, "", ""}}, 5 * time.Second, CodeTokenExchangeFailed, "protocol", "nothing where JSON"},
		"200 without a token":     {[]canned{{200, `{"status":"pending"}`, ""}}, 5 * time.Second, CodeTokenIncomplete, "protocol", "without access_token"},
		"HTML":                    {[]canned{{200, "<html>", ""}}, 5 * time.Second, CodeTokenExchangeFailed, "protocol", "where JSON was expected"},
		"no refresh token":        {[]canned{{200, `{"access_token":"A","expires_in":9}`, ""}}, 5 * time.Second, CodeTokenIncomplete, "protocol", "without refresh_token"},
		"no lifetime":             {[]canned{{200, `{"access_token":"AT-1","refresh_token":"R"}`, ""}}, 5 * time.Second, "", "", ""},
		"no answer to the end":    {[]canned{refused("authorization_pending")}, 600 * time.Second, CodeTimeout, "timeout", "not approved in time"},
		"the code is not quoted":  {[]canned{{400, `{"error":"no DC-1 here"}`, ""}}, 5 * time.Second, CodeTokenExchangeFailed, "auth_refused", "no *** here"},
		"redirect to the side":    {[]canned{{307, "", "Location: https://api.minimax.io/oauth/token"}}, 5 * time.Second, CodeTokenExchangeFailed, "protocol", "another server's"},
		"redirect below the host": {[]canned{{308, "", "Location: /token"}, ok}, 5 * time.Second, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				i.script = tc.script
				c := standard(i)
				l := begin(t, c)
				start := time.Now()
				token, err := c.Wait(t.Context(), l)
				if took := time.Since(start); took != tc.after {
					t.Errorf("took %v, want %v", took, tc.after)
				}
				if tc.code == "" {
					if err != nil || token.AccessToken != "AT-1" {
						t.Errorf("no token: %v", err)
					}
					return
				}
				if e := asError(t, err, tc.code, tc.class); !strings.Contains(e.Message, tc.message) || strings.Contains(e.Message, "DC-1") {
					t.Errorf("message %q lacks %q", e.Message, tc.message)
				}
			})
		})
	}
}

func TestDeviceWaitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{device: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Replace(goodDevice, "600", "3", 1))
		}}
		c := standard(i)
		l := begin(t, c)
		start := time.Now()
		_, err := c.Wait(t.Context(), l)
		if e := asError(t, err, CodeTimeout, "timeout"); time.Since(start) != 3*time.Second || strings.Contains(e.Message, "clock") || len(i.requests) != 0 {
			t.Errorf("after %v and %d polls: %s", time.Since(start), len(i.requests), e.Message)
		}
		why := errors.New("interrupt")
		if _, err := c.Wait(cancelled(t, why), Login{TokenEndpoint: l.TokenEndpoint, Expires: time.Now().Add(time.Hour)}); err != why {
			t.Errorf("cancelled in the first wait: %v", err)
		}
	})
}

// TestDeviceRefresh renews at the endpoint of the login, which no one but the
// portal may name.
func TestDeviceRefresh(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		portal, endpoint, class, message string // class "" is a renewal
	}{
		"own":             {"https://id.example.test", "https://id.example.test/token", "", ""},
		"query":           {"https://id.example.test/realm", "https://ID.example.test:443/token?v=2", "", ""},
		"loopback":        {"http://127.0.0.1:7", "http://127.0.0.1:7/token", "", ""},
		"MiniMax":         {"https://api.minimax.io", "https://api.minimax.io/token", "", ""},
		"other host":      {"https://api.minimax.io", "https://evil.test/token", "config", "not one of the portal"},
		"other port":      {"https://id.example.test", "https://id.example.test:8443/token", "config", "not one of the portal"},
		"to http":         {"https://id.example.test", "http://id.example.test/token", "config", "not one of the portal"},
		"plain http":      {"http://id.example.test", "http://id.example.test/token", "config", "only https"},
		"userinfo":        {"https://id.example.test", "https://me@id.example.test/token", "config", "not one of the portal"},
		"relative":        {"https://id.example.test", "/token", "config", "not one of the portal"},
		"no URL":          {"https://id.example.test", "https://\x1b:y", "config", "not a URL"},
		"other loopback":  {"http://127.0.0.1:7", "http://127.0.0.1:8/token", "config", "not one of the portal"},
		"no endpoint":     {"https://id.example.test", "", "config", "not a host"},
		"loopback's name": {"http://127.0.0.1:7", "http://localhost:7/token", "config", "not one of the portal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{}
			i.script = []canned{{status: 200, body: standardToken}}
			c := &Client{Portal: tc.portal, ClientID: "cli", TokenEndpoint: tc.endpoint, Transport: inMemory{i}}
			raw, err := c.Refresh(t.Context(), "RT-0")
			if tc.class == "" {
				token, perr := c.ParseToken(raw, time.Now())
				if err != nil || perr != nil || token.RefreshToken != "RT-1" || len(i.requests[0].form) != 3 || i.requests[0].form.Get("client_id") != "cli" {
					t.Errorf("%v, %v, %v", err, perr, i.requests)
				}
				return
			}
			if e := asError(t, err, CodeRefreshFailed, tc.class); !strings.Contains(e.Message, tc.message) || len(i.seen) != 0 || e.Sent {
				t.Errorf("after %q: %q lacks %q", i.seen, e.Message, tc.message)
			}
		})
	}
}

// TestDeviceParseToken: a status, which OAuth does not know, decides nothing.
func TestDeviceParseToken(t *testing.T) {
	t.Parallel()
	c := &Client{Portal: "https://id.example.test", TokenEndpoint: "https://id.example.test/token"}
	for raw, want := range map[string]string{ // "" is a token
		`{"access_token":"A","expires_in":9}`:                  "",
		`{"status":"ok","access_token":"A","expires_in":9}`:    "",
		`{"status":200,"access_token":"A","expires_in":9}`:     "",
		`{"status":"success","expires_in":9}`:                  "without access_token",
		`{"error":"invalid_grant"}`:                            "does not renew the login",
		`{"error":"invalid_grant","access_token":"A"}`:         "does not renew the login",
		`{"base_resp":{"status_code":1004},"access_token":""}`: "does not renew the login",
	} {
		token, err := c.ParseToken([]byte(raw), time.Now())
		if want == "" && (err != nil || token.AccessToken != "A") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}
