package cli

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"hermes/oneshot"
	"hermes/oneshot/output"
	"hermes/oneshot/shell"
	"hermes/provider/rows"
)

type capabilitiesCmd struct {
	JSON bool `help:"As JSON, which it always is; the schema capabilities describes it."`
}

// capabilities are the handshake of a parent with a program of this name that it does not know. The JSON names are a promise: a name
// that is missing from a list cannot be used.
type capabilities struct {
	V          int         `json:"v" desc:"of the events; 1"`
	Version    string      `json:"version"`
	Events     []string    `json:"events" desc:"types"`
	Schemas    []string    `json:"schemas" desc:"what hermes schema prints"`
	Wires      []string    `json:"wires" desc:"transports, as config.yaml names them"`
	Formats    []string    `json:"formats" desc:"of --output-format"`
	Tools      []string    `json:"tools" desc:"where tools come from: keys of config.yaml, and a flag; empty when none can be offered"`
	Commands   []string    `json:"commands" desc:"with their subcommands, a space between"`
	Flags      []string    `json:"flags" desc:"of a run, without dashes"`
	BatchFlags []string    `json:"batch_flags" desc:"of hermes batch, without dashes"`
	ExitCodes  []exitClass `json:"exit_codes"`
}

type exitClass struct {
	Code  int    `json:"code"`
	Class string `json:"class"`
}

func (*capabilitiesCmd) Run(_ context.Context, a *App) error {
	raw, err := json.MarshalIndent(a.capabilities(), "", "  ")
	if err != nil {
		return err
	}
	return a.print(string(raw) + "\n")
}

// capabilities reads them off the tables that the program itself works by.
func (a *App) capabilities() capabilities {
	all := capabilities{
		V: 1, Version: a.Version, Events: output.Types(), Schemas: valuesOf[schemaCmd]("name"), Formats: valuesOf[oneshot.Flags]("output-format"),
		Wires: []string{string(rows.Messages), string(rows.Chat), string(rows.Responses), string(rows.Gemini)},
		Flags: flagsOf[oneshot.Flags](), BatchFlags: flagsOf[batchCmd](), Commands: paths(root(), ""), Tools: []string{},
	}
	if slices.Contains(all.Flags, "tools") {
		all.Tools = append(all.Tools, "mcp_servers", "oneshot.tools", "mcp-config")
	}
	for _, x := range output.Exits() {
		all.ExitCodes = append(all.ExitCodes, exitClass{x.Code, string(x.Class)})
	}
	return all
}

// paths are the commands below a command.
func paths(c command, before string) []string {
	var all []string
	for _, sub := range c.below {
		name := strings.TrimSpace(before + " " + sub.name)
		all = append(all, name)
		all = append(all, paths(sub, name)...)
	}
	return all
}

// flagsOf are the flags of a command.
func flagsOf[T any]() []string {
	var all []string
	flags, _ := shell.Describe(reflect.TypeFor[T](), nil)
	for _, f := range flags {
		all = append(all, f.Long)
	}
	return all
}

// valuesOf are the words that a flag or an argument of a command takes.
func valuesOf[T any](name string) []string {
	flags, args := shell.Describe(reflect.TypeFor[T](), nil)
	for _, f := range flags {
		if f.Long == name {
			return f.Values
		}
	}
	for _, arg := range args {
		if arg.Name == name {
			return arg.Values
		}
	}
	return nil
}
