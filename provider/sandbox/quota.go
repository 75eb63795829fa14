package sandbox

import (
	"net/http"
	"time"
)

// What one minute of the server's clock allows: more than anyone sends, so that who keeps to it is not slowed down. It is counted and
// told, and nothing is refused for it.
const (
	requestsAMinute = 10_000_000
	tokensAMinute   = 10_000_000_000
)

// quota is what the headers of an answer tell.
type quota struct {
	requests, tokens window60
	reset            time.Time
	left             time.Duration // until reset
}

// window60 is the rest of one minute.
type window60 struct{ limit, remaining int }

// meter counts the questions of the minute at hand.
type meter struct {
	minute           int64
	requests, tokens int
}

// spend counts one question.
func (s *Server) spend(tokens int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.turn(s.now())
	s.meter.requests++
	s.meter.tokens += tokens
}

func (m *meter) turn(now time.Time) {
	if minute := now.Unix() / 60; minute != m.minute {
		*m = meter{minute: minute}
	}
}

// quota is what is left; with a 429 nothing of the requests is.
func (s *Server) quota(status int) quota {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.meter.turn(now)
	q := quota{
		requests: window60{requestsAMinute, max(0, requestsAMinute-s.meter.requests)},
		tokens:   window60{tokensAMinute, max(0, tokensAMinute-s.meter.tokens)},
		reset:    time.Unix((s.meter.minute+1)*60, 0),
	}
	q.left = q.reset.Sub(now)
	if status == http.StatusTooManyRequests {
		q.requests.remaining = 0
	}
	return q
}
