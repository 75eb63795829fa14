// Package wire sends a request to a model's server and hands out its answer as events, whatever the server speaks.
//
// A [Protocol] translates; everything else is here: attempts, clocks, retries, credentials, the trace. The protocols are
// in the packages below this one.
//
// What a caller should know:
//
//   - Client.Stream returns an iterator. Leaving the loop cancels the request; there is nothing to close.
//   - An answer is whole only when KindDone came. A body that ends earlier is an error of class protocol, whatever its
//     HTTP status was.
//   - Once the first KindText was handed out nothing is retried, unless Restart says that the consumer can forget it.
//   - Redirects are never followed, so a credential stays at the host it was meant for.
//   - The client reports and does not advise: Error holds facts, the command line finds the words for people.
package wire

import (
	"context"
	"net/http"
	"time"

	"hermes/oneshot/pace"
)

// Client asks one endpoint. It may be used by several goroutines at once.
type Client struct {
	// Protocol is what the endpoint speaks.
	Protocol Protocol
	// BaseURL is the endpoint without the path of the call.
	BaseURL string
	// Header holds further headers (User-Agent, anthropic-beta), never the credential.
	Header http.Header
	// Secrets are values of Header that no line may show, whatever the header's name. The credential and what the query of
	// BaseURL holds are treated so, too.
	Secrets []string
	// Token gives the credential. rejected is "" at first, and after a 401 the credential that the server refused. Its
	// error is returned unchanged. nil means no credential.
	Token func(ctx context.Context, rejected string) (string, error)
	// Transport sends the requests; its own redirects, cookies and retries are not used.
	Transport http.RoundTripper
	// FirstByte bounds the wait from the request to the first byte of the body, Idle the silence between two bytes after
	// it. 0 is no bound. The bound of connecting belongs to the transport.
	FirstByte, Idle time.Duration
	// Retries is how often a failed request may be sent again; 0 is never.
	Retries int
	// Restart is asked before a request is sent again whose answer broke off after KindText or KindCall. true means that
	// the consumer forgot that answer, false or no Restart that the failure stands.
	Restart func() bool
	// Pace gives each request its turn; nil is no limit. Tokens estimates what the request takes, for Pace; may be nil.
	Pace   *pace.Pace
	Tokens func() int64
	// Patient bears refusals for a limit (429) without counting them as retries, as long as the server asks for no more than a
	// minute: such a request was not tried.
	Patient bool
	// ForQuota is how long, all in all, a reset that the server has told is waited for, beside the retries.
	ForQuota time.Duration
	// Trace receives lines about the wire for --debug. No line holds a secret.
	Trace func(line string)
}
