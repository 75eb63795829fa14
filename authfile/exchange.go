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

// Renewal says how Renew came by the entry it returned.
type Renewal struct {
	Renewed bool          // this call exchanged the refresh token
	Adopted bool          // another process had done it, or the journal held the answer
	Waited  time.Duration // for the lock
	Warning string        // the entry is good, but: could not be saved, put back after a wipe, …
}
