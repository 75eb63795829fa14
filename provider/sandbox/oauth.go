package sandbox

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// userCodeGrant is MiniMax's own grant type, not RFC 8628's (facts:
// hermes-agent §1.1).
const userCodeGrant = "urn:ietf:params:oauth:grant-type:user_code"

// oldCode and oldToken are the paths that MiniMax redirects by now.
func (s *Server) oldCode(c *call) {
	if !c.moved("/oauth2/device/code") {
		s.code(c)
	}
}

func (s *Server) oldToken(c *call) {
	if !c.moved("/oauth2/token") {
		s.token(c)
	}
}

func (c *call) moved(path string) bool {
	if !c.s.opts.RedirectOAuth {
		return false
	}
	c.s.mu.Lock()
	base := c.s.auth
	c.s.mu.Unlock()
	c.w.Header().Set("Location", base+path)
	c.plain(http.StatusTemporaryRedirect, "text/plain; charset=utf-8", nil)
	return true
}

// form is the body's fields; no field of a body that is no form.
func (c *call) form() url.Values {
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		return url.Values{}
	}
	v, err := url.ParseQuery(string(c.body))
	if err != nil {
		return url.Values{}
	}
	return v
}

// code starts a login: POST form response_type, client_id, scope,
// code_challenge, code_challenge_method, state.
func (s *Server) code(c *call) {
	f := c.form()
	if bad := badCodeRequest(f); bad != "" {
		c.oauthFail(http.StatusBadRequest, "invalid_request", bad)
		return
	}
	code, expires := s.ledger.newCode(f.Get("client_id"), f.Get("code_challenge"))
	state := f.Get("state")
	if c.faults.has("wrong-state") {
		state = "another-" + state
	}
	base := s.portal(c.r)
	o := obj{
		"user_code":        code,
		"verification_uri": base + approvePath + "?user_code=" + url.QueryEscape(code),
		"expired_in":       s.expiredIn(expires),
		"interval":         s.opts.PollInterval.Milliseconds(),
		"state":            state,
		"base_resp":        obj{"status_code": 0, "status_msg": "success"},
	}
	delete(o, c.faults.text("without"))
	c.json(http.StatusOK, o)
}

func badCodeRequest(f url.Values) string {
	switch {
	case len(f) == 0:
		return "the body is not a form"
	case f.Get("response_type") != "code":
		return "response_type is not code"
	case f.Get("client_id") == "":
		return "client_id is missing"
	case f.Get("scope") == "":
		return "scope is missing"
	case f.Get("state") == "":
		return "state is missing"
	case f.Get("code_challenge_method") != "S256":
		return "code_challenge_method is not S256"
	case len(f.Get("code_challenge")) != 43:
		return "code_challenge is not a base64url SHA-256"
	}
	return ""
}

// token answers polls and refreshes.
func (s *Server) token(c *call) {
	f := c.form()
	var p *pair
	var err error
	switch grant := f.Get("grant_type"); {
	case c.faults.has("invalid-grant"):
		err = &refusal{"invalid_grant", "invalid_refresh_token"}
	case c.faults.has("oauth-error"):
		err = &refusal{c.faults.text("oauth-error"), "as asked"}
	case f.Get("client_id") == "":
		err = &refusal{"invalid_client", "client_id is missing"}
	case grant == userCodeGrant:
		p, err = s.ledger.poll(f.Get("client_id"), f.Get("user_code"), f.Get("code_verifier"), c.faults.has("pending"), nil)
	case grant == "refresh_token":
		p, err = s.ledger.renew(f.Get("client_id"), f.Get("refresh_token"), c.faults.has("no-rotation"))
	default:
		err = &refusal{"unsupported_grant_type", "grant_type is not known"}
	}
	if c.faults.has("lost-answer") && p != nil {
		c.abort()
	}
	c.sleep(c.faults.dur("slow-token"))
	c.tokenAnswer(p, err)
}

func (c *call) tokenAnswer(p *pair, err error) {
	if err != nil {
		c.refused(err)
		return
	}
	if p == nil {
		c.json(http.StatusOK, obj{"status": "pending", "base_resp": obj{"status_code": 0, "status_msg": "success"}})
		return
	}
	o := c.s.success(p, c.s.portal(c.r))
	delete(o, c.faults.text("without"))
	c.json(http.StatusOK, o)
}

// refused maps a refusal to the wire: a login that cannot succeed any more is
// a 200 with status error, everything else a 400.
func (c *call) refused(err error) {
	code, message, _ := strings.Cut(err.Error(), ": ")
	if code == "denied" || code == "expired" {
		c.json(http.StatusOK, obj{"status": "error", "base_resp": obj{"status_code": 1004, "status_msg": message}})
		return
	}
	c.oauthFail(http.StatusBadRequest, code, message)
}

// success is the whole answer of the token endpoint.
func (s *Server) success(p *pair, portal string) obj {
	o := obj{
		"status": "success", "access_token": p.access, "expired_in": s.expiredIn(p.expires),
		"token_type": "Bearer", "resource_url": portal + "/anthropic",
		"notification_message": "sandbox login, no account was used",
		"base_resp":            obj{"status_code": 0, "status_msg": "success"},
	}
	if p.refresh != "" {
		o["refresh_token"] = p.refresh
	}
	return o
}

// expiredIn writes an expiry in the encoding that was asked for.
func (s *Server) expiredIn(at time.Time) int64 {
	switch s.opts.ExpiresIn {
	case "s":
		return int64(at.Sub(s.now()).Round(time.Second) / time.Second)
	case "epoch-s":
		return at.Unix()
	}
	return at.UnixMilli()
}

// oauthFail is an error of the authorisation endpoints: clients read
// base_resp.status_msg, and look for OAuth's words anywhere in the body.
func (c *call) oauthFail(status int, code, message string) {
	c.json(status, obj{
		"error": code, "error_description": message,
		"base_resp": obj{"status_code": statusCode(status), "status_msg": code + ": " + message},
	})
}

// portal is the base URL that people and inference are sent to.
func (s *Server) portal(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url != "" {
		return s.url
	}
	return "http://" + r.Host
}

// Login issues a grant as a finished login would and returns the token
// endpoint's whole answer, so that a test can write auth.json without the
// dance. clientID must be the one that later refreshes.
func (s *Server) Login(clientID string) []byte {
	s.mu.Lock()
	portal := s.url
	s.mu.Unlock()
	return encode(s.success(s.ledger.issue(clientID, nil), portal))
}

// login is the same over HTTP: POST form client_id, or portal for that of one with a name.
func (s *Server) login(c *call) {
	for _, p := range portals() {
		if p.name == c.form().Get("portal") {
			c.json(http.StatusOK, p.tokens(s, s.ledger.issue(p.client, p.claims)))
			return
		}
	}
	client := c.form().Get("client_id")
	if client == "" {
		c.oauthFail(http.StatusBadRequest, "invalid_request", "client_id is missing")
		return
	}
	c.json(http.StatusOK, s.success(s.ledger.issue(client, nil), s.portal(c.r)))
}
