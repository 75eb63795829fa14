package wire

import (
	"time"

	"hermes/oneshot/class"
)

// Error is a failed request. Its message is one line without control
// characters and never holds a secret.
type Error struct {
	// ErrClass is the class that decides the exit code.
	ErrClass class.Class
	// Message is the server's word, or what went wrong here.
	Message string
	// ProviderCode is the provider's own name or number of the error.
	ProviderCode string
	RequestID    string
	// HTTPStatus is 0 when no response came.
	HTTPStatus int
	// RetryAt is when the server allows the next try; zero when it did not say.
	RetryAt time.Time
	// Retryable says that the same request may succeed later. This client
	// itself tries again only when "later" is soon: not for a used-up quota.
	Retryable bool
	// API is what the server seems to speak in place of Asked, or Unknown; empty when nothing says that it speaks another.
	API, Asked API
	// Page says that a page for people came in the place of an answer.
	Page bool
	// Redirect is the URL to which the server sent the request, printable and without what could be secret; RedirectBase is
	// the base URL that leads there, empty where none does.
	Redirect, RedirectBase string
	// Err is the cause, when there is one.
	Err error

	final   bool // never sent again by this client
	expired bool // the credential was refused, a renewed one may pass
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Class names the error's class for the exit code.
func (e *Error) Class() string { return string(e.ErrClass) }
