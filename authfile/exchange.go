package authfile

import (
	"context"
	"time"
)

// Exchange is how a refresh token becomes a new pair; the store decides when,
// and how often at most.
type Exchange struct {
	// Post sends the refresh once, never retrying by itself, and returns the
	// whole body of a 200. Other answers are a *PostError; any other error
	// counts as Unknown.
	Post func(ctx context.Context, e Entry) (raw []byte, err error)
	// Parse merges a 200 body into e. It is pure: the body may come from the
	// journal of a process that died. at is the moment before the request was
	// sent. A 200 that reports a failure inside is a *PostError; any other
	// error means the body was not understood.
	Parse func(e Entry, raw []byte, at time.Time) (Entry, error)
}

// parse is Parse with what an answer may leave out: a refresh token that stays.
func (x Exchange) parse(e Entry, raw []byte, at time.Time) (Entry, error) {
	out, err := x.Parse(e, raw, at)
	if err == nil && out.AccessToken == "" {
		err = &PostError{Outcome: Unknown, HTTPStatus: 200, Message: "the answer has no access token", ErrClass: "protocol"}
	}
	if out.RefreshToken == "" {
		out.RefreshToken = e.RefreshToken
	}
	out.LastError = nil
	return out, err
}

// Renewal says how Renew came by the entry it returned.
type Renewal struct {
	Renewed bool          // this call exchanged the refresh token
	Adopted bool          // another process had done it, or the journal held the answer
	Waited  time.Duration // for the lock
	Warning string        // the entry is good, but: could not be saved, put back after a wipe, …
}
