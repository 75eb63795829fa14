package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// ledger is the authorisation server's memory: user codes, grants, tokens.
type ledger struct {
	now             func() time.Time
	ttl, codeTTL    time.Duration
	interval, grace time.Duration
	approveAll      bool
	mu              sync.Mutex
	codes           map[string]*userCode
	access          map[string]*accessToken
	refresh         map[string]*refreshToken
	logins, polls   int
	early           int
	counts          tokenCounts
}

type tokenCounts struct {
	exchanges, refreshes, graced, reuses, revoked int
}

// userCode is one login that waits for a person.
type userCode struct {
	client, challenge string
	expires           time.Time
	verdict           string // "", approve, deny
	used              bool
	polled            time.Time
}

// grant is one login; revoking it kills every token that came from it.
type grant struct {
	client  string
	claims  obj // of its access tokens, which are JWTs then
	revoked bool
}

type accessToken struct {
	grant   *grant
	expires time.Time
}

// refreshToken is good once. After that next holds what it was exchanged for.
type refreshToken struct {
	grant *grant
	spent time.Time
	next  *pair
}

// pair is one answer of the token endpoint.
type pair struct {
	access, refresh string
	expires         time.Time
}

// refusal is why the token endpoint says no.
type refusal struct{ code, message string }

func (r *refusal) Error() string { return r.code + ": " + r.message }

func newLedger(o Options, now func() time.Time) *ledger {
	return &ledger{
		now: now, ttl: o.TokenTTL, codeTTL: o.CodeTTL, interval: o.PollInterval, grace: o.Grace,
		approveAll: o.AutoApprove,
		codes:      map[string]*userCode{}, access: map[string]*accessToken{}, refresh: map[string]*refreshToken{},
	}
}

// newCode starts a login.
func (l *ledger) newCode(client, challenge string) (string, time.Time) {
	code := rand.Text()[:4] + "-" + rand.Text()[:4]
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &userCode{client: client, challenge: challenge, expires: l.now().Add(l.codeTTL)}
	if l.approveAll {
		c.verdict = "approve"
	}
	l.codes[code] = c
	return code, c.expires
}

// decide records what the person said; false when no such code waits.
func (l *ledger) decide(code, verdict string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.codes[code]
	if !ok || c.used || !l.now().Before(c.expires) {
		return false
	}
	c.verdict = verdict
	return true
}

func (l *ledger) waits(code string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.codes[code]
	return ok && !c.used && l.now().Before(c.expires)
}

// poll answers one poll: a pair when the person said yes, nil and no error
// while nothing is decided.
func (l *ledger) poll(client, code, verifier string, pending bool, claims obj) (*pair, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.polls++
	c, ok := l.codes[code]
	if !ok || c.used || c.client != client {
		return nil, &refusal{"invalid_grant", "the user code is unknown or used, or belongs to another client"}
	}
	now := l.now()
	if !c.polled.IsZero() && now.Sub(c.polled) < l.interval*9/10 {
		l.early++
	}
	c.polled = now
	if c.challenge != "" && pkceOf(verifier) != c.challenge {
		c.used = true
		return nil, &refusal{"invalid_grant", "the code verifier does not match the challenge"}
	}
	switch {
	case !now.Before(c.expires):
		return nil, &refusal{"expired", "the user code has expired"}
	case c.verdict == "deny":
		return nil, &refusal{"denied", "the login was denied"}
	case c.verdict == "" || pending:
		return nil, nil
	}
	c.used = true
	l.logins++
	return l.mint(&grant{client: client, claims: claims}), nil
}

func pkceOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64URL(sum[:])
}

// challenge sets that of a code which the server made the verifier for.
func (l *ledger) challenge(code, challenge string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codes[code].challenge = challenge
}

// verdict is what the person said of a code that waits, "" for nothing yet, deny for one that waits no more.
func (l *ledger) verdict(code string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.polls++
	c, ok := l.codes[code]
	if !ok || c.used || !l.now().Before(c.expires) {
		return "deny"
	}
	return c.verdict
}

// issue makes a grant without a login.
func (l *ledger) issue(client string, claims obj) *pair {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mint(&grant{client: client, claims: claims})
}

func (l *ledger) mint(g *grant) *pair {
	p := &pair{refresh: "sbx-rt-" + rand.Text(), expires: l.now().Add(l.ttl)}
	p.access = g.token(p.expires)
	l.access[p.access] = &accessToken{g, p.expires}
	l.refresh[p.refresh] = &refreshToken{grant: g}
	return p
}

// renew exchanges a refresh token. A spent one revokes its whole grant, unless
// it comes back within the grace window: then the same pair is answered again.
// keep renews the access token alone.
func (l *ledger) renew(client, token string, keep bool) (*pair, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.exchanges++
	t, ok := l.refresh[token]
	switch {
	case !ok:
		return nil, &refusal{"invalid_grant", "invalid_refresh_token"}
	case t.grant.client != client:
		return nil, &refusal{"invalid_client", "the refresh token belongs to another client"}
	case t.next != nil && !t.grant.revoked && l.grace > 0 && l.now().Sub(t.spent) <= l.grace:
		l.counts.graced++
		return t.next, nil
	case t.next != nil:
		l.counts.reuses++
		l.revoke(t.grant)
		return nil, &refusal{"invalid_grant", "refresh_token_reused"}
	case t.grant.revoked:
		return nil, &refusal{"invalid_grant", "the grant was revoked"}
	}
	l.counts.refreshes++
	if keep {
		p := &pair{expires: l.now().Add(l.ttl)}
		p.access = t.grant.token(p.expires)
		l.access[p.access] = &accessToken{t.grant, p.expires}
		return p, nil
	}
	t.spent, t.next = l.now(), l.mint(t.grant)
	return t.next, nil
}

// token makes an access token.
func (g *grant) token(expires time.Time) string {
	mark := "sbx-at-" + rand.Text()
	if g.claims == nil {
		return mark
	}
	return jwt(g.claims, expires.Unix(), mark)
}

func (l *ledger) revoke(g *grant) {
	if !g.revoked {
		g.revoked = true
		l.counts.revoked++
	}
}

// valid tells whether an access token may be used now.
func (l *ledger) valid(token string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, ok := l.access[token]
	return ok && !t.grant.revoked && l.now().Before(t.expires)
}

func (l *ledger) expire(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.access[token]; ok {
		t.expires = l.now()
	}
}

func (l *ledger) expireAll() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, t := range l.access {
		if t.expires.After(l.now()) {
			t.expires = l.now()
			n++
		}
	}
	return n
}

func (l *ledger) revokeAll() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.counts.revoked
	for _, t := range l.refresh {
		l.revoke(t.grant)
	}
	return l.counts.revoked - before
}

func (l *ledger) loginCounts() (logins, polls, early int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.logins, l.polls, l.early
}

func (l *ledger) tokenCounts() tokenCounts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}
