package oneshot

import (
	"context"
	"strconv"
	"strings"
	"time"

	"hermes/oneshot/tool"
)

// ToolFlags say what the model may call, in a run and for each row of a batch.
type ToolFlags struct {
	ToolsAllowed  []string       `name:"tools" setting:"tools_allowed" sep:"none" placeholder:"SPEC" help:"Let the model call a tool: SERVER, SERVER:TOOL, cmd:NAME, SERVER:TOOL(ARGUMENT=PATTERN); may be repeated." group:"Tools"`
	ToolsDenied   []string       `name:"deny" setting:"tools_denied" sep:"none" placeholder:"SPEC" help:"Never let it call that one, whatever --tools says; may be repeated." group:"Tools"`
	MCPConfig     string         `name:"mcp-config" placeholder:"FILE" help:"Servers beside those of config.yaml: JSON or YAML with mcpServers." group:"Tools"`
	MaxTurns      *int           `setting:"max_turns=10" placeholder:"N" help:"Ask the model at most N times while it calls tools (exit 80); 0 is no bound." group:"Tools"`
	MaxToolCalls  *int           `setting:"max_tool_calls=50" placeholder:"N" help:"Run at most N calls (exit 80); 0 is no bound." group:"Tools"`
	ToolTimeout   *time.Duration `setting:"tool_timeout=60s" placeholder:"D" help:"Give up a call after D, and tell the model." group:"Tools"`
	ToolResultMax string         `setting:"tool_result_max=100k" placeholder:"SIZE" help:"Cut the text of a result at SIZE bytes, such as 100k; 0 is no bound." group:"Tools"`
	OnDenied      string         `setting:"on_denied=tell" enum:",tell,stop,ok" default:"" placeholder:"HOW" help:"What follows a call that is not allowed: ${enum}. tell and stop end in exit 85." group:"Tools"`
	ToolLog       string         `placeholder:"FILE" help:"Append each call and its result to a file, as JSON lines." group:"Tools"`
}

// Tools are the tools that the flags allow, after Default; nil where they allow none. open starts the sources of those names.
func (f *ToolFlags) Tools(open func(ctx context.Context, servers []string) ([]tool.Source, error)) (*Tools, error) {
	if len(f.ToolsAllowed) == 0 {
		return nil, nil
	}
	p, err := tool.NewPolicy(f.ToolsAllowed, f.ToolsDenied)
	if err != nil {
		return nil, misuse("%v", err)
	}
	b := tool.Bounds{Turns: *f.MaxTurns, Calls: *f.MaxToolCalls, Timeout: *f.ToolTimeout, OnDenied: f.OnDenied}
	if b.Result, err = size(f.ToolResultMax); err != nil || b.Turns < 0 || b.Calls < 0 || b.Timeout < 0 {
		return nil, misuse("--tool-result-max is a size such as 100k, and --max-turns, --max-tool-calls and --tool-timeout are not negative")
	}
	return NewTools(p, b, func(ctx context.Context) ([]tool.Source, error) { return open(ctx, p.Servers()) }), nil
}

// size reads a number of bytes; k is a thousand and m a million.
func size(word string) (int, error) {
	unit := 1
	switch word = strings.ToLower(word); {
	case strings.HasSuffix(word, "k"):
		word, unit = word[:len(word)-1], 1_000
	case strings.HasSuffix(word, "m"):
		word, unit = word[:len(word)-1], 1_000_000
	}
	n, err := strconv.ParseUint(word, 10, 31)
	return int(n) * unit, err
}
