package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// metaKey begins the names by which each request of the protocol without a handshake says what a handshake would.
const metaKey = "io.modelcontextprotocol/"

// params are those of all requests and notifications of ours.
type params struct {
	Meta map[string]any `json:"_meta,omitempty"`
	// of initialize
	Version string            `json:"protocolVersion,omitempty"`
	Client  map[string]string `json:"clientInfo,omitempty"`
	Offers  *struct{}         `json:"capabilities,omitempty"`
	// of tools/list and tools/call
	Cursor    string          `json:"cursor,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
	// of notifications/cancelled
	Request any `json:"requestId,omitempty"`
}

// encode leaves the signs of HTML in arguments as they are.
func encode(p params) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(p)
	return b.Bytes(), err
}

// callResult is read with its parts as the server wrote them: an integer keeps its digits, and a part of a kind that nobody knows does
// not cost the others.
type callResult struct {
	Kind       string            `json:"resultType"`
	Content    []json.RawMessage `json:"content"`
	Structured json.RawMessage   `json:"structuredContent"`
	Failed     bool              `json:"isError"`
}

// call runs a tool. The error is a *jsonrpc.Error where the server refused the call.
func (l *session) call(ctx context.Context, name string, args json.RawMessage) (*callResult, error) {
	res := &callResult{}
	raw, err := l.ask(ctx, "tools/call", params{Name: name, Arguments: args})
	if err == nil {
		err = json.Unmarshal(raw, res)
	}
	if err == nil && res.Kind == "input_required" {
		err = l.broken("asks for input before it answers, which is not offered")
	}
	if err != nil {
		return nil, l.callError(ctx, err)
	}
	return res, nil
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
	for cursor := ""; ; {
		var page struct {
			Tools []json.RawMessage `json:"tools"`
			Next  string            `json:"nextCursor"`
		}
		raw, err := l.ask(ctx, "tools/list", params{Cursor: cursor})
		if err == nil {
			err = json.Unmarshal(raw, &page)
		}
		if err != nil {
			return nil, l.startError(ctx, err)
		}
		for _, raw := range page.Tools {
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
		case page.Next == "":
			return all, nil
		case slices.Contains(cursors, page.Next):
			return nil, l.broken("has a list of tools without an end: it names the page %.40q again", page.Next)
		case len(cursors) == maxPages, len(all) > maxTools:
			return nil, l.broken("has a list of tools with more than %d pages or %d tools", maxPages, maxTools)
		}
		cursors = append(cursors, page.Next)
		cursor = page.Next
	}
}

// broken is a server that does not keep to the protocol.
func (s Server) broken(format string, args ...any) *Error {
	return s.failed(fmt.Sprintf(format, args...))
}
