package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"hermes/oneshot/guard"
)

const (
	// version is the protocol that initialize asks for; a server may answer with an older one.
	version = "2025-11-25"
	// stateless is the protocol without a handshake.
	stateless = "2026-07-28"
	// maxMessage bounds one message of a server, in bytes, whatever it comes over.
	maxMessage = 16 << 20
	// farewell bounds the end of a session over HTTP, a request that the server may never answer.
	farewell = 700 * time.Millisecond
)

// session is a connection to a server after its handshake.
type session struct {
	Server
	sdk     *mcp.ClientSession
	process *process           // nil over HTTP
	end     context.CancelFunc // of what the transport left running
	seen    *observation       // of the handshake
}

// connect starts the server and shakes hands; one that says it knows no handshake is asked without.
func (s Server) connect(ctx context.Context) (*session, error) {
	live, err := s.greet(ctx)
	if refused, ok := errors.AsType[*jsonrpc.Error](err); ok {
		if noHandshake := refused.Code == jsonrpc.CodeMethodNotFound || refused.Code == mcp.CodeUnsupportedProtocolVersion; noHandshake && !s.Stateless {
			live.close()
			s.Stateless = true
			live, err = s.greet(ctx)
		}
	}
	if err != nil {
		defer live.close()
		return nil, live.startError(ctx, err)
	}
	return live, nil
}

// greet makes a session. ctx bounds it, and nothing after it. The session is there also with an error, to be closed.
func (s Server) greet(ctx context.Context) (*session, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	life, seen := observe(life)
	live := &session{Server: s, end: end, seen: seen}
	transport, err := live.transport()
	if err != nil {
		return live, err
	}
	client := s.client()
	if err := errors.Join(mcp.AddSendingCustomMethod[*listParams, *listResult](client, listMethod), mcp.AddSendingCustomMethod[*callParams, *callResult](client, callMethod)); err != nil {
		panic(err) // the names are ours
	}
	live.sdk, err = guard.Until(ctx, func(context.Context) (*mcp.ClientSession, error) {
		return client.Connect(life, transport, &mcp.ClientSessionOptions{ProtocolVersion: s.protocol()})
	})
	return live, err
}

func (s Server) protocol() string {
	if s.Stateless {
		return stateless
	}
	return version
}

// transport is how the SDK's client and the server exchange messages. It starts the program of a server that is one.
func (l *session) transport() (mcp.Transport, error) {
	if len(l.Command) > 0 {
		p, err := start(l.Server)
		l.process = p
		return standard{ownTransport{p}}, err
	}
	rt, err := newLink(l.Server)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if l.SSE {
		return standard{&mcp.SSEClientTransport{Endpoint: l.URL, HTTPClient: client, MaxEventSize: 2 * maxMessage}}, nil
	}
	return rt.versioned(standard{&mcp.StreamableClientTransport{
		Endpoint: l.URL, HTTPClient: client, MaxEventSize: 2 * maxMessage, DisableStandaloneSSE: true,
	}}), nil
}

// close ends the session. It is bounded, and may be called again.
func (l *session) close() {
	if l.process != nil {
		l.process.stop()
	}
	if l.sdk != nil {
		ctx, stop := context.WithTimeout(context.Background(), farewell)
		defer stop()
		_, _ = guard.Until(ctx, func(context.Context) (struct{}, error) { return struct{}{}, l.sdk.Close() })
	}
	l.end()
}

// call runs a tool. The work is left behind when ctx ends: a write into a full pipe, and the SDK's own notice of the end, may wait.
func (l *session) call(ctx context.Context, name string, args json.RawMessage) (*callResult, error) {
	return request[*callParams, *callResult](ctx, l, callMethod, &callParams{Name: name, Arguments: args})
}

// params and result are what the SDK wants of our own forms of a request.
type params[T any] interface {
	*T
	mcp.Params
}

// request sends one and waits for its answer.
func request[P params[T], R mcp.Result, T any](ctx context.Context, l *session, method string, p P) (R, error) {
	ctx, seen := observe(ctx)
	res, err := guard.Until(ctx, func(ctx context.Context) (R, error) {
		return mcp.CallCustomMethod[P, R](ctx, l.sdk, method, p)
	})
	if err == nil {
		return res, nil
	}
	if refused, ok := errors.AsType[*jsonrpc.Error](err); ok && seen.failed() == nil {
		return res, refused
	}
	return res, l.callError(ctx, seen, err)
}

// refuse answers what we do not offer. The SDK would give a list of roots, an empty one, though none are advertised.
func refuse(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		switch method {
		case "roots/list", "sampling/createMessage", "elicitation/create":
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: method + " is not offered"}
		}
		return next(ctx, method, req)
	}
}
