package sandbox

import (
	"fmt"
	"net/http"
)

// choose picks the faults of a call and plays those that come before an
// answer; false means that the call is over.
func (c *call) choose() bool {
	header := c.r.Header.Get(FaultHeader)
	var err error
	if header != "" {
		c.ownPick = true
		var fs faults
		if fs, err = parseFaults(header); err == nil {
			c.faults = c.s.take("header", c.scope, fs, true)
		}
	}
	if err != nil {
		c.fail(http.StatusBadRequest, 2013, "sandbox: "+err.Error())
		return false
	}
	random := c.s.chaos(c.scope)
	if !c.ownPick {
		c.faults = c.s.takeOwn(c.scope)
		if len(c.faults) == 0 {
			c.faults = random
		}
	}
	c.s.counted(c.faults)
	return c.early()
}

// take returns those faults that meet this request, counting it for each.
// A header's faults meet the request that carries them unless they name a
// scope.
func (s *Server) take(source, scope string, fs faults, header bool) faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeLocked(source, scope, fs, header)
}

func (s *Server) takeOwn(scope string) faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeLocked("server", scope, s.fault, false)
}

func (s *Server) takeLocked(source, scope string, fs faults, header bool) faults {
	var out faults
	for _, f := range fs {
		if header && !f.scoped {
			f.scope = scopeAny
		}
		if !f.meets(scope) {
			continue
		}
		key := source + " " + f.text
		s.met[key]++
		if n := s.met[key]; n >= f.from && (f.limit == 0 || n < f.from+f.limit) {
			out = append(out, f)
		}
	}
	return out
}

// early plays the faults that need no answer of the endpoint. The order is
// that of a real path: the network, the gateway, the service.
func (c *call) early() bool {
	f := c.faults
	c.sleep(f.dur("slow"))
	switch {
	case f.has("refuse"):
		c.refuse()
	case f.has("reset"):
		c.reset()
	case f.has("redirect"):
		c.w.Header().Set("Location", f.text("redirect"))
		c.plain(http.StatusTemporaryRedirect, "text/plain; charset=utf-8", nil)
	case f.has("html"):
		status := f.num("status", http.StatusOK)
		c.retryAfter()
		c.html(status, fmt.Sprintf("%d %s", status, http.StatusText(status)))
	case f.has("status"):
		c.retryAfter()
		c.statusFault(f.num("status", 500), f.num("code", 0))
	case f.has("base_resp"):
		code := f.num("base_resp", 1000)
		c.json(http.StatusOK, obj{"base_resp": obj{"status_code": code, "status_msg": codeMessage(code)}})
	case f.has("expired"):
		c.s.ledger.expire(bearer(c.r))
		c.fail(http.StatusUnauthorized, 1004, codeMessage(1004))
	case f.has("error-200"):
		kind := f.text("error-200")
		if kind == "" {
			kind = "api_error"
		}
		_, body := c.failure(named(kind))
		c.json(http.StatusOK, body)
	default:
		return true
	}
	return false
}
