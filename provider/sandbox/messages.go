package sandbox

import (
	"net/http"
)

// messages answers POST …/v1/messages.
func (s *Server) messages(c *call) {
	if s.cassette != nil {
		s.replay(c)
		return
	}
	if !c.authorize() {
		return
	}
	q, err := parseRequest(c.body)
	if err != nil {
		c.fail(http.StatusBadRequest, 2013, "invalid params, "+err.Error())
		return
	}
	c.model, c.stream = q.Model, q.Stream
	q.wide = c.faults.has("wide")
	bad := q.check()
	if bad == "" {
		bad = betasThatFail(q.Model, c.r.Header.Get("Anthropic-Beta"))
	}
	if bad != "" {
		c.fail(http.StatusBadRequest, 2013, bad)
		return
	}
	a := s.script.find(q, c.r.Header)
	if a != nil && !c.follow(a) {
		return
	}
	r := c.reply(q, a)
	c.release(q)
	if q.Stream && !c.faults.has("json-200") {
		c.streamReply(q, r)
		return
	}
	c.whole(q, r)
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

// whole answers without a stream.
func (c *call) whole(q *request, r *reply) {
	m := r.message(c.id, q.Model)
	m["content"] = r.blocks(c.id)
	m["stop_reason"] = r.stop
	m["usage"] = r.usage
	if r.details != nil {
		m["stop_details"] = r.details
	}
	if !isClaude(q.Model) {
		m["base_resp"] = obj{"status_code": 0, "status_msg": ""}
	}
	c.json(http.StatusOK, m)
}
