package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"hermes/oneshot/wire/dial"
)

// maxRefusal is how much is read of an answer that is no result, in bytes.
const maxRefusal = 16 << 10

// link is the way to a server of the network: it adds the headers, refuses what a redirect or the server itself would lead
// elsewhere, bounds what comes back, and notes what was wrong. The SDK makes of an HTTP status words in a text.
type link struct {
	Server
	origin  string
	version atomic.Pointer[string] // that was agreed on
}

func newLink(s Server) (*link, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, s.wrong("has a url that is no http or https address")
	}
	return &link{Server: s, origin: originOf(u)}, nil
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// shown is an address without what may be a secret in it.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "its url"
	}
	return originOf(u) + u.EscapedPath()
}

// RoundTrip sends a request of the SDK's.
func (l *link) RoundTrip(r *http.Request) (*http.Response, error) {
	seen := observed(r.Context())
	res, err := l.send(r)
	if err != nil {
		seen.note(err)
	}
	return res, err
}

func (l *link) send(r *http.Request) (*http.Response, error) {
	if originOf(r.URL) != l.origin {
		return nil, &refusal{Msg: "names another server for its messages, " + shown(r.URL.String()) + ", which gets nothing", setting: true}
	}
	r = r.Clone(r.Context())
	maps.Copy(r.Header, l.Header)
	if v := l.version.Load(); v != nil {
		r.Header.Set("Mcp-Protocol-Version", *v)
	}
	res, err := l.Transport.RoundTrip(r)
	if err != nil {
		if cause := context.Cause(r.Context()); cause != nil {
			return nil, cause
		}
		return nil, &refusal{Msg: "cannot be reached: " + dial.Reason(err), setting: dial.Permanent(err)}
	}
	if err := unfit(r, res); err != nil {
		res.Body.Close()
		return nil, err
	}
	res.Body = &bounded{ReadCloser: res.Body, seen: observed(r.Context()), events: mediaType(res) == "text/event-stream"}
	return res, nil
}

func mediaType(res *http.Response) string {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return kind
}

// unfit says what is wrong with an answer that is no result; nil where it is one.
func unfit(r *http.Request, res *http.Response) error {
	code := res.StatusCode
	if code >= 200 && code < 300 {
		kind := mediaType(res)
		if r.Method != http.MethodPost || code != http.StatusOK || res.ContentLength == 0 || kind == "application/json" || kind == "text/event-stream" {
			return nil
		}
		return &refusal{Msg: fmt.Sprintf("answers with %q where MCP has JSON or events", kind), setting: true}
	}
	said := fmt.Sprintf("answers %d %s", code, http.StatusText(code))
	switch {
	case code >= 300 && code < 400:
		said += " to " + shown(res.Header.Get("Location")) + ", which is not followed"
	default:
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
		if words := spoken(body); words != "" {
			said += ": " + words
		}
	}
	return &refusal{
		Msg: said, setting: code < 500 && code != http.StatusTooManyRequests && code != http.StatusRequestTimeout,
		forgotten: code == http.StatusNotFound && r.Header.Get("Mcp-Session-Id") != "",
	}
}

// spoken is what a refusal says: the message of a JSON-RPC error, else its text.
func spoken(body []byte) string {
	var doc struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &doc) == nil && doc.Error.Message != "" {
		return doc.Error.Message
	}
	return string(bytes.TrimSpace(body))
}

// refusal is why a request has no result.
type refusal struct {
	Msg       string
	setting   bool // to try again would meet the same
	forgotten bool // the server no longer knows the session, and did not run what was asked
}

func (e *refusal) Error() string { return e.Msg }

// bounded is a body of at most maxMessage bytes; in a stream of events each line has as many.
type bounded struct {
	io.ReadCloser
	seen   *observation
	events bool
	size   int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.size += n
	if at := bytes.LastIndexByte(p[:n], '\n'); b.events && at >= 0 {
		b.size = n - at - 1
	}
	if b.size > maxMessage {
		err := &refusal{Msg: fmt.Sprintf("answers with more than %d MiB", maxMessage>>20)}
		b.seen.note(err)
		return 0, err
	}
	return n, err
}

// versioned notes the protocol that the server chose, for the header that later requests must have.
func (l *link) versioned(t mcp.Transport) mcp.Transport { return versioned{t, l} }

type versioned struct {
	mcp.Transport
	link *link
}

func (v versioned) Connect(ctx context.Context) (mcp.Connection, error) {
	c, err := v.Transport.Connect(ctx)
	return versionedConn{c, v.link}, err
}

type versionedConn struct {
	mcp.Connection
	link *link
}

func (c versionedConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	msg, err := c.Connection.Read(ctx)
	if res, ok := msg.(*jsonrpc.Response); ok && c.link.version.Load() == nil {
		var initialized struct {
			Version string `json:"protocolVersion"`
		}
		if json.Unmarshal(res.Result, &initialized) == nil && initialized.Version != "" {
			c.link.version.Store(&initialized.Version)
		}
	}
	return msg, err
}

// observation is what the link saw of a call: the SDK hands on words alone.
type observation struct {
	mu  sync.Mutex
	err error
}

type observationKey struct{}

// observe gives a context whose requests are noted.
func observe(ctx context.Context) (context.Context, *observation) {
	seen := &observation{}
	return context.WithValue(ctx, observationKey{}, seen), seen
}

// observed is the observation of a context, nil where there is none.
func observed(ctx context.Context) *observation {
	seen, _ := ctx.Value(observationKey{}).(*observation)
	return seen
}

func (o *observation) note(err error) {
	if o != nil && !errors.Is(err, io.EOF) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.err = err
	}
}

// failed is the last that was noted.
func (o *observation) failed() error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
