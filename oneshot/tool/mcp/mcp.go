// Package mcp has the tools of servers that speak the Model Context Protocol: programs that it starts, and servers of the network.
//
// [Open] starts servers side by side and gives each as a [tool.Source]. Messages are those of the official SDK (its package jsonrpc),
// which no other package imports; sessions and transports are of this package, since the SDK's would cost every start of the program.
//
// What a caller should know:
//
//   - The first message is initialize, of protocol 2025-11-25. What newer servers are asked first (server/discover) never comes, since
//     some never answer it and some end on it (go-sdk issue 1177).
//   - Roots, sampling and elicitation are not offered; a server that asks all the same is refused.
//   - Lists and results are read as the server wrote them: a schema keeps its order, an integer its digits, and a part of a kind
//     that nobody knows becomes a line of text.
//   - A program has its own process group, which ends with Close within a second, and also when this process is killed. It gets no
//     variable that its Server does not name.
//   - Nothing follows a redirect, and headers go to the origin of the URL alone.
package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"hermes/oneshot/tool"
)

// Server is how one server is reached: Command or URL.
type Server struct {
	Name string
	// Command is a program with its arguments, Env the whole of its environment (NAME=value), Dir its working folder, "" for ours.
	// A name without a slash is looked for in Look, then in the PATH of Env.
	Command []string
	Env     []string
	Dir     string
	Look    []string
	// URL is a server of the network, asked with Header through Transport. SSE means the older of the two ways.
	URL       string
	Header    http.Header
	Transport http.RoundTripper
	SSE       bool
	// Connect bounds the start up to the list of tools, Timeout one call; 0 is no bound.
	Connect, Timeout time.Duration
	// Include and Exclude are patterns of tool names, as fnmatch(3) reads them. Where Include is not nil it alone counts.
	Include, Exclude []string
	// Untrusted asks for more than the server's name to allow a tool that does not say it only reads. Parallel allows calls side
	// by side.
	Untrusted, Parallel bool
	// Stateless asks by the protocol without a handshake (2026-07-28); where the server does not know it, the handshake follows.
	Stateless bool
	// Secrets are masked wherever words of the server are shown.
	Secrets []string
	// Version is ours, for the server to know.
	Version string
}

// source is a server that was started.
type source struct {
	Server
	tools []tool.Tool

	mu   sync.Mutex
	live *session
}

// Open starts the servers side by side and lists their tools. One that does not start ends the others and is the error: an *Error,
// or the cause of ctx.
func Open(ctx context.Context, servers []Server) ([]tool.Source, error) {
	bounded, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	all := make([]tool.Source, len(servers))
	var wg sync.WaitGroup
	for i, s := range servers {
		wg.Go(func() {
			one, err := open(bounded, s)
			if err != nil {
				stop(err)
				return
			}
			all[i] = one
		})
	}
	wg.Wait()
	if bounded.Err() == nil {
		return all, nil
	}
	Close(all)
	return nil, context.Cause(bounded)
}

// Close closes the sources side by side; those that are nil were never opened.
func Close(all []tool.Source) {
	var wg sync.WaitGroup
	for _, s := range all {
		if s != nil {
			wg.Go(func() { _ = s.Close() })
		}
	}
	wg.Wait()
}

func open(ctx context.Context, s Server) (*source, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	bounded, stop := s.bound(ctx)
	defer stop()
	live, err := s.connect(bounded)
	if err != nil {
		return nil, err
	}
	listed, err := live.list(bounded)
	if err != nil {
		live.close()
		return nil, err
	}
	return &source{Server: s, live: live, tools: s.choose(listed)}, nil
}

// bound is ctx for a start.
func (s Server) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.Connect <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, s.Connect, s.slow("did not start within "+s.Connect.String()))
}

// choose keeps what include and exclude leave.
func (s Server) choose(listed []listedTool) []tool.Tool {
	var all []tool.Tool
	for _, t := range listed {
		named := func(pattern string) bool { return fnmatch(pattern, t.Name) }
		if s.Include != nil && !slices.ContainsFunc(s.Include, named) || s.Include == nil && slices.ContainsFunc(s.Exclude, named) {
			continue
		}
		readOnly := t.Annotations.ReadOnly
		all = append(all, tool.Tool{
			Server: s.Name, Name: t.Name, Description: withoutTags(t.Description), Schema: t.Schema,
			ReadOnly: readOnly, Guarded: s.Untrusted && !readOnly, Serial: !s.Parallel,
		})
	}
	return all
}

// fnmatch matches all of name: * ? and […] as in Hermes Agent, where a slash is a character like others.
func fnmatch(pattern, name string) bool {
	flat := strings.NewReplacer("/", "\x01", `\`, "\x02", "[!", "[^")
	ok, err := filepath.Match(flat.Replace(pattern), flat.Replace(name))
	return ok && err == nil || pattern == name
}

// Tools gives what was listed at the start.
func (s *source) Tools(context.Context) ([]tool.Tool, error) { return s.tools, nil }

// Call sends a call. A session that the server forgot (404, or an end of the stream) is opened anew once, and only where the call
// was not sent.
func (s *source) Call(ctx context.Context, name string, args json.RawMessage) (tool.Result, error) {
	if s.Timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, s.Timeout, s.slow("did not answer within "+s.Timeout.String()))
		defer stop()
	}
	live := s.current()
	res, err := live.call(ctx, name, args)
	if live.process == nil && err != nil && lost(err) && ctx.Err() == nil {
		if live, err = s.again(ctx, live); err == nil {
			res, err = live.call(ctx, name, args)
		}
	}
	if refused, ok := errors.AsType[*jsonrpc.Error](err); ok {
		return tool.Text(refused.Message, true), nil
	}
	if err != nil {
		return tool.Result{}, err
	}
	return res.result(), nil
}

func (s *source) current() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// again replaces a session, unless another call has done so.
func (s *source) again(ctx context.Context, old *session) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != old {
		return s.live, nil
	}
	live, err := s.connect(ctx)
	if err == nil {
		old.close()
		s.live = live
	}
	return s.live, err
}

// Close ends the session and, within a second, the program with all its children.
func (s *source) Close() error {
	s.current().close()
	return nil
}
