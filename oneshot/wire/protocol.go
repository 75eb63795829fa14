package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/sse"
	"hermes/oneshot/wire/body"
)

// API is the name of what a server speaks, as people know it.
type API string

// The APIs.
const (
	Messages  API = "the Anthropic Messages API"
	Chat      API = "Chat Completions"
	Responses API = "the Responses API"
	Gemini    API = "the Gemini API"
	// Unknown is what a server speaks that does not know the path.
	Unknown API = "another API"
)

// Protocol translates between Request and what one kind of server reads and writes. It is a pure value: no I/O, no
// clock, no state. What differs between servers of one protocol are fields of its value.
type Protocol interface {
	// API is what the protocol is known as.
	API() API
	// Endpoint is where r is posted. base is the configured base URL without user info and fragment; its query is kept.
	Endpoint(base *url.URL, r *Request) *url.URL
	// Header sets the protocol's own headers and the credential, "" being none. The credential stands in one header only.
	Header(h http.Header, credential string)
	// Encode makes the body. The error is an *Unsupported.
	Encode(r *Request) (body.Body, error)
	// Decoder reads the answer to r into the sink.
	Decoder(r *Request, to *Sink) Decoder
	// Media is what the server takes of images and documents.
	Media() Media
	// Arguments is the JSON Schema of a tool's arguments in a form that the server takes. The error continues a sentence that
	// says why the tool cannot be offered.
	Arguments(schema json.RawMessage) (json.RawMessage, error)
	// Failure reads an error body. status is 0 for an error inside of an answer.
	Failure(status int, h http.Header, raw []byte) Failure
}

// Decoder reads one answer. An error that a method of Sink returned is returned unchanged; any other is a *Failure.
type Decoder interface {
	// Event takes one event of the stream; the event's data is valid until Event returns. done says that the answer is
	// whole and nothing more of the stream is needed.
	Event(ev sse.Event) (done bool, err error)
	// Document takes an answer that came whole as one valid JSON document: from a server that does not stream, or an error
	// under status 200.
	Document(raw []byte) error
	// EOF is called when the stream ended before done. nil means that the protocol's own end was seen all the same.
	EOF() error
	// Flush hands out what the decoder holds back. It is called once, last, also after an error.
	Flush() error
}

// Failure is what a server says of an error, or a decoder of a broken answer.
type Failure struct {
	// Class decides the exit code.
	Class class.Class
	// Code is the provider's own name or number of the error.
	Code string
	// Message is in the server's words, or says what was wrong. It is cleaned and masked before it is shown. Where it is
	// empty, Body is shown: the error as it came.
	Message   string
	Body      []byte
	RequestID string
	// RetryAt is when the server allows the next try, RetryAfter how long it asks to wait; zero when its body did not say.
	RetryAt    time.Time
	RetryAfter time.Duration
	// Retryable says that the same request may succeed later; Final that this client must not try that itself.
	Retryable, Final bool
	// Expired says that the credential itself was refused, so that a renewed one may pass.
	Expired bool
	// API is what the server seems to speak in place of what it was asked by, or Unknown; empty when nothing says so.
	API API
}

// Error gives the message.
func (f *Failure) Error() string { return f.Message }

// Broken is the failure of an answer that does not follow the protocol. Another try may bring a whole one.
func Broken(format string, args ...any) *Failure {
	return &Failure{Class: class.Protocol, Message: fmt.Sprintf(format, args...), Retryable: true}
}

// Unsupported is a part of a request that a protocol or its server cannot carry.
type Unsupported struct {
	// Flag is the user's word for the part, such as "--stop".
	Flag string
	// Reason continues the sentence that the flag begins.
	Reason string
}

func (e *Unsupported) Error() string { return e.Flag + " " + e.Reason }

// Class is usage.
func (e *Unsupported) Class() string { return string(class.Usage) }
