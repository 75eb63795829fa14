package output

import (
	"slices"
	"time"
)

// Class says what kind of failure ended a run or an attempt. The list is closed: a script may switch over it, and a new
// class is a new `v`. The exit code of each is main's business, except that Failure carries it for the encoders' callers.
type Class string

// The closed list of classes.
const (
	ClassUsage          Class = "usage"           // bad flag or argument
	ClassInvalidInput   Class = "invalid_input"   // input that cannot be decoded or sent
	ClassSchema         Class = "schema"          // an answer that fails --output-schema
	ClassNoInput        Class = "no_input"        // no prompt, file missing, stdin wait over
	ClassNetwork        Class = "network"         // name, connection or TLS failed
	ClassTimeout        Class = "timeout"         // one of the clocks but the deadline ran out
	ClassServerError    Class = "server_error"    // 5xx after all retries
	ClassIO             Class = "io"              // the output cannot be written
	ClassRateLimit      Class = "rate_limit"      // 429
	ClassOverloaded     Class = "overloaded"      // 529, or the provider's words for it
	ClassQuota          Class = "quota"           // used up until a reset time
	ClassLockTimeout    Class = "lock_timeout"    // another process held the login's lock for too long
	ClassProtocol       Class = "protocol"        // malformed or cut stream
	ClassNotLoggedIn    Class = "not_logged_in"   // no credential at all
	ClassReauthRequired Class = "reauth_required" // the login was refused for good
	ClassAuthRefused    Class = "auth_refused"    // key or token refused
	ClassBilling        Class = "billing"         // plan or balance
	ClassConfig         Class = "config"          // config.yaml or auth.json broken, unknown provider
	ClassBudget         Class = "budget"          // --max-cost
	ClassRefusal        Class = "refusal"         // the model declined
	ClassTruncated      Class = "truncated"       // cut by max_tokens
	ClassContextLength  Class = "context_length"  // over the context window
	ClassEmpty          Class = "empty"           // an answer without text
	ClassBatchFailed    Class = "batch_failed"    // some rows of a batch failed
	ClassDeadline       Class = "deadline"        // --deadline passed
	ClassHangup         Class = "hangup"          // SIGHUP
	ClassInterrupt      Class = "interrupt"       // SIGINT
	ClassPipeClosed     Class = "pipe_closed"     // the reader of the output is gone
	ClassTerminated     Class = "terminated"      // SIGTERM
	ClassInvalidRequest Class = "invalid_request" // 400, 404, 413, 422
	ClassInternal       Class = "internal"        // everything else: a defect of ours
)

// Classes returns the closed list in the order in which it is documented. The caller owns the slice.
func Classes() []Class {
	return []Class{
		ClassUsage, ClassInvalidInput, ClassSchema, ClassNoInput, ClassNetwork, ClassTimeout, ClassServerError, ClassIO,
		ClassRateLimit, ClassOverloaded, ClassQuota, ClassLockTimeout, ClassProtocol, ClassNotLoggedIn,
		ClassReauthRequired, ClassAuthRefused, ClassBilling, ClassConfig, ClassBudget, ClassRefusal, ClassTruncated,
		ClassContextLength, ClassEmpty, ClassBatchFailed, ClassDeadline, ClassHangup, ClassInterrupt, ClassPipeClosed,
		ClassTerminated, ClassInvalidRequest, ClassInternal,
	}
}

// Valid reports whether c is on the closed list.
func (c Class) Valid() bool { return slices.Contains(Classes(), c) }

// Failure is the `error` object of run.end and of a batch row.
type Failure struct {
	Class        Class      `json:"class" desc:"closed list; maps to one exit code"`
	Message      string     `json:"message" desc:"one line for a person, no secret"`
	Hint         string     `json:"hint,omitempty" desc:"what to do next"`
	Retryable    bool       `json:"retryable" desc:"the same command may succeed later"`
	RetryAt      *time.Time `json:"retry_at,omitempty" desc:"not before this time, when it is known"`
	HTTPStatus   int        `json:"http_status,omitempty" desc:"of the last response"`
	ProviderCode string     `json:"provider_code,omitempty" desc:"the provider's own name or number of the error"`
	RequestID    string     `json:"request_id,omitempty" desc:"for the provider's support"`
	Code         int        `json:"-"` // the exit code; run.end has it as exit_code
}
