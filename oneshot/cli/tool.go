package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/tool"
	"hermes/oneshot/tool/mcp"
	"hermes/oneshot/wire"
)

const toolExamples = `Examples:
  hermes tool list                       (starts each server of config.yaml)
  hermes tool call fs:read_file '{"path": "README.md"}'
  echo '{"path": "README.md"}' | hermes tool call fs:read_file -`

// maxArguments bounds what is read of stdin, in bytes.
const maxArguments = 1 << 20

// mcpFile is a file of servers beside those of config.yaml.
type mcpFile struct {
	MCPConfig string `name:"mcp-config" placeholder:"FILE" help:"Servers of this file too: JSON with mcpServers."`
}

type toolList struct {
	Servers []string `arg:"" optional:"" name:"server" help:"Servers; all without one."`
	JSON    bool     `help:"As JSON."`
	mcpFile
}

type toolCall struct {
	Tool      string        `arg:"" name:"server:tool" help:"The server, and its own name of the tool."`
	Arguments string        `arg:"" optional:"" default:"{}" name:"json" help:"Arguments, a JSON object; - reads it from stdin."`
	JSON      bool          `help:"As JSON, images too."`
	Timeout   time.Duration `default:"300s" placeholder:"D" help:"Give up after D."`
	mcpFile
}

// Run lists what can be listed. A server that does not start is told, and is the exit code.
func (c *toolList) Run(ctx context.Context, a *App) error {
	h, err := a.open(opening{})
	if err != nil {
		return err
	}
	names, err := c.names(h)
	if err != nil {
		return err
	}
	listed, err := a.listTools(ctx, h, c.MCPConfig, names)
	if werr := c.print(a, listed); werr != nil {
		return werr
	}
	return err
}

// names are the servers that were asked for, or all that are switched on.
func (c *toolList) names(h *home) ([]string, error) {
	if len(c.Servers) > 0 {
		return c.Servers, nil
	}
	rows, err := h.serverRows(c.MCPConfig)
	var all []string
	if len(h.Config.Commands) > 0 {
		all = append(all, tool.Commands)
	}
	for _, row := range rows {
		if !row.Disabled {
			all = append(all, row.Name)
		}
	}
	return all, err
}

// listTools asks each server by itself. The error is the first in their order, the others are notices.
func (a *App) listTools(ctx context.Context, h *home, file string, names []string) ([]output.ToolListed, error) {
	found, errs := make([][]tool.Tool, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			errs[i] = a.withServer(ctx, h, file, name, func(s tool.Source) (err error) {
				found[i], err = s.Tools(ctx)
				return err
			})
		})
	}
	wg.Wait()
	var all []output.ToolListed
	for _, t := range slices.Concat(found...) {
		all = append(all, output.ToolListed{
			Server: t.Server, Name: t.Name, As: tool.Name(t.Server, t.Name), Description: t.Description, InputSchema: t.Schema, ReadOnly: t.ReadOnly,
		})
	}
	failed := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(failed) == 0 {
		return all, nil
	}
	for _, err := range failed[1:] {
		a.stderr.Notice("%v", err)
	}
	return all, failed[0]
}

// withServer starts a server, and ends it.
func (a *App) withServer(ctx context.Context, h *home, file, name string, use func(tool.Source) error) error {
	if name == tool.Commands {
		s, err := a.commands(h, func(string) bool { return true })
		if err != nil {
			return err
		}
		return use(s)
	}
	rows, err := h.serverRows(file)
	if err != nil {
		return err
	}
	servers, err := a.servers(h, rows, []string{name})
	if err != nil {
		return err
	}
	sources, err := mcp.Open(ctx, servers)
	if err != nil {
		return err
	}
	defer mcp.Close(sources)
	return use(sources[0])
}

func (c *toolList) print(a *App, all []output.ToolListed) error {
	if c.JSON {
		raw, err := json.MarshalIndent(output.ToolListing{V: 1, Tools: append([]output.ToolListed{}, all...)}, "", "  ")
		if err != nil {
			return err
		}
		return a.print(string(raw) + "\n")
	}
	width := 0
	for _, t := range all {
		width = max(width, len(t.Server+t.Name)+1)
	}
	var b strings.Builder
	for _, t := range all {
		about := strings.Join(strings.Fields(t.Description), " ")
		if t.ReadOnly {
			about = strings.TrimSpace("(read-only) " + about)
		}
		if runes := []rune(about); len(runes) > 100 {
			about = string(runes[:99]) + "…"
		}
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%-*s  %s", width, t.Server+":"+t.Name, about), " "))
	}
	_, err := io.WriteString(a.text(), b.String())
	return err
}

// Run calls one tool. What the tool itself calls an error is exit 1.
func (c *toolCall) Run(ctx context.Context, a *App) error {
	server, name, found := strings.Cut(c.Tool, ":")
	args, err := c.arguments(a)
	if err == nil && (!found || name == "") {
		err = &input.Error{ErrClass: class.Usage, Msg: fmt.Sprintf("%q names no tool", c.Tool), Advice: "write SERVER:TOOL, as hermes tool list prints it"}
	}
	h, oerr := a.open(opening{})
	if err = errors.Join(err, oerr); err != nil {
		return err
	}
	ctx, stop := context.WithTimeoutCause(ctx, c.Timeout, &mcp.Error{Server: server, Msg: fmt.Sprintf("gave no result within %v (--timeout)", c.Timeout), ErrClass: class.Timeout})
	defer stop()
	return a.withServer(ctx, h, c.MCPConfig, server, func(s tool.Source) error { return c.call(ctx, a, s, name, args) })
}

func (c *toolCall) arguments(a *App) (json.RawMessage, error) {
	raw := []byte(c.Arguments)
	if c.Arguments == "-" {
		var err error
		if raw, err = io.ReadAll(io.LimitReader(a.In, maxArguments)); err != nil {
			return nil, &input.Error{ErrClass: class.NoInput, Msg: "stdin: " + err.Error()}
		}
	}
	raw = bytes.TrimSpace(raw)
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, &input.Error{ErrClass: class.Usage, Msg: "the arguments of a tool are a JSON object", Advice: `such as '{"path": "README.md"}'`}
	}
	return raw, nil
}

func (c *toolCall) call(ctx context.Context, a *App, s tool.Source, name string, args json.RawMessage) error {
	known, err := s.Tools(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(t tool.Tool) bool { return t.Name == name }) {
		return &input.Error{ErrClass: class.Usage, Msg: fmt.Sprintf("%s is not a tool that may be used", c.Tool), Advice: "see hermes tool list"}
	}
	result, err := s.Call(ctx, name, args)
	if err != nil {
		return err
	}
	if err := c.show(a, result); err != nil {
		return err
	}
	if result.Failed {
		a.stderr.Notice("%s calls this an error", c.Tool)
		return exitStatus(1)
	}
	return nil
}

// show prints a result: its text, else its JSON; --json prints all of it.
func (c *toolCall) show(a *App, r tool.Result) error {
	whole := output.ToolOutput{V: 1, Failed: r.Failed, Content: []output.ToolPart{}, Structured: r.Structured}
	var text strings.Builder
	for _, p := range r.Parts {
		if p.Kind == wire.PartText {
			s := string(bytes.Join(p.Text, nil))
			text.WriteString(strings.TrimSuffix(s, "\n") + "\n")
			whole.Content = append(whole.Content, output.ToolPart{Type: "text", Text: s})
			continue
		}
		whole.Content = append(whole.Content, output.ToolPart{Type: "media", MediaType: p.MediaType, Data: base64.StdEncoding.EncodeToString(p.Data)})
		if !c.JSON {
			a.stderr.Notice("%s of %d bytes is left out; --json prints it", p.MediaType, len(p.Data))
		}
	}
	if c.JSON {
		raw, err := json.Marshal(whole)
		if err != nil {
			return err
		}
		return a.print(string(raw) + "\n")
	}
	if len(r.Parts) == 0 && r.Structured != nil {
		text.WriteString(string(r.Structured) + "\n")
	}
	_, err := io.WriteString(a.value(), text.String())
	return err
}
