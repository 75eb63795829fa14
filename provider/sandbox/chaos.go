package sandbox

import "math/rand/v2"

// chaosBlend offsets the second half of the generator's seed, so that seeds
// next to each other share no stream.
const chaosBlend = 0x9e3779b97f4a7c15

// chaos draws the faults of the next request, nil for about half of them. The
// n-th request of a seed gets the same faults in every run; it matters in
// which order requests arrive, not when. Logins get only faults that leave the
// login whole.
func (s *Server) chaos(scope string) faults {
	if s.opts.Chaos == 0 {
		return nil
	}
	s.mu.Lock()
	s.drawn++
	n := s.drawn
	s.mu.Unlock()
	r := rand.New(rand.NewPCG(uint64(s.opts.Chaos), n*chaosBlend))
	if r.IntN(2) == 0 {
		return nil
	}
	menu := chaosMenu()
	if !isWire(scope) {
		menu = []string{"any:slow=50ms", "any:status=503,any:retry-after=1"}
	}
	fs, err := parseFaults(menu[r.IntN(len(menu))])
	if err != nil {
		return nil
	}
	return fs
}

// chaosMenu holds what may befall a messages request. It has nothing that
// takes longer than about a second.
func chaosMenu() []string {
	return []string{
		"status=429,retry-after=1", "status=429", "status=429,retry-date=1", "status=500", "status=502,html", "status=529",
		"base_resp=1002", "reset", "refuse", "slow=200ms", "cut=300", "cut-events=5", "stall=4/500ms", "error=overloaded_error",
		"error=api_error/1", "no-stop", "drip", "slow-bytes=5ms", "split-utf8", "crlf", "giant=100000", "json-200", "thinking",
	}
}
