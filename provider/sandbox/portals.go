package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// portal is a login server that is not MiniMax's. What it does stands below /NAME: RFC 8628, but for its endpoints, the
// header of a renewal and the claims of its access tokens, which are JWTs. Codex's is told in codex.go.
// Source: logins §1 to §4.
type portal struct {
	name, client  string
	device, token string // paths
	header        string // that carries the refresh token of a renewal, "" for the form
	claims        obj
}

func portals() []portal {
	return []portal{
		{
			name: "xai", client: "b1a00492-073a-47ea-816f-4c329264a828", device: "/oauth2/device/code", token: "/oauth2/token",
			claims: obj{"email": "one@sandbox.invalid"},
		},
		{
			name: "nous", client: "hermes-cli", device: "/api/oauth/device/code", token: "/api/oauth/token", header: "X-Nous-Refresh-Token",
			claims: obj{"scope": "inference:invoke"},
		},
		{name: "qwen", client: "f0304373b74a44d2b584a3fb70ca9e56", token: "/api/v1/oauth2/token"},
		{
			name: "codex", client: "app_EMoamEEZ73f0CkXaXp7hrann", token: "/oauth/token",
			claims: obj{"https://api.openai.com/auth": obj{"chatgpt_account_id": "acct-sandbox"}},
		},
	}
}

// portalRoutes are the endpoints of the portals, and of the inference below them.
func (s *Server) portalRoutes(t map[string]route) {
	for _, p := range portals() {
		base := "/" + p.name
		if p.device != "" {
			t[base+p.device] = route{http.MethodPost, scopeCode, chat{}, func(c *call) { p.begin(c) }}
		}
		t[base+p.token] = route{http.MethodPost, scopeToken, chat{}, func(c *call) { p.answer(c) }}
		t[base+"/v1/chat/completions"] = route{http.MethodPost, scopeChat, chat{}, s.ask}
		t[base+"/v1/responses"] = route{http.MethodPost, scopeResponses, responses{}, s.ask}
		t[base+"/v1/messages"] = route{http.MethodPost, scopeAnthropic, anthropic{}, s.ask}
		t[base+"/v1/models"] = route{http.MethodGet, scopeModels, chat{}, s.models}
	}
	s.codexRoutes(t)
}

// begin starts a login: POST form client_id, scope.
func (p portal) begin(c *call) {
	f := c.form()
	if f.Get("client_id") != p.client || f.Get("scope") == "" {
		c.word(http.StatusBadRequest, "invalid_client", "client_id is not that of this portal, or scope is missing")
		return
	}
	code, expires := c.s.ledger.newCode(p.client, "")
	page := c.s.portal(c.r) + approvePath
	c.json(http.StatusOK, obj{
		"device_code": "sbx-device-" + code, "user_code": code, "verification_uri": page,
		"verification_uri_complete": page + "?user_code=" + url.QueryEscape(code),
		"expires_in":                int(expires.Sub(c.s.now()).Seconds()), "interval": max(1, int(c.s.opts.PollInterval.Seconds())),
	})
}

// answer is the token endpoint: polls and renewals.
func (p portal) answer(c *call) {
	f := c.form()
	var got *pair
	err := p.badToken(c, f)
	switch {
	case err != nil:
	case f.Get("grant_type") == "refresh_token":
		token := f.Get("refresh_token")
		if p.header != "" {
			token = c.r.Header.Get(p.header)
		}
		got, err = c.s.ledger.renew(p.client, token, c.faults.has("no-rotation"))
	case f.Get("grant_type") == "authorization_code":
		got, err = c.s.ledger.poll(p.client, strings.TrimPrefix(f.Get("code"), "sbx-code-"), f.Get("code_verifier"), false, p.claims)
	default:
		got, err = c.s.ledger.poll(p.client, strings.TrimPrefix(f.Get("device_code"), "sbx-device-"), "", c.faults.has("pending"), p.claims)
	}
	if c.faults.has("lost-answer") && got != nil {
		c.abort()
	}
	c.sleep(c.faults.dur("slow-token"))
	p.finish(c, got, err)
}

// badToken is what is wrong with a request for tokens, or what a fault makes of it.
func (p portal) badToken(c *call, f url.Values) error {
	grant := f.Get("grant_type")
	switch {
	case c.faults.has("invalid-grant"):
		return &refusal{"invalid_grant", "as asked"}
	case c.faults.has("oauth-error"):
		return &refusal{c.faults.text("oauth-error"), "as asked"}
	case f.Get("client_id") != p.client:
		return &refusal{"invalid_client", "client_id is not that of this portal"}
	case grant != "refresh_token" && grant != "authorization_code" && grant != "urn:ietf:params:oauth:grant-type:device_code":
		return &refusal{"unsupported_grant_type", "grant_type is not known"}
	case p.header != "" && f.Has("refresh_token"):
		return &refusal{"invalid_request", "the refresh token goes into a header"}
	}
	return nil
}

// finish writes the tokens, or why there are none, in OAuth's words.
func (p portal) finish(c *call, got *pair, err error) {
	switch {
	case err != nil:
		word, message, _ := strings.Cut(err.Error(), ": ")
		if own := map[string]string{"denied": "access_denied", "expired": "expired_token"}[word]; own != "" {
			word = own
		}
		if message == "refresh_token_reused" {
			word = message
		}
		c.word(http.StatusBadRequest, word, message)
	case got == nil:
		c.word(http.StatusBadRequest, "authorization_pending", "nobody has decided yet")
	default:
		o := p.tokens(c.s, got)
		delete(o, c.faults.text("without"))
		c.json(http.StatusOK, o)
	}
}

func (p portal) tokens(s *Server, got *pair) obj {
	o := obj{"access_token": got.access, "token_type": "Bearer", "expires_in": int(got.expires.Sub(s.now()).Seconds())}
	if got.refresh != "" {
		o["refresh_token"] = got.refresh
	}
	return o
}

// word is an error of RFC 6749.
func (c *call) word(status int, word, message string) {
	c.json(status, obj{"error": word, "error_description": message})
}

// jwt is a token without a signature, with an expiry and these claims.
func jwt(claims obj, expires int64, mark string) string {
	all := maps.Clone(claims)
	all["exp"] = expires
	body, _ := json.Marshal(all) // texts and numbers always encode
	return base64URL([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + base64URL(body) + "." + mark
}
