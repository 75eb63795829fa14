package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The SDK's own forms of a list and of a result lose what a server wrote: integers over 2⁵³, the order of a schema, and the whole
// result where one part is of a kind that it does not know. These methods have forms of ours; on the wire they bear the standard's
// names, which the SDK does not give away.
const (
	listMethod = "hermes/tools/list"
	callMethod = "hermes/tools/call"
)

type listParams struct {
	mcp.ParamsBase
	Cursor string `json:"cursor,omitempty"`
}

type listResult struct {
	mcp.ResultBase
	Tools []json.RawMessage `json:"tools"`
	Next  string            `json:"nextCursor"`
}

type callParams struct {
	mcp.ParamsBase
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
}

type callResult struct {
	mcp.ResultBase
	Content    []json.RawMessage `json:"content"`
	Structured json.RawMessage   `json:"structuredContent"`
	Failed     bool              `json:"isError"`
}

// standard is a transport whose connection sends our methods under the standard's names.
type standard struct{ mcp.Transport }

func (s standard) Connect(ctx context.Context) (mcp.Connection, error) {
	c, err := s.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return standardConn{c}, nil
}

type standardConn struct{ mcp.Connection }

func (c standardConn) Write(ctx context.Context, msg jsonrpc.Message) error {
	if req, ok := msg.(*jsonrpc.Request); ok && (req.Method == listMethod || req.Method == callMethod) {
		named := *req
		named.Method = req.Method[len("hermes/"):]
		msg = &named
	}
	return c.Connection.Write(ctx, msg)
}

// listedTool is a tool as a server describes it.
type listedTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"inputSchema"`
	Annotations struct {
		ReadOnly bool `json:"readOnlyHint"`
	} `json:"annotations"`
}

const (
	maxPages = 64
	maxTools = 10_000
)

// list reads all pages. A list without an end is an error. A tool that is no object with a name is passed over.
func (l *session) list(ctx context.Context) ([]listedTool, error) {
	var all []listedTool
	var cursors []string
	p := &listParams{}
	for {
		res, err := request[*listParams, *listResult](ctx, l, listMethod, p)
		if err != nil {
			return nil, l.startError(ctx, err)
		}
		for _, raw := range res.Tools {
			var t listedTool
			if json.Unmarshal(raw, &t) != nil || t.Name == "" {
				continue
			}
			if len(t.Schema) == 0 || string(t.Schema) == "null" {
				t.Schema = json.RawMessage(`{"type":"object"}`)
			}
			all = append(all, t)
		}
		switch {
		case res.Next == "":
			return all, nil
		case slices.Contains(cursors, res.Next):
			return nil, l.broken("has a list of tools without an end: it names the page %.40q again", res.Next)
		case len(cursors) == maxPages, len(all) > maxTools:
			return nil, l.broken("has a list of tools with more than %d pages or %d tools", maxPages, maxTools)
		}
		cursors = append(cursors, res.Next)
		p = &listParams{Cursor: res.Next}
	}
}

// broken is a server that does not keep to the protocol.
func (s Server) broken(format string, args ...any) *Error {
	return s.failed(fmt.Sprintf(format, args...))
}
