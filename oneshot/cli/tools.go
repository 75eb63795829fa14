package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/tool"
	"hermes/oneshot/tool/program"
	"hermes/provider/config"
)

// tools are what the flags let the model call; nil where they let it call nothing.
func (w *wiring) tools(f *oneshot.Flags) (*oneshot.Tools, error) {
	return f.ToolFlags.Tools(func(_ context.Context, servers []string) ([]tool.Source, error) {
		return w.sources(w.life, f, servers) // not of the row that needs them first
	})
}

// sources starts the sources of those names.
func (w *wiring) sources(ctx context.Context, f *oneshot.Flags, names []string) ([]tool.Source, error) {
	if w.tape.Player != nil {
		return w.tape.Player.Tools(), nil
	}
	var all []tool.Source
	if slices.Contains(names, tool.Commands) {
		s, err := w.commands(f)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	for _, name := range names {
		if name != tool.Commands {
			return nil, &input.Error{ErrClass: class.Config, Msg: "there is no server of tools named " + name, Advice: "name it under mcp_servers: of config.yaml"}
		}
	}
	return w.tape.Tools(all, w.home.Secrets), nil
}

// commands are the rows of oneshot.tools that the flags name: others are not even looked for.
func (w *wiring) commands(f *oneshot.Flags) (tool.Source, error) {
	p, err := tool.NewPolicy(f.ToolsAllowed, f.ToolsDenied)
	if err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	o := program.Options{Dir: dir, Hide: []string{w.home.Home}, Self: self}
	for _, name := range []string{"PATH", "LANG", "LC_ALL"} {
		if v := w.app.Getenv(name); v != "" {
			o.Env = append(o.Env, name+"="+v)
		}
	}
	var all []program.Command
	for _, row := range w.home.Config.Commands {
		c := w.command(row)
		c.Idle = !p.Offers(tool.Tool{Server: tool.Commands, Name: row.Name})
		all = append(all, c)
	}
	return program.New(all, o)
}

// command is a row with the values of its variables.
func (w *wiring) command(row config.Command) program.Command {
	c := program.Command{
		Name: row.Name, Description: row.Description, Argv: row.Argv, Stdin: row.Stdin, Schema: row.Schema, Timeout: row.Timeout,
		Read: row.Read, Write: row.Write, Network: row.Network, Sandbox: row.Sandbox,
	}
	for _, name := range row.Env {
		if v := w.home.Secret(name); v != "" {
			c.Env = append(c.Env, name+"="+v)
		}
	}
	if !w.home.quiet && strings.Contains(strings.Join(row.Argv, " "), "${") {
		w.app.stderr.Notice("%s", fmt.Sprintf("oneshot.tools.%s: ${…} in argv is not filled in; name the variable in env", row.Name))
	}
	return c
}
