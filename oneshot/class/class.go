// Package class is the closed list of what a failure can be called: in an event, in a row of a batch, and behind an exit code.
//
// An error says its class by a method Class() string. The other halves of the program, which may not import this package, have
// that method too.
package class

import (
	"errors"
	"slices"
)

// Class says what kind of failure ended a run or an attempt. The list is closed: a script may switch over it, and a new
// class is a new `v`. The table in package output gives each its exit code.
type Class string

// The closed list of classes.
const (
	Usage           Class = "usage"            // bad flag or argument
	InvalidInput    Class = "invalid_input"    // input that cannot be decoded or sent
	Schema          Class = "schema"           // an answer that fails --output-schema
	NoInput         Class = "no_input"         // no prompt, file missing, stdin wait over
	Network         Class = "network"          // name, connection or TLS failed
	Timeout         Class = "timeout"          // one of the clocks but the deadline ran out
	ServerError     Class = "server_error"     // 5xx after all retries
	IO              Class = "io"               // the output cannot be written
	RateLimit       Class = "rate_limit"       // 429
	Overloaded      Class = "overloaded"       // 529, or the provider's words for it
	Quota           Class = "quota"            // used up until a reset time
	LockTimeout     Class = "lock_timeout"     // another process held the login's lock for too long
	Protocol        Class = "protocol"         // malformed or cut stream
	NotLoggedIn     Class = "not_logged_in"    // no credential at all
	ReauthRequired  Class = "reauth_required"  // the login was refused for good
	AuthRefused     Class = "auth_refused"     // key or token refused
	Billing         Class = "billing"          // plan or balance
	Config          Class = "config"           // config.yaml or auth.json broken, unknown provider
	Budget          Class = "budget"           // --max-cost, or a bound of the tool loop
	Refusal         Class = "refusal"          // the model declined
	Truncated       Class = "truncated"        // cut by max_tokens
	ContextLength   Class = "context_length"   // over the context window
	Empty           Class = "empty"            // an answer without text
	ToolDenied      Class = "tool_denied"      // a call was not allowed
	BatchFailed     Class = "batch_failed"     // some rows of a batch failed
	BatchIncomplete Class = "batch_incomplete" // some rows of a batch may be tried again
	Deadline        Class = "deadline"         // --deadline passed
	Hangup          Class = "hangup"           // SIGHUP
	Interrupt       Class = "interrupt"        // SIGINT
	PipeClosed      Class = "pipe_closed"      // the reader of the output is gone
	Terminated      Class = "terminated"       // SIGTERM
	InvalidRequest  Class = "invalid_request"  // 400, 404, 413, 422
	Internal        Class = "internal"         // everything else: a defect of ours
)

// All returns the closed list in the order in which it is documented. The caller owns the slice.
func All() []Class {
	return []Class{
		Usage, InvalidInput, Schema, NoInput, Network, Timeout, ServerError, IO,
		RateLimit, Overloaded, Quota, LockTimeout, Protocol, NotLoggedIn,
		ReauthRequired, AuthRefused, Billing, Config, Budget, Refusal, Truncated,
		ContextLength, Empty, ToolDenied, BatchFailed, BatchIncomplete, Deadline, Hangup, Interrupt, PipeClosed,
		Terminated, InvalidRequest, Internal,
	}
}

// Valid reports whether c is on the closed list.
func (c Class) Valid() bool { return slices.Contains(All(), c) }

// Of is the class of the first error in err's tree that has one, "" where none has.
func Of(err error) Class {
	if e, ok := errors.AsType[interface {
		error
		Class() string
	}](err); ok {
		return Class(e.Class())
	}
	return ""
}

// Is reports whether err is of one of the classes.
func Is(err error, classes ...Class) bool { return slices.Contains(classes, Of(err)) }
