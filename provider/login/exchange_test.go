package login

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"hermes/authfile"
	"hermes/provider/oauth"
)

func TestExchangePost(t *testing.T) {
	t.Parallel()
	p := &portal{token: always(200, "the whole body")}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	e := authfile.Entry{PortalBaseURL: srv.URL, ClientID: "stored-client", RefreshToken: "OLD-RT"}
	raw, err := Exchange(*oauth.MiniMax(), nil).Post(t.Context(), e)
	if err != nil || string(raw) != "the whole body" {
		t.Fatalf("%q, %v", raw, err)
	}
	if got := p.forms[0].Encode(); got != "client_id=stored-client&grant_type=refresh_token&refresh_token=OLD-RT" {
		t.Errorf("form %s", got)
	}
	used := false
	_, err = Exchange(*oauth.MiniMax(), transport(func(r *http.Request) (*http.Response, error) {
		used = true
		return nil, errors.New("no network")
	})).Post(t.Context(), e)
	if err == nil || !used {
		t.Errorf("the transport was not used: %v", err)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestExchangeOutcomes(t *testing.T) {
	t.Parallel()
	inner := func(code int) object {
		return object{"status": "error", "base_resp": object{"status_code": code, "status_msg": "so it is"}}
	}
	for name, tc := range map[string]struct {
		status  int
		doc     any
		want    authfile.Outcome
		class   string
		message string
	}{
		"invalid_grant":      {400, object{"error": "invalid_grant"}, authfile.Refused, "reauth_required", "invalid_grant"},
		"reused":             {400, "refresh_token_reused", authfile.Refused, "reauth_required", "refresh_token_reused"},
		"401 JSON":           {401, inner(1004), authfile.Refused, "reauth_required", "so it is"},
		"200 refused":        {200, inner(1004), authfile.Refused, "reauth_required", "so it is"},
		"200 status error":   {200, object{"status": "error"}, authfile.Refused, "reauth_required", `{"status":"error"}`},
		"429":                {429, "slow", authfile.Transient, "rate_limit", "slow"},
		"503":                {503, "down", authfile.Transient, "server_error", "down"},
		"200 rate limit":     {200, inner(1002), authfile.Transient, "rate_limit", "so it is"},
		"200 internal":       {200, inner(1033), authfile.Unknown, "server_error", "so it is"},
		"500":                {500, "oops", authfile.Unknown, "server_error", "oops"},
		"529":                {529, "busy", authfile.Unknown, "overloaded", "busy"},
		"200 page":           {200, "<html>", authfile.Unknown, "protocol", "where JSON was expected"},
		"200 without fields": {200, object{"status": "success"}, authfile.Unknown, "protocol", "access_token"},
		"invalid_client":     {401, object{"error": "invalid_client"}, authfile.Misconfigured, "auth_refused", "invalid_client"},
		"404":                {404, "", authfile.Misconfigured, "auth_refused", "Not Found"},
		"403 page":           {403, "firewall", authfile.Misconfigured, "auth_refused", "firewall"},
		"302":                {302, "", authfile.Misconfigured, "protocol", "Found"},
		"403 tier":           {403, object{"error": "tier"}, authfile.Denied, "billing", "tier"},
		"balance":            {500, inner(1008), authfile.Denied, "billing", "so it is"},
		"plan window":        {200, inner(2056), authfile.Denied, "quota", "so it is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(&portal{token: always(tc.status, tc.doc)})
			t.Cleanup(srv.Close)
			e := authfile.Entry{PortalBaseURL: srv.URL, RefreshToken: "OLD-RT"}
			x := Exchange(*oauth.MiniMax(), nil)
			raw, err := x.Post(t.Context(), e)
			if err == nil {
				_, err = x.Parse(e, raw, time.Now())
			}
			p := asPostError(t, err)
			if p.Outcome != tc.want || p.Class() != tc.class || p.Code != oauth.CodeRefreshFailed {
				t.Errorf("outcome %v class %s code %s: %v", p.Outcome, p.Class(), p.Code, p)
			}
			wantText(t, "message", p.Message, tc.message)
		})
	}
}

func asPostError(t *testing.T, err error) *authfile.PostError {
	t.Helper()
	var p *authfile.PostError
	if !errors.As(err, &p) {
		t.Fatalf("err = %v (%T), want a *PostError", err, err)
	}
	return p
}

func TestExchangeSendsNothing(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	for name, tc := range map[string]struct {
		portal, token string
		want          authfile.Outcome
		class         string
	}{
		"no portal":        {"", "RT", authfile.Misconfigured, "reauth_required"},
		"foreign portal":   {"https://evil.test", "RT", authfile.Misconfigured, "config"},
		"plain http":       {"http://api.minimax.io", "RT", authfile.Misconfigured, "config"},
		"no refresh token": {"https://api.minimax.io", "", authfile.Refused, "reauth_required"},
		"nobody listens":   {"http://" + nobody.Addr().String(), "RT", authfile.NotSent, "network"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rt http.RoundTripper = transport(func(*http.Request) (*http.Response, error) {
				t.Error("a request was sent")
				return nil, errors.New("no")
			})
			if tc.want == authfile.NotSent {
				rt = nil
			}
			_, err := Exchange(*oauth.MiniMax(), rt).Post(t.Context(), authfile.Entry{PortalBaseURL: tc.portal, RefreshToken: tc.token})
			if p := asPostError(t, err); p.Outcome != tc.want || p.Class() != tc.class {
				t.Errorf("outcome %v class %s: %v", p.Outcome, p.Class(), p)
			}
		})
	}
}

func TestExchangeParse(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 15, 30, 53, 0, time.UTC)
	resource := "https://kept.example"
	old := authfile.Entry{
		Provider: "minimax-cn", Region: "cn", PortalBaseURL: "https://api.minimaxi.com", InferenceBaseURL: "i", ClientID: "c", Scope: "s",
		TokenType: "Bearer", AccessToken: "OLD-AT", RefreshToken: "OLD-RT", ResourceURL: &resource, ExpiresIn: 1,
	}
	want := old
	want.AccessToken, want.ObtainedAt, want.ExpiresAt, want.ExpiresIn = "NEW-AT", at, at.Add(2*time.Hour), 7200
	got, err := Exchange(*oauth.MiniMax(), nil).Parse(old, []byte(`{"status":"success","access_token":"NEW-AT","expired_in":7200,"token_type":"other","resource_url":"x"}`), at)
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	want.RefreshToken = "NEW-RT"
	got, err = Exchange(*oauth.MiniMax(), nil).Parse(old, []byte(`{"status":"success","access_token":"NEW-AT","refresh_token":"NEW-RT","expired_in":7200}`), at)
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}
