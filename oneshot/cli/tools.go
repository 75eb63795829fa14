package cli

import (
	"context"
	"os"
	"slices"

	"hermes/oneshot"
	"hermes/oneshot/tool"
	"hermes/oneshot/tool/confine"
	"hermes/oneshot/tool/mcp"
	"hermes/oneshot/tool/program"
	"hermes/provider/config"
)

// tools are what the flags let the model call; nil where they let it call nothing.
func (w *wiring) tools(f *oneshot.Flags) (*oneshot.Tools, error) {
	return f.ToolFlags.Tools(func(_ context.Context, servers []string) ([]tool.Source, error) {
		return w.sources(w.life, f, servers) // not of the row that needs them first
	})
}

// sources starts the sources of those names. A recording starts nothing.
func (w *wiring) sources(ctx context.Context, f *oneshot.Flags, names []string) ([]tool.Source, error) {
	if w.tape.Player != nil {
		return w.tape.Player.Tools(), nil
	}
	var all []tool.Source
	if i := slices.Index(names, tool.Commands); i >= 0 {
		p, err := tool.NewPolicy(f.ToolsAllowed, f.ToolsDenied)
		if err != nil {
			return nil, err
		}
		s, err := w.app.commands(w.home, func(name string) bool { return p.Offers(tool.Tool{Server: tool.Commands, Name: name}) })
		if err != nil {
			return nil, err
		}
		all, names = append(all, s), slices.Delete(slices.Clone(names), i, i+1)
	}
	if len(names) > 0 {
		rows, err := w.home.serverRows(f.MCPConfig)
		if err != nil {
			return nil, err
		}
		servers, err := w.app.servers(w.home, rows, names)
		if err != nil {
			return nil, err
		}
		started, err := mcp.Open(ctx, servers)
		if err != nil {
			return nil, err
		}
		all = append(all, started...)
	}
	return w.tape.Tools(all, w.home.Secrets), nil
}

// commands are the rows of oneshot.tools. Of one that is not offered the program is not even looked for.
func (a *App) commands(h *home, offered func(name string) bool) (tool.Source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	o := program.Options{Dir: dir, Hide: []string{h.Home}, Self: self}
	for _, name := range []string{"PATH", "LANG", "LC_ALL"} {
		if v := a.Getenv(name); v != "" {
			o.Env = append(o.Env, name+"="+v)
		}
	}
	var all []program.Command
	unconfined := confine.Supported()
	for _, row := range h.Config.Commands {
		c := withVariables(h, row)
		c.Idle = !offered(row.Name)
		if all = append(all, c); unconfined != nil && !c.Idle && c.Sandbox == "auto" && !h.quiet {
			a.stderr.Notice("oneshot.tools.%s runs unconfined: %v; sandbox: required refuses that", c.Name, unconfined)
		}
	}
	return program.New(all, o)
}

// withVariables is a row with the values of its variables.
func withVariables(h *home, row config.Command) program.Command {
	c := program.Command{
		Name: row.Name, Description: row.Description, Argv: row.Argv, Stdin: row.Stdin, Schema: row.Schema, Timeout: row.Timeout,
		Read: row.Read, Write: row.Write, Network: row.Network, Sandbox: row.Sandbox,
	}
	for _, name := range row.Env {
		if v := h.Secret(name); v != "" {
			c.Env = append(c.Env, name+"="+v)
		}
	}
	return c
}
