package authfile

import (
	"fmt"
	"time"
)

// Error is every failure of this package that is not an answer of the token
// server. Its text names the file and never holds a secret.
type Error struct {
	Kind    string // error class: config, io, lock_timeout, not_logged_in, reauth_required, quota
	Path    string // the file concerned, "" when none is
	Message string
	Err     error // cause, or nil
	torn    bool  // the content is no document, perhaps because somebody writes it now
	newer   bool  // the content is of a later version, and good
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Class names the error class, from which the exit code follows.
func (e *Error) Class() string { return e.Kind }

func (e *Error) Unwrap() error { return e.Err }

// Broken reports a store whose content cannot be used or written: it must be
// mended by hand, or set aside (Options.SetAside).
func (e *Error) Broken() bool {
	return e.Kind == classConfig && e.Path != "" && e.Err == nil && !e.newer
}

// The classes that this package gives itself.
const (
	classConfig      = "config"
	classIO          = "io"
	classLockTimeout = "lock_timeout"
	classNotLoggedIn = "not_logged_in"
	classReauth      = "reauth_required"
	classQuota       = "quota"
)

func errorf(kind, path string, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Path: path, Err: cause, Message: fmt.Sprintf(format, args...)}
}

// Outcome says what an exchange that gave no new pair did to the refresh token.
type Outcome int

// The outcomes of a POST, by what is known about the refresh token.
const (
	Unknown       Outcome = iota // sent, and no answer or one that proves nothing (5xx)
	NotSent                      // no byte reached the server
	Transient                    // 429, 503: surely not spent
	Refused                      // the grant is dead: invalid_grant and its kin
	Misconfigured                // invalid_client, invalid_request: our mistake, the token lives
	Denied                       // 403 by plan or tier: the tokens are good, the account is not entitled
)

func (o Outcome) String() string {
	return [...]string{"unknown", "not_sent", "transient", "refused", "misconfigured", "denied"}[o]
}

// PostError is a failed exchange. Message comes from the server: the caller
// has bounded it and removed control characters and secrets.
type PostError struct {
	Outcome    Outcome
	Code       string        // OAuth error code or the service's own, "" when none
	Message    string        // one line
	HTTPStatus int           // 0: no answer
	RetryAfter time.Duration // 0: not given
	ErrClass   string        // error class; "" takes the one that fits the outcome
}

func (e *PostError) Error() string {
	text := "token renewal failed"
	if e.HTTPStatus != 0 {
		text += fmt.Sprintf(" (HTTP %d)", e.HTTPStatus)
	}
	if e.Code != "" {
		text += ": " + e.Code
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Class is ErrClass, or the class that fits the outcome.
func (e *PostError) Class() string {
	if e.ErrClass != "" {
		return e.ErrClass
	}
	switch e.Outcome {
	case Refused:
		return classReauth
	case Misconfigured:
		return classConfig
	case Denied:
		return "billing"
	case Transient:
		if e.HTTPStatus == 429 {
			return "rate_limit"
		}
		return "overloaded"
	}
	if e.HTTPStatus >= 500 {
		return "server_error"
	}
	return "network"
}
