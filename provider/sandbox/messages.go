package sandbox

import (
	"net/http"
)

// ask answers a question on the call's wire.
func (s *Server) ask(c *call) {
	if s.cassette != nil {
		s.replay(c)
		return
	}
	if !c.authorize(c.wire.places()) {
		return
	}
	q, bad := c.wire.read(c)
	if q != nil {
		c.model, c.stream = q.model, q.stream
	}
	if bad != nil {
		c.deny(*bad)
		return
	}
	a := s.script.find(q, c.r.Header)
	if a != nil && !c.follow(a) {
		return
	}
	r := c.reply(q, a)
	s.spend(r.usage.InputTokens + r.usage.OutputTokens)
	c.release(q)
	said := &answer{q: q, r: r, id: c.id, faults: c.faults}
	if q.stream && !c.faults.has("json-200") {
		c.streamReply(said)
		return
	}
	c.json(http.StatusOK, c.wire.document(said))
}

// follow takes over what a scripted answer says besides its content: faults,
// unless the request named its own, and a response that is no model's. False
// means that the call is over.
func (c *call) follow(a *rule) bool {
	c.answer = a.name
	if len(a.faults) > 0 && !c.ownPick {
		c.faults = c.s.take(a.name, c.scope, a.faults, true)
		c.s.counted(c.faults)
		if !c.early() {
			return false
		}
	}
	for name, value := range a.Headers {
		c.w.Header().Set(name, value)
	}
	switch {
	case a.Body != "":
		c.plain(orOK(a.Status), kindOf(a.Body), []byte(a.Body))
	case a.Status != 0 && a.Status != http.StatusOK:
		c.retryAfter()
		c.statusFault(a.Status, c.faults.num("code", 0))
	default:
		return true
	}
	return false
}

func orOK(status int) int {
	if status == 0 {
		return http.StatusOK
	}
	return status
}

// kindOf guesses the content type of a scripted body.
func kindOf(body string) string {
	if body[0] == '{' || body[0] == '[' {
		return "application/json; charset=utf-8"
	}
	return http.DetectContentType([]byte(body))
}
