package login

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"hermes/authfile"
	"hermes/provider/oauth"
)

// AddOptions are the flags of a login.
type AddOptions struct {
	NoBrowser bool          // print the address only
	Timeout   time.Duration // the whole login may take so long; 0 is as long as the code is valid
	JSON      bool          // events on stdout

	said *int // events so far; nil without JSON
}

// Event is a line on stdout of a login with JSON: "code" once, "waiting" once
// and again with a reason for every poll that failed and is repeated, then
// "done" or "error". Fields may be added, never renamed within a V.
type Event struct {
	V        int    `json:"v" desc:"1"`
	Type     string `json:"type" enum:"code,waiting,done,error"`
	Seq      int    `json:"seq" desc:"0, 1, 2 without a gap"`
	TS       string `json:"ts" desc:"RFC 3339, UTC, milliseconds"`
	Provider string `json:"provider"`
	Region   string `json:"region,omitempty"`

	UserCode        string `json:"user_code,omitempty"`        // code
	VerificationURI string `json:"verification_uri,omitempty"` // code
	BrowserOpened   *bool  `json:"browser_opened,omitempty"`   // code
	ExpiresAt       string `json:"expires_at,omitempty"`       // code, waiting: of the code; done: of the token; RFC 3339
	Reason          string `json:"reason,omitempty"`           // waiting
	Notification    string `json:"notification_message,omitempty"`
	KeyEnv          string `json:"key_env,omitempty"` // done, for an API key

	Code    string `json:"code,omitempty"` // error
	Class   string `json:"class,omitempty"`
	Message string `json:"message,omitempty"`
}

// tell prints an event as a line of JSON.
func (c Commands) tell(o AddOptions, e Event) error {
	e.V, e.TS = 1, time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	if o.said != nil {
		e.Seq = *o.said
		*o.said++
	}
	return c.print(e)
}

// Add logs in at the account's portal by a user code and stores the grant,
// which becomes the active provider. The address and the code are printed
// whatever else happens. Classes: those of oauth.Error and of Store.Save;
// usage and config for an account that cannot log in; a cancelled ctx gives
// its cause.
func (c Commands) Add(ctx context.Context, a Account, o AddOptions) error {
	return c.told(a, o, advised(a, c.add(ctx, a, o)))
}

// hinted is an error with what to do next.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint is what to do next.
func (h *hinted) Hint() string { return h.hint }

// advised adds what helps where the class alone would say it wrongly.
func advised(a Account, err error) error {
	var own *Error
	if errors.As(err, &own) && own.ErrClass == "config" && a.Typed {
		return failf("usage", "%s", own.Message)
	}
	var o *oauth.Error
	if !errors.As(err, &o) {
		return err
	}
	switch {
	case o.Code == oauth.CodeTimeout:
		return &hinted{err, "run it again: hermes auth add " + a.AddArgs()}
	case o.ErrClass == "protocol":
		return &hinted{err, "run it again; if that does not help, look for a proxy or a redirect that changes the portal's answers"}
	}
	return err
}

// told makes the last event of an error, which is reported in any case.
func (c Commands) told(a Account, o AddOptions, err error) error {
	if err != nil && o.JSON {
		c.tell(o, failure(a, err))
	}
	return err
}

func (c Commands) add(ctx context.Context, a Account, o AddOptions) error {
	client := a.Issuer.Client(c.Transport)
	client.Timeout = o.Timeout
	if err := c.ready(a, client); err != nil {
		return err
	}
	if o.Timeout > 15*time.Second {
		client.Timeout = 0
	}
	c.say("logging in to %s, %sportal %s", oauth.Printable(a.Name, 60), inRegion("region ", a, ", "), oauth.Printable(a.Issuer.Portal, 0))
	began := time.Now()
	l, err := client.Begin(ctx)
	if err != nil {
		return err
	}
	if end := began.Add(o.Timeout); o.Timeout > 0 && end.Before(l.Expires) {
		l.Expires = end
	}
	if err := c.show(a, l, o); err != nil {
		return err
	}
	stop := c.await(l)
	defer stop()
	client.Trouble = c.trouble(a, l, o)
	token, err := client.Wait(ctx, l)
	stop()
	if err != nil {
		return err
	}
	if err := c.Store.Save(ctx, entry(a, l, token)); err != nil {
		return err
	}
	if sn, err := c.Store.Read(); err == nil {
		a.passive = sn.Active() != a.ID
		if all := sn.Logins(a.ID); len(all) > 1 && all[0].AccessToken != token.AccessToken {
			c.say("another login of %s is asked with first (%s); hermes auth remove %s takes all of them out", a.ID, oauth.Printable(all[0].Label, 80), a.ID)
		}
	}
	return c.done(a, token, o)
}

// ready finds what would make an approved login useless, before a person is
// sent away to approve it.
func (c Commands) ready(a Account, client *oauth.Client) error {
	switch {
	case a.Kind != KindOAuth:
		return failf("usage", "%s has no login of this kind; it takes an API key", a.ID)
	case a.File != "":
		return advise(a.AddHint(), "usage", "a login of %s cannot be made here; one that is there is used and renewed", a.ID)
	}
	if err := client.CheckPortal(); err != nil {
		return failf("config", "%s: %v", a.ID, err)
	}
	if err := checkInference(a.Inference); err != nil {
		return failf("config", "%s: %v", a.ID, err)
	}
	return c.Store.CheckSave(a.ID)
}

// checkInference wants what a bearer may be sent to: https, or loopback. Any
// host will do, since the person who logs in binds the token to it.
func checkInference(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "http" && u.Scheme != "https":
		return errors.New("inference URL " + quoted(raw) + " is not an http(s) URL with a host")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return errors.New("the inference URL may have no name, query or fragment")
	case u.Scheme == "http" && !oauth.Loopback(u.Hostname()):
		return errors.New("inference URL " + quoted(raw) + ": only https may carry a token")
	}
	return nil
}

func quoted(s string) string { return `"` + oauth.Printable(s, 100) + `"` }

// show tells where to approve, and opens the page where that makes sense.
func (c Commands) show(a Account, l oauth.Login, o AddOptions) error {
	if l.TokenEndpoint != "" && a.Issuer.Dialect == nil {
		c.say("the portal speaks RFC 8628; Hermes Agent cannot renew such a login")
	}
	page, code := oauth.Printable(l.VerificationURI, 0), oauth.Printable(l.UserCode, 100)
	if c.UI.Show != nil {
		c.UI.Show(page, code)
	} else {
		c.say("  1. open this page: %s", page)
		c.say("  2. if it asks for a code, enter: %s", code)
	}
	opened := c.openPage(l.VerificationURI, o)
	expires := stamp(l.Expires)
	if o.JSON {
		err := c.tell(o, Event{
			Type: "code", Provider: a.ID, Region: a.Issuer.Region, UserCode: l.UserCode,
			VerificationURI: l.VerificationURI, BrowserOpened: &opened, ExpiresAt: expires,
		})
		if err != nil {
			return err
		}
		return c.tell(o, Event{Type: "waiting", Provider: a.ID, ExpiresAt: expires})
	}
	return nil
}

// await tells a person how long the code is good for, until stop is called.
func (c Commands) await(l oauth.Login) (stop func()) {
	if c.UI.Await != nil {
		return c.UI.Await("waiting for approval", l.Expires)
	}
	c.say("waiting for approval, at most %s; Ctrl-C stops", span(time.Until(l.Expires)))
	return func() {}
}

func (c Commands) openPage(page string, o AddOptions) bool {
	switch {
	case o.NoBrowser, !c.UI.Terminal:
		return false
	case c.UI.OpenBrowser == nil:
		if c.UI.BrowserWhy != "" {
			c.say("no browser is opened: %s", c.UI.BrowserWhy)
		}
		return false
	}
	if err := c.UI.OpenBrowser(page); err != nil {
		c.say("no browser is opened: %v", err)
		return false
	}
	c.say("the page should open in your browser")
	return true
}

// trouble reports why polling takes long, each reason once in a row.
func (c Commands) trouble(a Account, l oauth.Login, o AddOptions) func(*oauth.Error) {
	last := ""
	return func(e *oauth.Error) {
		if o.JSON {
			c.tell(o, Event{Type: "waiting", Provider: a.ID, ExpiresAt: stamp(l.Expires), Reason: e.Message})
		}
		if e.Message != last {
			c.say("still waiting: %s", e.Message)
		}
		last = e.Message
	}
}

// entry is what Hermes Agent stores for a login, and for one at a standard server
// the place of its renewal. Where the layout has no room for a portal, only one that is not the issuer's is named.
func entry(a Account, l oauth.Login, t oauth.Token) authfile.Entry {
	e := authfile.Entry{
		Provider: a.ID, Label: a.Label, Region: a.Issuer.Region, ClientID: a.Issuer.ClientID, Scope: l.Scope, TokenEndpoint: l.TokenEndpoint,
		PortalBaseURL: strings.TrimRight(a.Issuer.Portal, "/"), InferenceBaseURL: strings.TrimRight(a.Inference, "/"),
		TokenType: t.TokenType, AccessToken: t.AccessToken, RefreshToken: t.RefreshToken,
		ObtainedAt: t.ObtainedAt, ExpiresAt: t.ExpiresAt, ExpiresIn: t.ExpiresIn,
	}
	if t.ResourceURL != "" {
		e.ResourceURL = &t.ResourceURL
	}
	if a.Issuer.Dialect != nil {
		e.Layout, e.TokenEndpoint = a.Layout, ""
	}
	if e.Layout == authfile.Row {
		e.PortalBaseURL = a.elsewhere
	}
	return e
}

func (c Commands) done(a Account, t oauth.Token, o AddOptions) error {
	notice := oauth.Printable(t.Notice, 200)
	c.say("logged in to %s%s; the token is renewed by itself", oauth.Printable(a.Name, 60), inRegion(", region=", a, ""))
	if notice != "" {
		c.say("note from the portal: %s", notice)
	}
	c.next(a)
	if !o.JSON {
		return nil
	}
	return c.tell(o, Event{Type: "done", Provider: a.ID, Region: a.Issuer.Region, ExpiresAt: stamp(t.ExpiresAt), Notification: notice})
}

// next says how to use the new credential. A key is not an active provider,
// so config.yaml or a flag has to name its provider.
func (c Commands) next(a Account) {
	switch {
	case c.ConfigProvider == a.ID, c.ConfigProvider == "" && a.Kind == KindOAuth && !a.passive:
		c.say(`next: hermes "your question"`)
	case c.ConfigProvider != "":
		c.say(`next: hermes --provider %s "your question"; config.yaml names %s, change that with: hermes config set provider %s`, a.ID, c.ConfigProvider, a.ID)
	default:
		c.say(`next: hermes --provider %s "your question", or make it the default with: hermes config set provider %s`, a.ID, a.ID)
	}
}

// failure is the last event of a login that did not work.
func failure(a Account, err error) Event {
	e := Event{Type: "error", Provider: a.ID, Region: a.Issuer.Region, Message: oauth.Printable(err.Error(), 0)}
	var classed interface{ Class() string }
	if errors.As(err, &classed) {
		e.Class, e.Code = classed.Class(), classed.Class()
	} else if errors.Is(err, context.Canceled) {
		e.Code = "cancelled"
	}
	var o *oauth.Error
	if errors.As(err, &o) {
		e.Code = o.Code
	}
	return e
}

// inRegion is the account's region between two texts, "" where it has none.
func inRegion(before string, a Account, after string) string {
	if a.Issuer.Region == "" {
		return ""
	}
	return before + a.Issuer.Region + after
}
