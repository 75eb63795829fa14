package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
)

const codexPage = "/codex/codex/device"

func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// codexRoutes are what only Codex's portal and its inference do: a login begins and is polled in JSON, and the approved
// poll brings a code with the verifier that this server made for it.
func (s *Server) codexRoutes(t map[string]route) {
	t["/codex/api/accounts/deviceauth/usercode"] = route{http.MethodPost, scopeCode, chat{}, codexBegin}
	t["/codex/api/accounts/deviceauth/token"] = route{http.MethodPost, scopeToken, chat{}, codexPoll}
	t[codexPage] = route{"", "", chat{}, s.approve}
	t["/codex/backend-api/codex/responses"] = route{http.MethodPost, scopeResponses, responses{}, s.askCodex}
}

func (c *call) fields() map[string]string {
	all := map[string]string{}
	_ = json.Unmarshal(c.body, &all) // a body that is none has no fields
	return all
}

func codexBegin(c *call) {
	client := c.fields()["client_id"]
	if client == "" {
		c.word(http.StatusBadRequest, "invalid_client", "client_id is missing")
		return
	}
	code, _ := c.s.ledger.newCode(client, "")
	c.s.ledger.challenge(code, pkceOf(verifierOf(code)))
	c.json(http.StatusOK, obj{"user_code": code, "device_auth_id": "sbx-device-" + code, "interval": "3"})
}

func codexPoll(c *call) {
	f := c.fields()
	if c.faults.has("oauth-error") {
		c.word(http.StatusBadRequest, c.faults.text("oauth-error"), "as asked")
		return
	}
	code := f["user_code"]
	verdict := c.s.ledger.verdict(code)
	switch {
	case f["device_auth_id"] != "sbx-device-"+code || verdict == "deny":
		c.word(http.StatusBadRequest, "access_denied", "the login was denied")
	case verdict != "approve" || c.faults.has("pending"):
		c.word(http.StatusForbidden, "authorization_pending", "nobody has decided yet")
	default:
		c.json(http.StatusOK, obj{"authorization_code": "sbx-code-" + code, "code_verifier": verifierOf(code), "code_challenge": pkceOf(verifierOf(code))})
	}
}

// askCodex holds what the server wants of a request beside what the API does.
func (s *Server) askCodex(c *call) {
	var q struct {
		Instructions string
		Store        *bool
		Stream       bool
		Limit        *int `json:"max_output_tokens"`
	}
	_ = json.Unmarshal(c.body, &q) // what is no JSON is refused by the API
	switch {
	case c.r.Header.Get("Chatgpt-Account-Id") == "":
		c.fail(http.StatusBadRequest, 2013, "ChatGPT-Account-ID is missing")
	case q.Instructions == "":
		c.fail(http.StatusBadRequest, 2013, "Instructions are required")
	case q.Store == nil || *q.Store:
		c.fail(http.StatusBadRequest, 2013, "Store must be set to false")
	case !q.Stream:
		c.fail(http.StatusBadRequest, 2013, "Stream must be set to true")
	case q.Limit != nil:
		c.fail(http.StatusBadRequest, 2013, "Unsupported parameter: max_output_tokens")
	default:
		s.ask(c)
	}
}

func verifierOf(code string) string { return "sbx-verifier-of-" + code + "-0123456789012345678901234" }
