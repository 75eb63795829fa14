package output

import (
	"time"

	"hermes/oneshot/class"
)

// Failure is the `error` object of run.end and of a batch row.
type Failure struct {
	Class        class.Class `json:"class" desc:"closed list; maps to one exit code"`
	Message      string      `json:"message" desc:"one line for a person, no secret"`
	Hint         string      `json:"hint,omitempty" desc:"what to do next"`
	Retryable    bool        `json:"retryable" desc:"the same command may succeed later"`
	RetryAt      *time.Time  `json:"retry_at,omitempty" desc:"not before this time, when it is known"`
	HTTPStatus   int         `json:"http_status,omitempty" desc:"of the last response"`
	ProviderCode string      `json:"provider_code,omitempty" desc:"the provider's own name or number of the error"`
	RequestID    string      `json:"request_id,omitempty" desc:"for the provider's support"`
	Code         int         `json:"-"` // the exit code; run.end has it as exit_code
}
