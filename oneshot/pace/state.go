package pace

import (
	"math"
	"time"
)

const (
	toldFor  = int64(time.Minute) // so long a limit that a user told another process holds
	heardFor = int64(time.Hour)   // and one of a server's header

	// Where nothing but a refusal is known, the rate begins here, in requests a second, and grows by half each second until the
	// second wave of refusals. From then on it grows by little at first, and the more the longer none comes: e to the t²/500, 1.02
	// after 3 seconds, 1.2 after 10, 2.2 after 20.
	slowStart  = 2.0
	slowGrowth = 0.4
	growth     = 0.002
	tooOld     = 12.0 // the exponent at which a rate learned long ago is of no use any more
	// fewest is the least rate, in requests a second.
	fewest = 1.0 / 60

	firstBlock = 500 * time.Millisecond // the least, and twice as long each time in a row where the server does not say how long
	mostBlock  = 8 * time.Second
	oneWave    = time.Second // refusals so close together are one wave
)

// state is all that is known of a key. Times are nanoseconds since 1970 by this machine's clock, rates are a second.
type state struct {
	blocked int64 // nothing is sent before
	wave    int64 // when the server last began to refuse
	waves   int64 // how often it did so with no answer between
	sent    int64 // what was let go since wave, refused requests taken off
	learned rate  // of requests, from refusals
	slow    bool  // learned is the slow start
	req     lane
	tok     lane
}

// rate is a rate that was known at a time.
type rate struct {
	of float64 // 0 for none
	at int64
}

// lane is one bucket.
type lane struct {
	empty int64 // when the bucket was empty, had nothing been taken since: in the future it is in debt
	told  rate  // by a user
	heard rate  // from the server
	burst float64
}

// mend puts right what a step of the clock or a bug elsewhere left behind.
func (s *state) mend(now int64) {
	if s.blocked > now+int64(Longest)+int64(time.Second) {
		s.blocked = 0
	}
	s.wave, s.learned.at = min(s.wave, now), min(s.learned.at, max(now, s.blocked))
	s.req.mend(now, 70*time.Second)
	s.tok.mend(now, 10*time.Minute)
}

func (l *lane) mend(now int64, debt time.Duration) {
	if l.empty > now+int64(debt) {
		l.empty = now
	}
	l.told.at, l.heard.at = min(l.told.at, now), min(l.heard.at, now)
}

// requests is the rate of requests, 0 for no limit. own is the limit that the user told this process, 0 for none.
func (s *state) requests(now int64, own float64) float64 {
	r := s.req.rate(now, own)
	if l := s.learn(now); l > 0 && (r == 0 || l < r) {
		r = l
	}
	return r
}

// learn is the rate that refusals have taught, which grows until the next one.
func (s *state) learn(now int64) float64 {
	if s.learned.of == 0 {
		return 0
	}
	seconds := float64(max(now-s.learned.at, 0)) / 1e9
	exponent := growth * seconds * seconds
	if s.slow {
		exponent = slowGrowth * seconds
	}
	if exponent > tooOld {
		return 0
	}
	return s.learned.of * math.Exp(exponent)
}

// rate is the lane's limit a second, 0 for none.
func (l *lane) rate(now int64, own float64) float64 {
	r := own
	if r == 0 && now-l.told.at < toldFor {
		r = l.told.of
	}
	if now-l.heard.at < heardFor && l.heard.of > 0 && (r == 0 || l.heard.of < r) {
		r = l.heard.of
	}
	return r
}

// most is how much the bucket holds: what the server was seen to have, else what comes in a second; a tenth of that where the limit
// is only guessed.
func (l *lane) most(now int64, r, own float64) float64 {
	switch {
	case l.burst > 0 && now-l.heard.at < heardFor:
		return max(l.burst, 1)
	case own > 0 || l.told.of > 0 && now-l.told.at < toldFor:
		return max(r, 1)
	}
	return max(r/10, 1)
}

// level is what is in the bucket, below 0 in debt.
func (l *lane) level(now int64, r, most float64) float64 {
	return min(float64(now-l.empty)/1e9*r, most)
}

// put sets what is in the bucket.
func (l *lane) put(now int64, level, r float64) { l.empty = now - int64(level/r*1e9) }

// reserve takes one request and its tokens if they are there soon enough. at is when they are.
func (s *state) reserve(now int64, rpm, tpm float64, tokens int64) (at int64, ok bool) {
	if s.blocked > now {
		return s.blocked + int64(ahead), false
	}
	r, t := s.requests(now, rpm), s.tok.rate(now, tpm)
	at = now
	if r > 0 {
		at += int64(max(0, 1-s.req.level(now, r, s.req.most(now, r, rpm))) / r * 1e9)
	}
	if t > 0 {
		most := s.tok.most(now, t, tpm)
		need := min(float64(tokens), 0.8*most)
		at = max(at, now+int64(max(0, need-s.tok.level(now, t, most))/t*1e9))
	}
	if at > now+int64(ahead) {
		return at, false
	}
	s.sent++
	if r > 0 {
		s.req.put(now, s.req.level(now, r, s.req.most(now, r, rpm))-1, r)
	}
	s.tok.take(now, float64(tokens), tpm)
	return at, true
}

// take takes n out of the bucket, or puts so much back.
func (l *lane) take(now int64, n, own float64) {
	if r := l.rate(now, own); r > 0 {
		l.put(now, l.level(now, r, l.most(now, r, own))-n, r)
	}
}

// giveBack undoes a turn that was not used.
func (s *state) giveBack(now int64, t Turn, rpm, tpm float64) {
	if t.at < s.wave || s.sent == 0 { // the wave has counted anew
		return
	}
	s.sent--
	if r := s.requests(now, rpm); r > 0 && s.blocked <= now {
		s.req.put(now, s.req.level(now, r, s.req.most(now, r, rpm))+1, r)
	}
	s.tok.take(now, -float64(t.tokens), tpm)
}

// tell notes what the user told this process, for those that were told nothing.
func (l *lane) tell(now int64, own float64) bool {
	if own == 0 || l.told.of == own && now-l.told.at < toldFor/6 {
		return false
	}
	if first := l.rate(now, 0) == 0; first {
		l.put(now, max(own, 1), own)
	}
	l.told = rate{own, now}
	return true
}

// hear takes a server's word. The first says what is in the bucket; a later one only when it is less than we believed, which is another user of the key.
func (l *lane) hear(now int64, room Room, own float64) bool {
	if !room.told() {
		return false
	}
	of, first := float64(room.Limit)/60, now-l.heard.at >= heardFor || l.heard.of == 0
	if first && !room.used() {
		return false
	}
	fresh := first || l.heard.of != of || now-l.heard.at > heardFor/60
	if fresh {
		l.heard = rate{of, now}
	}
	left := float64(room.Remaining)
	if first {
		l.burst = max(left-1, 1)
	}
	r := l.rate(now, own)
	if first || left+1 < l.level(now, r, l.most(now, r, own)) {
		l.put(now, max(left-1, 0), r)
		return true
	}
	return fresh
}

// refuse takes a refusal. Requests that were under way when the first of them came back belong to the same wave. What the server let
// through between two waves, both of which found its bucket empty, is its rate.
func (s *state) refuse(now int64, t Turn, after time.Duration, rpm float64) {
	s.sent = max(s.sent-1, 0)
	if after <= 0 {
		after = min(firstBlock<<min(s.waves, 10), mostBlock)
	}
	s.blocked = max(s.blocked, now+int64(min(max(after, firstBlock), Longest)))
	defer func() { s.req.put(s.blocked, 1, s.requests(s.blocked, rpm)) }()
	if t.at <= s.wave+int64(oneWave) {
		return
	}
	r, lasted := s.requests(now, rpm), float64(now-s.wave)/1e9
	switch through := float64(s.sent) / lasted; {
	case r == 0:
		s.learned.of, s.slow = slowStart, true
	case s.learned.of == 0: // the user or the server told it
		s.learned.of = 0.9 * r
	case s.waves > 0 || lasted > 60 || s.sent < 10:
		s.learned.of, s.slow = 0.7*r, false
	default:
		s.learned.of, s.slow = min(max(0.98*through, 0.3*r), 0.95*r), false
	}
	s.learned.of = max(s.learned.of, fewest)
	s.learned.at, s.wave, s.sent = s.blocked, now, 0
	s.waves++
}
