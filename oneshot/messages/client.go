// Package messages is the wire of the Anthropic Messages API, as Anthropic,
// MiniMax and the local servers that imitate it speak it: one request out, one
// stream of events back.
//
// What a caller should know:
//
//   - Client.Stream returns an iterator. Leaving the loop cancels the request;
//     there is nothing to close.
//   - An answer is whole only when KindDone came. A body that ends earlier is
//     an error of class protocol, whatever its HTTP status was.
//   - Once the first KindText was handed out nothing is retried, unless
//     Restart says that the consumer can forget it.
//   - Redirects are never followed, so a credential stays at the host it was
//     meant for.
//   - MiniMax answers many failures with the wrong HTTP status (an empty
//     balance is a 500); the number in parentheses at the end of its message
//     decides, then the error's type, then the status.
//   - The client reports and does not advise: Error holds facts, main finds
//     the words for people.
package messages

import (
	"context"
	"net/http"
	"time"
)

// Scheme says how the credential is shown to the server. The two are never
// sent together: Anthropic answers 401 to a request with both.
type Scheme int

// The ways to send a credential.
const (
	// None sends no credential at all.
	None Scheme = iota
	// Bearer sends "Authorization: Bearer …", the form every MiniMax source accepts.
	Bearer
	// APIKey sends "X-Api-Key: …", Anthropic's form.
	APIKey
)

// Client asks one endpoint. It may be used by several goroutines at once.
type Client struct {
	// BaseURL is the endpoint without the path of the call. A trailing slash
	// or "/v1" is stripped before "/v1/messages" is appended.
	BaseURL string
	// Header holds further headers (User-Agent, anthropic-beta), never the credential.
	Header http.Header
	// Secrets are values of Header that no line may show, whatever the header's name. The credential and what the query of
	// BaseURL holds are treated so, too.
	Secrets []string
	// Scheme says where the credential goes.
	Scheme Scheme
	// Token gives the credential. rejected is "" at first, and after a 401 the
	// credential that the server refused. Its error is returned unchanged.
	// nil means no credential.
	Token func(ctx context.Context, rejected string) (string, error)
	// Transport sends the requests; its own redirects, cookies and retries are not used.
	Transport http.RoundTripper
	// FirstByte bounds the wait from the request to the first byte of the
	// body, Idle the silence between two bytes after it. 0 is no bound.
	// The bound of connecting belongs to the transport.
	FirstByte, Idle time.Duration
	// Retries is how often a failed request may be sent again; 0 is never.
	Retries int
	// Restart is asked before a request is sent again whose answer broke off
	// after KindText or KindToolUse. true means that the consumer forgot that
	// answer, false or no Restart that the failure stands.
	Restart func() bool
	// Trace receives lines about the wire for --debug. No line holds a secret.
	Trace func(line string)
}
