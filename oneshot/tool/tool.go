// Package tool is what a model may call: where tools come from, which of them a run allows, and what each is called on the wire.
//
// A [Source] is a server, or the commands of config.yaml. A [Policy] is made of the words of --tools and --deny, and decides which
// sources are started, which of their tools are offered and which calls are run. [Offer] gives each tool the name that the model
// sees, and finds the tool of a call again.
//
// What a caller should know:
//
//   - Nothing is allowed that no Spec names; a Spec of --deny always wins.
//   - What a server says of its own tools (Tool.ReadOnly) is a hint of a stranger and grants nothing.
package tool

import (
	"context"
	"encoding/json"

	"hermes/oneshot/wire"
)

// Tool is one callable as its source names it.
type Tool struct {
	// Server is the source's name in config.yaml, Commands for a command. Name is the source's own name of the tool.
	Server      string `json:"server"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Schema is the JSON Schema of the arguments, as the source gave it; it may be no object.
	Schema json.RawMessage `json:"schema,omitempty"`
	// ReadOnly is the source's word that the tool changes nothing.
	ReadOnly bool `json:"read_only,omitempty"`
	// Guarded asks that a Spec names the tool itself: one of its whole server does not allow it.
	Guarded bool `json:"guarded,omitempty"`
	// Serial says that calls of this server are made one at a time.
	Serial bool `json:"serial,omitempty"`
}

// Commands is the server's name of the tools that are commands of config.yaml.
const Commands = "cmd"

// Result is what a call gave back. What the tool itself calls an error is Failed, and no error of Call.
type Result struct {
	// Parts are text, images and documents, for the model. There may be none.
	Parts  []wire.Part
	Failed bool
	// Structured is the result as JSON beside Parts, nil where there is none.
	Structured json.RawMessage
}

// Text is a result of text alone.
func Text(s string, failed bool) Result {
	return Result{Parts: []wire.Part{wire.TextPart([]byte(s))}, Failed: failed}
}

// Source offers tools: a server, or the commands of config.yaml. Its methods may be called by several goroutines at once.
type Source interface {
	// Tools lists what there is. It is called once, before the first request to a model.
	Tools(ctx context.Context) ([]Tool, error)
	// Call runs the tool of that name, the source's own. It sends the call at most once. args is a JSON object. The error says that
	// there is no result: the server is gone, or ctx ended. It is for the model to read, unless ctx ended.
	Call(ctx context.Context, name string, args json.RawMessage) (Result, error)
	// Close ends what the source started, children included.
	Close() error
}
