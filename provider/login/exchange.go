package login

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"hermes/authfile"
	"hermes/provider/oauth"
)

// CodeNoPortal is the code of an entry that does not say which portal its
// tokens belong to. Guessing would send a refresh token to a stranger.
const CodeNoPortal = "no_portal_base_url"

// Exchange teaches the store how a login of the issuer is renewed. transport may
// be nil; then each renewal uses a connection of its own.
func Exchange(at oauth.Issuer, transport http.RoundTripper) authfile.Exchange {
	return authfile.Exchange{
		Post: func(ctx context.Context, e authfile.Entry) ([]byte, error) {
			return post(ctx, at, e, transport)
		},
		Parse: func(e authfile.Entry, raw []byte, sent time.Time) (authfile.Entry, error) {
			return parse(at, e, raw, sent)
		},
	}
}

func post(ctx context.Context, at oauth.Issuer, e authfile.Entry, transport http.RoundTripper) ([]byte, error) {
	if e.PortalBaseURL == "" && at.Dialect == nil {
		return nil, &authfile.PostError{
			Outcome: authfile.Misconfigured, Code: CodeNoPortal, ErrClass: "reauth_required",
			Message: "the stored login does not name its portal",
		}
	}
	raw, err := client(at, e, transport).Refresh(ctx, e.RefreshToken)
	if err != nil {
		return nil, postError(err)
	}
	return raw, nil
}

// client is one for the portal that the login names, else for the issuer's.
func client(at oauth.Issuer, e authfile.Entry, transport http.RoundTripper) *oauth.Client {
	c := &oauth.Client{
		Portal: e.PortalBaseURL, ClientID: e.ClientID, Scope: e.Scope, TokenEndpoint: e.TokenEndpoint, Dialect: at.Dialect, Transport: transport,
	}
	if at.Dialect != nil {
		c.Portal, c.ClientID = cmp.Or(c.Portal, at.Portal), cmp.Or(c.ClientID, at.ClientID)
	}
	return c
}

// parse keeps token type, scope and resource URL as the login stored them, as
// Hermes Agent does, and the old refresh token where no new one came.
func parse(at oauth.Issuer, e authfile.Entry, raw []byte, sent time.Time) (authfile.Entry, error) {
	t, err := client(at, e, nil).ParseToken(raw, sent)
	if err != nil {
		return authfile.Entry{}, postError(err)
	}
	e.AccessToken = t.AccessToken
	if t.RefreshToken != "" {
		e.RefreshToken = t.RefreshToken
	}
	e.IDToken = t.IDToken
	e.ObtainedAt, e.ExpiresAt, e.ExpiresIn = t.ObtainedAt, t.ExpiresAt, t.ExpiresIn
	return e, nil
}

func postError(err error) error {
	var o *oauth.Error
	if !errors.As(err, &o) {
		return err
	}
	p := &authfile.PostError{
		Outcome: outcome(o), Code: o.Code, Message: o.Said,
		HTTPStatus: o.HTTPStatus, RetryAfter: o.RetryAfter, ErrClass: o.ErrClass,
	}
	if p.Message == "" {
		p.Message = o.Message
	}
	return p
}

// outcome says what became of the refresh token. Of the inner codes only the
// rate limits prove that it was not used.
func outcome(o *oauth.Error) authfile.Outcome {
	switch {
	case o.Terminal:
		return authfile.Refused
	case o.ErrClass == "config":
		return authfile.Misconfigured
	case !o.Sent:
		return authfile.NotSent
	case o.ErrClass == "billing", o.ErrClass == "quota":
		return authfile.Denied
	case o.HTTPStatus == http.StatusTooManyRequests, o.HTTPStatus == http.StatusServiceUnavailable, o.ErrClass == "rate_limit":
		return authfile.Transient
	case o.BlamesClient():
		return authfile.Misconfigured
	}
	return authfile.Unknown
}
