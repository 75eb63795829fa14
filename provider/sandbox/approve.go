package sandbox

import (
	"html"
	"net/http"
)

const approvePath = "/oauth-authorize"

// approve is the page at the verification URI. GET shows a form; POST with
// user_code and action=approve or action=deny decides, from the form or a
// script.
func (s *Server) approve(c *call) {
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		s.showApproval(c, c.r.URL.Query().Get("user_code"))
	case http.MethodPost:
		s.decide(c)
	default:
		c.w.Header().Set("Allow", "GET, POST")
		c.html(http.StatusMethodNotAllowed, "405 Not Allowed")
	}
}

func (s *Server) showApproval(c *call, code string) {
	if code != "" && !s.ledger.waits(code) {
		c.page(http.StatusNotFound, "<p>No login waits for this code. It is unknown, used or expired.</p>")
		return
	}
	field := `<input type="hidden" name="user_code" value="` + html.EscapeString(code) + `"><p>Code <b>` +
		html.EscapeString(code) + `</b> asks to log in.</p>`
	if code == "" {
		field = `<p><label>Code <input name="user_code" required autofocus></label></p>`
	}
	c.page(http.StatusOK, `<form method="post" action="`+approvePath+`">`+field+
		`<button name="action" value="approve">Approve</button>
<button name="action" value="deny">Deny</button></form>`)
}

func (s *Server) decide(c *call) {
	f := c.form()
	action := f.Get("action")
	if action != "approve" && action != "deny" {
		c.page(http.StatusBadRequest, "<p>The action is approve or deny.</p>")
		return
	}
	if !s.ledger.decide(f.Get("user_code"), action) {
		c.page(http.StatusNotFound, "<p>No login waits for this code. It is unknown, used or expired.</p>")
		return
	}
	verdict := map[string]string{"approve": "approved", "deny": "denied"}[action]
	c.page(http.StatusOK, "<p>Login "+verdict+". You can close this page.</p>")
}

func (c *call) page(status int, body string) {
	c.plain(status, "text/html; charset=utf-8", []byte(
		"<!doctype html><html lang=en><meta charset=utf-8><title>Sandbox login</title><body>\n"+
			"<h1>Sandbox login</h1>\n"+body+"\n<p>This is a local stand-in. No account is touched.</p></body></html>\n"))
}
