package mcp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"hermes/oneshot/sse"
	"hermes/oneshot/wire/dial"
)

const (
	// maxRefusal is how much is read of an answer that is no result, in bytes.
	maxRefusal = 16 << 10
	// maxResumes is how often a stream that ended before the answer is asked for again without anything new in it.
	maxResumes = 5
)

// errUnanswered is the end of a response without the answer to the request.
var errUnanswered = errors.New("request terminated without response")

// web is the way to a server of the network (streamable HTTP): each message is a POST, and its response has the answer.
type web struct {
	l       *session
	at      *url.URL
	session atomic.Value // the id that the server gave, a string
}

func newWeb(l *session) (*web, error) {
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, l.wrong("has a url that is no http or https address")
	}
	return &web{l: l, at: u}, nil
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

// send returns when the answer to a call is heard.
func (w *web) send(ctx context.Context, msg jsonrpc.Message) error {
	res, err := w.post(ctx, msg)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	call, ok := msg.(*jsonrpc.Request)
	if !ok || !call.IsCall() {
		return nil
	}
	switch kind := mediaType(res); kind {
	case "application/json":
		body, err := io.ReadAll(res.Body)
		if err == nil && !w.l.hearAll(body, call.ID) {
			err = errUnanswered
		}
		return err
	case "text/event-stream":
		return w.follow(ctx, res, call.ID)
	default:
		return &refusal{Msg: fmt.Sprintf("answers with %q where MCP has JSON or events", kind), setting: true}
	}
}

// follow reads the stream of an answer. Where it ends too early and has said at which event, it is asked for from there: the call is not
// sent again.
func (w *web) follow(ctx context.Context, res *http.Response, id jsonrpc.ID) error {
	last, wait := "", time.Second
	for tries := 0; tries < maxResumes; tries++ {
		if res != nil {
			events := sse.NewReader(res.Body)
			err := w.l.listen(events, id)
			res.Body.Close()
			if _, refused := errors.AsType[*refusal](err); err == nil || refused {
				return err
			}
			if at := events.LastID(); at != "" && at != last {
				last, tries = at, 0
			}
			if said, ok := events.Retry(); ok {
				wait = said
			}
		}
		if last == "" {
			break
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		var err error
		res, err = w.do(ctx, http.MethodGet, nil, http.Header{"Accept": {"text/event-stream"}, "Last-Event-Id": {last}})
		if r, ok := errors.AsType[*refusal](err); ok && r.setting {
			return err
		}
	}
	return errUnanswered
}

// listen passes on the messages of a stream, up to the answer to id. The error is why there is none.
func (l *session) listen(events *sse.Reader, id jsonrpc.ID) error {
	for {
		e, err := events.Next()
		if err != nil {
			return err
		}
		if e.Type == "message" && l.hearAll(e.Data, id) {
			return nil
		}
	}
}

// hearAll passes on messages, and reports the answer to id among them.
func (l *session) hearAll(data []byte, id jsonrpc.ID) (answered bool) {
	for _, msg := range messages(data) {
		if r, ok := msg.(*jsonrpc.Response); ok && r.ID == id {
			answered = true
		}
		l.hear(msg)
	}
	return answered
}

// close ends the session of a server that has some.
func (w *web) close() {
	if w.sessionID() == "" {
		return
	}
	ctx, stop := context.WithTimeout(w.l.life, farewell)
	defer stop()
	if res, err := w.do(ctx, http.MethodDelete, nil, http.Header{}); err == nil {
		res.Body.Close()
	}
	w.session.Store("")
}

func (w *web) sessionID() string {
	id, _ := w.session.Load().(string)
	return id
}

func (w *web) post(ctx context.Context, msg jsonrpc.Message) (*http.Response, error) {
	body, err := jsonrpc.EncodeMessage(msg)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}}
	if m, ok := msg.(*jsonrpc.Request); ok && w.l.protocol() == stateless {
		var p params
		_ = json.Unmarshal(m.Params, &p) // our own
		header.Set("Mcp-Method", m.Method)
		if p.Name != "" {
			header.Set("Mcp-Name", headerText(p.Name))
		}
	}
	return w.do(ctx, http.MethodPost, body, header)
}

// headerText is a text as the headers of the protocol without a handshake have it.
func headerText(s string) string {
	plain := !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) && s == strings.TrimSpace(s) && !strings.HasPrefix(s, "=?base64?")
	if plain {
		return s
	}
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
}

// do sends a request and gives an answer that is no refusal, bounded in size. Nothing follows a redirect.
func (w *web) do(ctx context.Context, method string, body []byte, header http.Header) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, w.at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = header
	if id := w.sessionID(); id != "" {
		header.Set("Mcp-Session-Id", id)
	}
	if u := w.at.User; u != nil {
		password, _ := u.Password()
		r.SetBasicAuth(u.Username(), password)
	}
	maps.Copy(header, w.l.Header)
	if v := w.l.protocol(); v != "" {
		header.Set("Mcp-Protocol-Version", v)
	}
	res, err := w.l.Transport.RoundTrip(r)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, &refusal{Msg: "cannot be reached: " + dial.Reason(err), setting: dial.Permanent(err)}
	}
	if err := unfit(r, res); err != nil {
		res.Body.Close()
		return nil, err
	}
	if id := res.Header.Get("Mcp-Session-Id"); id != "" {
		w.session.CompareAndSwap(nil, id)
	}
	res.Body = &bounded{ReadCloser: res.Body, events: mediaType(res) == "text/event-stream"}
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
		return nil
	}
	e := &refusal{
		Msg:     fmt.Sprintf("answers %d %s", code, http.StatusText(code)),
		setting: code < 500 && code != http.StatusTooManyRequests && code != http.StatusRequestTimeout,
		// what the server did not run; a stream that is asked for again is of a call that it did
		forgotten: code == http.StatusNotFound && r.Method == http.MethodPost && r.Header.Get("Mcp-Session-Id") != "",
	}
	if code >= 300 && code < 400 {
		e.Msg += " to " + shown(res.Header.Get("Location")) + ", which is not followed"
		return e
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
	var doc struct {
		Error jsonrpc.Error `json:"error"`
	}
	words := string(bytes.TrimSpace(body))
	if json.Unmarshal(body, &doc) == nil && doc.Error.Message != "" {
		words, e.code = doc.Error.Message, doc.Error.Code
	}
	if words != "" {
		e.Msg += ": " + words
	}
	return e
}

// refusal is why a request has no result.
type refusal struct {
	Msg       string
	code      int64 // of JSON-RPC, 0 where the answer has none
	setting   bool  // to try again would meet the same
	forgotten bool  // the server no longer knows the session, and did not run what was asked
}

func (e *refusal) Error() string { return e.Msg }

// codeOf is the code of JSON-RPC by which a server refused, 0 where there is none.
func codeOf(err error) int64 {
	if e, ok := errors.AsType[*jsonrpc.Error](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*refusal](err); ok {
		return e.code
	}
	return 0
}

// bounded is a body of at most maxMessage bytes; in a stream of events each line has as many.
type bounded struct {
	io.ReadCloser
	events bool
	size   int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), 64<<10)])
	if b.size += n; b.size > maxMessage {
		return 0, &refusal{Msg: fmt.Sprintf("answers with more than %d MiB", maxMessage>>20)}
	}
	if at := bytes.LastIndexByte(p[:n], '\n'); b.events && at >= 0 {
		b.size = n - at - 1
	}
	return n, err
}

// older is the way of 2024-11-05: one stream has all that the server says, and its first event is where messages go.
type older struct{ *web }

func (o older) open() error {
	res, err := o.do(o.l.life, http.MethodGet, nil, http.Header{"Accept": {"text/event-stream"}})
	if err != nil {
		return err
	}
	events := sse.NewReader(res.Body)
	to := o.at
	first, err := events.Next()
	if err == nil && first.Type == "endpoint" {
		to, err = o.at.Parse(string(first.Data))
	}
	switch {
	case err != nil || first.Type != "endpoint":
		err = &refusal{Msg: "does not say where its messages go, as a server of the older way (sse) does", setting: true}
	case originOf(to) != originOf(o.at):
		err = &refusal{Msg: "names another server for its messages, " + shown(to.String()) + ", which gets nothing", setting: true}
	}
	if err != nil {
		res.Body.Close()
		return err
	}
	o.at = to
	go func() {
		defer res.Body.Close()
		o.l.fail(o.l.listen(events, jsonrpc.ID{}))
	}()
	return nil
}

func (o older) send(ctx context.Context, msg jsonrpc.Message) error {
	res, err := o.post(ctx, msg)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// close leaves it to the end of the session's context, which ends the stream.
func (older) close() {}
