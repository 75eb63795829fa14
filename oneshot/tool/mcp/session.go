package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"hermes/oneshot/guard"
)

const (
	// version is the protocol that initialize asks for; a server may answer with an older one.
	version = "2025-11-25"
	// stateless is the protocol without a handshake.
	stateless = "2026-07-28"
	// unknownVersion is its code of an error for a version that the server does not know.
	unknownVersion = -32022
	// maxMessage bounds one message of a server, in bytes, whatever it comes over.
	maxMessage = 16 << 20
	// maxReplies is how many requests of a server are answered at a time; it gets no answer to more.
	maxReplies = 16
	// farewell bounds what is said last, of a call or of a session over HTTP: the server may never answer it.
	farewell = 700 * time.Millisecond
)

// errOver is the error of a call that was not sent, since its session was over.
var errOver = errors.New("its session is over")

// transport brings messages to a server. What the server says comes to session.hear.
type transport interface {
	// send may return before the answer to a call is heard, but not without an error where there will be none.
	send(ctx context.Context, msg jsonrpc.Message) error
	// close is bounded, and may be called again.
	close()
}

// session is a connection to a server.
type session struct {
	Server
	way     transport
	process *process        // nil over HTTP
	life    context.Context // of what belongs to no call
	end     context.CancelFunc
	chosen  atomic.Value  // the version of the protocol, a string
	replies chan struct{} // one for each that is on its way
	over    chan struct{} // closed when no answer can come any more

	mu      sync.Mutex
	ended   error // why it is over
	last    int
	waiting map[jsonrpc.ID]chan *jsonrpc.Response
}

// connect starts the server and shakes hands. ctx bounds that, and nothing after it.
func (s Server) connect(ctx context.Context) (*session, error) {
	l := &session{
		Server: s, replies: make(chan struct{}, maxReplies), over: make(chan struct{}), waiting: map[jsonrpc.ID]chan *jsonrpc.Response{},
	}
	l.life, l.end = context.WithCancel(context.WithoutCancel(ctx))
	err := l.open(ctx)
	if err == nil {
		err = l.greet(ctx)
	}
	if err != nil {
		defer l.close()
		return nil, l.startError(ctx, err)
	}
	return l, nil
}

// open starts the program of a server that is one, or the stream of the older way over HTTP.
func (l *session) open(ctx context.Context) error {
	if len(l.Command) > 0 {
		p, err := start(l.Server)
		if err != nil {
			return err
		}
		pipes := newLines(p)
		l.process, l.way = p, pipes
		go func() { l.fail(pipes.listen(l.hear)) }()
		return nil
	}
	w, err := newWeb(l)
	if err != nil {
		return err
	}
	if l.way = w; !l.SSE {
		return nil
	}
	o := older{w}
	l.way = o
	_, err = guard.Until(ctx, func(context.Context) (struct{}, error) { return struct{}{}, o.open() })
	return err
}

// greet shakes hands; a server that says it knows no handshake is asked without, and first where its row says so.
func (l *session) greet(ctx context.Context) error {
	if l.Stateless && l.discover(ctx) == nil {
		return nil
	}
	err := l.initialize(ctx)
	if code := codeOf(err); !l.Stateless && (code == jsonrpc.CodeMethodNotFound || code == unknownVersion) && l.discover(ctx) == nil {
		return nil
	}
	return err
}

func (l *session) initialize(ctx context.Context) error {
	raw, err := l.ask(ctx, "initialize", params{Version: version, Client: l.client(), Offers: &struct{}{}})
	if err != nil {
		return err
	}
	var agreed struct {
		Version string `json:"protocolVersion"`
	}
	if err := json.Unmarshal(raw, &agreed); err != nil {
		return err
	}
	if !slices.Contains([]string{stateless, version, "2025-06-18", "2025-03-26", "2024-11-05"}, agreed.Version) {
		return fmt.Errorf("unsupported protocol version: %q", agreed.Version)
	}
	l.chosen.Store(agreed.Version)
	return l.send(ctx, &jsonrpc.Request{Method: "notifications/initialized"}, params{})
}

// discover asks a server without a handshake whether it is one.
func (l *session) discover(ctx context.Context) error {
	l.chosen.Store(stateless)
	raw, err := l.ask(ctx, "server/discover", params{})
	var found struct {
		Versions []string `json:"supportedVersions"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &found)
	}
	if err == nil && !slices.Contains(found.Versions, stateless) {
		err = fmt.Errorf("unsupported protocol versions: %q", found.Versions)
	}
	if err != nil {
		l.chosen.Store("")
	}
	return err
}

// protocol is the version in use, "" before one is.
func (l *session) protocol() string {
	v, _ := l.chosen.Load().(string)
	return v
}

// client is what a server gets to know of us.
func (l *session) client() map[string]string {
	return map[string]string{"name": "hermes", "version": l.Version}
}

// ask sends a request and waits for its answer. What is asked is left behind when ctx ends: a write into a full pipe may wait.
func (l *session) ask(ctx context.Context, method string, p params) (json.RawMessage, error) {
	select {
	case <-l.over:
		return nil, fmt.Errorf("%w (%w)", errOver, l.ended)
	default:
	}
	if l.protocol() == stateless {
		p.Meta = map[string]any{metaKey + "protocolVersion": stateless, metaKey + "clientInfo": l.client(), metaKey + "clientCapabilities": struct{}{}}
	}
	id, answer := l.expect()
	defer l.forget(id)
	err := l.send(ctx, &jsonrpc.Request{ID: id, Method: method}, p)
	if err == nil {
		select {
		case r := <-answer:
			return r.Result, r.Error
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-l.over:
			err = l.ended
		}
	}
	select {
	case r := <-answer: // what ended came after it
		return r.Result, r.Error
	default:
	}
	if ctx.Err() != nil && method != "initialize" {
		go func() {
			ctx, stop := context.WithTimeout(l.life, farewell)
			defer stop()
			_ = l.send(ctx, &jsonrpc.Request{Method: "notifications/cancelled"}, params{Request: id.Raw()})
		}()
	}
	return nil, err
}

// send sends a request or a notification, with p.
func (l *session) send(ctx context.Context, m *jsonrpc.Request, p params) (err error) {
	if m.Params, err = encode(p); err != nil {
		return err
	}
	_, err = guard.Until(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, l.way.send(ctx, m) })
	return err
}

// expect makes an id, and where its answer will come.
func (l *session) expect() (jsonrpc.ID, <-chan *jsonrpc.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	id, _ := jsonrpc.MakeID(float64(l.last)) // a number is always one
	answer := make(chan *jsonrpc.Response, 1)
	l.waiting[id] = answer
	return id, answer
}

func (l *session) forget(id jsonrpc.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, id)
}

// hear takes what the server says: answers go to who waits for them, and each request gets one. What is only noted, as progress or a
// changed list, changes nothing here.
func (l *session) hear(msg jsonrpc.Message) {
	switch m := msg.(type) {
	case *jsonrpc.Response:
		l.mu.Lock()
		defer l.mu.Unlock()
		if answer, ok := l.waiting[m.ID]; ok {
			delete(l.waiting, m.ID)
			answer <- m
		}
	case *jsonrpc.Request:
		if m.IsCall() {
			l.reply(m)
		}
	}
}

// reply answers a ping, and refuses all else: nothing is offered.
func (l *session) reply(asked *jsonrpc.Request) {
	reply := &jsonrpc.Response{ID: asked.ID, Result: json.RawMessage(`{}`)}
	if asked.Method != "ping" {
		reply.Result, reply.Error = nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: fmt.Sprintf("method not found: %.100q is not offered", asked.Method)}
	}
	select {
	case l.replies <- struct{}{}:
		go func() { // a server may write more before it reads this
			_ = l.way.send(l.life, reply)
			<-l.replies
		}()
	default:
	}
}

// fail ends all calls that wait, and those that follow.
func (l *session) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == nil {
		l.ended = err
		close(l.over)
	}
}

// close ends the session. It is bounded, and may be called again.
func (l *session) close() {
	if l.way != nil {
		l.way.close()
	}
	l.end()
}
