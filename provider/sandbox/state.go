package sandbox

import (
	"maps"
	"net/http"
	"strings"
	"time"
)

// controlPath is where tests ask and steer; it is never counted nor logged.
const controlPath = "/_sandbox/"

// State is what GET /_sandbox/state answers: counters since the start, and
// the last request. It holds no secret.
type State struct {
	Requests     int            `json:"requests"`
	ByEndpoint   map[string]int `json:"by_endpoint"`
	Unauthorized int            `json:"unauthorized"`
	// Logins counts code exchanges that succeeded, Refreshes rotations,
	// Graced repeated answers inside the grace window, Reuses presentations of
	// a spent refresh token outside of it.
	Logins        int `json:"logins"`
	Polls         int `json:"polls"`
	EarlyPolls    int `json:"early_polls"`
	Exchanges     int `json:"exchanges"` // every POST that asked the token endpoint for a renewal
	Refreshes     int `json:"refreshes"`
	Graced        int `json:"graced"`
	Reuses        int `json:"reuses"`
	RevokedGrants int `json:"revoked_grants"`

	// Batches and BatchRows count what was made of the batch APIs, BatchRowsTwice answers to what was answered in a batch before.
	Batches        int `json:"batches"`
	BatchRows      int `json:"batch_rows"`
	BatchRowsTwice int `json:"batch_rows_twice"`

	ActiveStreams    int            `json:"active_streams"`
	CompletedStreams int            `json:"completed_streams"`
	DroppedStreams   int            `json:"dropped_streams"` // the client left first
	Fault            string         `json:"fault"`
	Chaos            int64          `json:"chaos"`
	Faults           map[string]int `json:"faults"` // how often each was played

	LastRequest *RequestSeen `json:"last_request,omitempty"`
}

// RequestSeen is a request as state shows it; credentials are cut to their
// last four characters.
type RequestSeen struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
}

// State returns the counters.
func (s *Server) State() State {
	logins, polls, early := s.ledger.loginCounts()
	tokens := s.ledger.tokenCounts()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.count
	n.ByEndpoint = maps.Clone(s.count.ByEndpoint)
	n.Faults = maps.Clone(s.count.Faults)
	n.Fault, n.Chaos = s.faultNow, s.opts.Chaos
	n.Logins, n.Polls, n.EarlyPolls = logins, polls, early
	n.Exchanges, n.Refreshes, n.Graced = tokens.exchanges, tokens.refreshes, tokens.graced
	n.Reuses, n.RevokedGrants = tokens.reuses, tokens.revoked
	return n
}

func (s *Server) add(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.count)
}

// saw counts a request and returns its number. The control endpoints have the
// number 0 and are never the last request, or asking would hide what was
// asked for.
func (s *Server) saw(r *http.Request) int {
	if strings.HasPrefix(r.URL.Path, controlPath) {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Requests++
	if s.count.ByEndpoint == nil {
		s.count.ByEndpoint = map[string]int{}
	}
	key := "other"
	if path := endpoint(r.URL.Path); s.routes[path].handle != nil {
		key = path
	}
	s.count.ByEndpoint[key]++
	s.count.LastRequest = &RequestSeen{r.Method, r.URL.Path, seenHeaders(r.Header)}
	return s.count.Requests
}

func (s *Server) counted(fs faults) {
	if len(fs) == 0 {
		return
	}
	s.add(func(n *State) {
		if n.Faults == nil {
			n.Faults = map[string]int{}
		}
		for _, f := range fs {
			n.Faults[f.name]++
		}
	})
}

// dropped counts a client that left, but not the end of the server itself.
func (s *Server) dropped() {
	s.add(func(n *State) {
		if !s.closing {
			n.DroppedStreams++
		}
	})
}

// shut closes every port for a while.
func (s *Server) shut(left time.Duration) {
	s.mu.Lock()
	doors := s.doors
	s.mu.Unlock()
	for _, d := range doors {
		d.shut(left)
	}
}

func (s *Server) showState(c *call) {
	c.json(http.StatusOK, s.State())
}

// SetFault replaces the faults of Options.Fault and starts their counting
// anew; "" takes them away.
func (s *Server) SetFault(spec string) error {
	fs, err := parseFaults(spec)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.faultNow = fs, spec
	clear(s.met)
	return nil
}

// setFault takes the list as the bare body or as the form field "fault".
func (s *Server) setFault(c *call) {
	spec := strings.TrimSpace(string(c.body))
	if form := c.form(); form.Has("fault") {
		spec = form.Get("fault")
	}
	if err := s.SetFault(spec); err != nil {
		c.json(http.StatusBadRequest, obj{"error": err.Error()})
		return
	}
	c.json(http.StatusOK, obj{"fault": spec})
}

func (s *Server) expireAll(c *call) {
	c.json(http.StatusOK, obj{"expired": s.ExpireTokens()})
}

func (s *Server) revokeAll(c *call) {
	c.json(http.StatusOK, obj{"revoked": s.Revoke()})
}

// ExpireTokens makes every access token expire now and returns how many there
// were. Refresh tokens stay good.
func (s *Server) ExpireTokens() int { return s.ledger.expireAll() }

// Revoke ends every grant, access and refresh tokens alike, and returns how
// many there were.
func (s *Server) Revoke() int { return s.ledger.revokeAll() }
