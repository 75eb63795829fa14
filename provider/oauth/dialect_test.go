package oauth

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// issuers are those with a dialect.
func issuers() map[string]Issuer {
	return map[string]Issuer{"xai": *XAI(), "nous": *Nous(), "codex": *Codex(), "qwen": *Qwen()}
}

// A login goes to the hosts of its issuer and to this machine, whatever client ID it is for; nowhere else, not even for a client
// ID of one's own.
func TestDialectHosts(t *testing.T) {
	t.Parallel()
	for name, i := range issuers() {
		for portal, good := range map[string]bool{
			i.Portal: true, "http://127.0.0.1:1/" + name: true, "https://id.example": false, "http://" + i.Portal[len("https://"):]: false,
			"https://api.minimax.io": false, i.Portal + ".evil.example": false,
		} {
			at := i.At(portal)
			c := at.Client(nil)
			if err := c.CheckPortal(); (err == nil) != good {
				t.Errorf("%s at %s: %v", name, portal, err)
			}
			c.ClientID = "my-own"
			if r := c.token(""); (r.err == nil) != good {
				t.Errorf("%s at %s: %v", name, portal, r.err)
			}
		}
	}
}

// A token endpoint out of a store belongs to the portal, or for xAI to its domain.
func TestStoredTokenEndpoint(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		at       Issuer
		endpoint string
		good     bool
	}{
		{*XAI(), "https://auth.x.ai/oauth2/token", true},
		{*XAI(), "https://id.x.ai/token", true},
		{*XAI(), "https://x.ai/token", true},
		{*XAI(), "http://id.x.ai/token", false},
		{*XAI(), "https://id.x.ai:8443/token", false},
		{*XAI(), "https://evilx.ai/token", false},
		{*XAI(), "https://x.ai.evil.example/token", false},
		{*Nous(), "https://portal.nousresearch.com/other", true},
		{*Nous(), "https://inference-api.nousresearch.com/token", false},
		{XAI().At("http://127.0.0.1:1"), "https://auth.x.ai/oauth2/token", false},
	} {
		c := tc.at.Client(nil)
		if r := c.token(tc.endpoint); (r.err == nil) != tc.good {
			t.Errorf("%s: %v", tc.endpoint, r.err)
		}
	}
}

// What each portal may answer to a renewal, and what becomes of the grant: over, or kept with a class that says why.
func TestDialectRefusals(t *testing.T) {
	t.Parallel()
	type answer struct {
		status int
		body   string
		header string
	}
	for _, tc := range []struct {
		answer
		over  string // names of the issuers at which the grant is over then
		class string // at the others
	}{
		{answer{400, `{"error":"invalid_grant"}`, ""}, "xai nous codex qwen", ""},
		{answer{401, `{"error":{"message":"m","type":"invalid_request_error","code":"refresh_token_reused"}}`, ""}, "xai nous codex qwen", ""},
		{answer{401, `{"error":"unauthorized"}`, ""}, "xai", "auth_refused"},
		{answer{400, `{"error":"invalid_client"}`, ""}, "", "auth_refused"},
		{answer{429, `{"error":"invalid_grant"}`, ""}, "", "rate_limit"},
		{answer{500, `{"error":"server_error"}`, ""}, "", "server_error"},
		{answer{502, `<html>`, ""}, "", "server_error"},
		{answer{401, `<html>`, ""}, "", "auth_refused"},
		{answer{403, `<html>challenge`, "Cf-Mitigated"}, "", "auth_refused"},
		{answer{200, `<html>`, ""}, "", "protocol"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if tc.header != "" {
				w.Header().Set(tc.header, "challenge")
			}
			w.WriteHeader(tc.status)
			_, _ = io.WriteString(w, tc.body)
		}))
		for name, i := range issuers() {
			at := i.At(srv.URL)
			c := at.Client(nil)
			raw, err := c.Refresh(t.Context(), "RT")
			if err == nil {
				_, err = c.ParseToken(raw, time.Now())
			}
			e, ok := err.(*Error)
			if !ok {
				t.Fatalf("%s: %v", name, err)
			}
			over := slices.Contains(strings.Fields(tc.over), name)
			if e.Terminal != over || !over && e.Class() != tc.class && !(name == "xai" && tc.status == 403 && e.Class() == "billing") {
				t.Errorf("%s, %d %s: over %v, %s", name, tc.status, tc.body, e.Terminal, e.Class())
			}
		}
		srv.Close()
	}
}

// What a renewal sends, by dialect: Nous's token is in a header and not in the form.
func TestDialectRenewals(t *testing.T) {
	t.Parallel()
	for name, i := range issuers() {
		var form url.Values
		var header http.Header
		var path string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			form, header, path = r.PostForm, r.Header, r.URL.Path
			_, _ = io.WriteString(w, `{"access_token":"AT","expires_in":60}`)
		}))
		at := i.At(srv.URL)
		c := at.Client(nil)
		raw, err := c.Refresh(t.Context(), "RT")
		if err != nil {
			t.Fatal(err)
		}
		token, err := c.ParseToken(raw, time.Now())
		inHeader := header.Get("X-Nous-Refresh-Token")
		if err != nil || token.AccessToken != "AT" || path != i.Dialect.Token || form.Get("client_id") != i.ClientID || header.Get("User-Agent") != "hermes" {
			t.Errorf("%s: %v %s %v %v", name, err, path, form, header)
		}
		if want := map[bool]string{true: " RT", false: "RT "}[name == "nous"]; form.Get("refresh_token")+" "+inHeader != want {
			t.Errorf("%s: %q %q", name, form.Get("refresh_token"), inHeader)
		}
		srv.Close()
	}
}
