package oauth

import (
	"context"
	"net/http"
	"time"
)

const maxBackoff = 30 * time.Second

// Wait polls until the person approved or refused, or l.Expires has come. The
// first poll is immediate, or after the interval where RFC 8628 (section 3.5)
// wants that; none begins after l.Expires. What may pass (429,
// 5xx, no connection) is waited out, with the server's Retry-After or a
// growing pause. Errors are *Error, or the reason of ctx, at once.
func (c *Client) Wait(ctx context.Context, l Login) (Token, error) {
	p := poll{client: c, login: l, interval: max(l.Interval, minInterval), late: time.Until(l.Expires) <= 0}
	if p.strict() && !p.late {
		if err := p.sleep(ctx); err != nil {
			return Token{}, err
		}
	}
	for time.Until(l.Expires) > 0 {
		token, pending, err := p.once(ctx)
		if ctx.Err() != nil {
			return Token{}, context.Cause(ctx)
		}
		if err == nil && pending {
			err = p.sleep(ctx)
			pending = err == nil
		}
		if !pending || err != nil {
			return token, err
		}
	}
	return Token{}, p.timeout()
}

// poll is the state of one Wait.
type poll struct {
	client   *Client
	login    Login
	interval time.Duration // grows by slow_down
	late     bool          // it had expired when it arrived
	failures int           // in a row
	trouble  *Error        // of the last poll, nil when it was fine
}

// strict reports that the standard is spoken: there every answer that it does
// not name ends the login, where MiniMax's unknown states mean "not yet".
func (p *poll) strict() bool { return p.login.TokenEndpoint != "" }

// once sends one poll. pending means that another should follow.
func (p *poll) once(ctx context.Context) (token Token, pending bool, err error) {
	c := *p.client
	c.Timeout = min(c.timeout(), max(time.Until(p.login.Expires), time.Second))
	began := time.Now()
	r, e := c.ask(ctx, p.login)
	if e == nil {
		token, pending, e = p.judge(r, began)
	}
	if e == nil {
		p.failures, p.trouble = 0, nil
		return token, pending, nil
	}
	if e.Code == "" {
		e.Code = CodeTokenExchangeFailed
	}
	if !e.passing() || e.Code != CodeTokenExchangeFailed {
		return Token{}, false, e
	}
	p.failures, p.trouble = p.failures+1, e
	if c.Trouble != nil && ctx.Err() == nil {
		c.Trouble(e)
	}
	return Token{}, true, nil
}

// ask sends one poll. What an approved one says is exchanged for tokens where the dialect wants that.
func (c *Client) ask(ctx context.Context, l Login) (reply, *Error) {
	to, headers := c.token(l.TokenEndpoint), []string(nil)
	if l.poll != "" {
		to = c.endpoint(l.poll)
	}
	if l.json {
		headers = asJSON()
	}
	r, e := c.post(ctx, to, l.form, headers...)
	if e != nil || c.Dialect == nil || c.Dialect.settle == nil || r.status != http.StatusOK {
		return r, e
	}
	a, _ := decode(r.body)
	return c.Dialect.settle(ctx, c, a)
}

// judge reads an answer: the dialect's status, and OAuth's errors, which
// gateways in front of it send with any HTTP status.
func (p *poll) judge(r reply, began time.Time) (Token, bool, *Error) {
	if d := p.client.Dialect; d != nil && d.pending != nil && d.pending(r) {
		return Token{}, true, nil
	}
	a, isJSON := decode(r.body)
	word := a.reason()
	if word == "" && !p.strict() {
		word = a.text("status")
	}
	switch word {
	case "authorization_pending":
		return Token{}, true, nil
	case "slow_down":
		p.interval += 5 * time.Second
		return Token{}, true, nil
	case "access_denied":
		return Token{}, false, denied(r, a)
	case "expired_token":
		return Token{}, false, p.timeout()
	}
	wanted := "does not finish the login"
	switch {
	case r.status != http.StatusOK:
		return Token{}, false, refusal(CodeTokenExchangeFailed, r, wanted)
	case len(r.body) == 0 && !p.strict():
		return Token{}, true, nil
	case !isJSON:
		return Token{}, false, malformed(CodeTokenExchangeFailed, r, "answers with "+kind(r)+" where JSON was expected")
	case a.passing():
		return Token{}, false, refusal(CodeTokenExchangeFailed, r, wanted)
	case word == "error":
		return Token{}, false, denied(r, a)
	case word == "success", word == "" && (p.strict() || a.text("access_token") != ""):
		token, err := grant(a, CodeTokenIncomplete, r.url, began)
		if err == nil && token.RefreshToken == "" {
			err = malformed(CodeTokenIncomplete, r, "approves the login without refresh_token")
		}
		return token, false, err
	case p.strict():
		return Token{}, false, refusal(CodeTokenExchangeFailed, r, wanted)
	}
	return Token{}, true, nil
}

// passing reports an inner code that stands for a moment of trouble.
func (a answer) passing() bool {
	e := Error{ErrClass: innerClass(a.inner())}
	return e.passing()
}

func denied(r reply, a answer) *Error {
	e := &Error{
		Code: CodeAuthorizationDenied, ErrClass: "auth_refused", HTTPStatus: r.status, Sent: true,
		Reason: Printable(a.reason(), 64), Inner: a.inner(), Message: "the login was denied",
	}
	if said := quote(a.message(), r.form); said != "" {
		e.Message += ": " + said
	}
	return e
}

// sleep waits for the next poll, or for the end of the login if that is
// nearer.
func (p *poll) sleep(ctx context.Context) error {
	pause, backoff := p.interval, minInterval
	if p.strict() {
		backoff = p.interval // RFC 8628 section 3.5: trouble must slow the polls down
	}
	if p.trouble != nil {
		pause = max(pause, min(maxBackoff, backoff<<min(p.failures, 8)), p.trouble.RetryAfter)
	}
	return rest(ctx, min(pause, time.Until(p.login.Expires)))
}

// rest lets time pass, or returns the reason of ctx.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *poll) timeout() *Error {
	e := &Error{Code: CodeTimeout, ErrClass: "timeout", Message: "the login was not approved in time"}
	switch {
	case p.trouble != nil:
		e.HTTPStatus, e.Sent = p.trouble.HTTPStatus, true
		e.Message += "; at the end " + p.trouble.Message
	case p.late:
		e.Message = "the user code had expired when it arrived; is this machine's clock right?"
	}
	return e
}
