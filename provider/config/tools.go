package config

import (
	"encoding/json"
	"strconv"
	"time"

	"hermes/provider/config/yamledit"
)

// Command is a row of oneshot.tools: a program that a model may run.
type Command struct {
	Name        string // key of the mapping
	Line        int    // 1-based line of the name
	Description string
	// Argv is the program and its arguments, Stdin its input; {{name}} in them is an argument of the call.
	Argv  []string
	Stdin string
	// Schema is the JSON Schema of a call's arguments, nil where the row has none.
	Schema  json.RawMessage
	Timeout time.Duration // 0 where the row does not say
	Read    []string      // folders that it may read beside the working folder
	Write   []string      // folders that it may write to
	Network bool
	Sandbox string   // required, auto or off
	Env     []string // names of the variables that it gets
}

const toolsKey = "oneshot.tools"

// toolKeys are the keys of a row.
func toolKeys() []Key {
	row := toolsKey + ".<name>"
	return []Key{
		{Path: toolsKey, Type: "map", Help: "commands that a model may run, by name: --tools cmd:NAME"},
		{Path: row, Type: "map", Help: "one command"},
		{Path: row + ".description", Type: "text", Help: "what it does, for the model"},
		{Path: row + ".argv", Type: "list", Help: "program and arguments, no shell; {{name}} is an argument of the call"},
		{Path: row + ".argv.<n>", Type: "text", Help: "one word"},
		{Path: row + ".stdin", Type: "text", Help: "its input; {{name}} is an argument of the call"},
		{Path: row + ".schema", Type: "map", Help: "JSON Schema of a call's arguments; without one each is a text"},
		{Path: row + ".timeout", Type: "duration", Help: "how long a call may take, where that is less than --tool-timeout"},
		{Path: row + ".read", Type: "list", Help: "folders that it may read beside the working folder"},
		{Path: row + ".read.<n>", Type: "text", Help: "one folder"},
		{Path: row + ".write", Type: "list", Help: "folders that it may write to; none without"},
		{Path: row + ".write.<n>", Type: "text", Help: "one folder"},
		{Path: row + ".network", Type: "bool", Default: "false", Help: "whether it may use the network"},
		{Path: row + ".sandbox", Type: "enum", Default: "auto", Values: []string{"required", "auto", "off"}, Help: "required refuses to run it where the kernel cannot confine it; off confines nothing"},
		{Path: row + ".env", Type: "list", Help: "names of the variables that it gets beside PATH and LANG"},
		{Path: row + ".env.<n>", Type: "text", Help: "one name"},
	}
}

// commands reads oneshot.tools.
func (r *reader) commands(section *yamledit.Node) []Command {
	rows := r.section(section, "tools", toolsKey)
	if rows == nil {
		return nil
	}
	var all []Command
	for i := 0; i+1 < len(rows.Content); i += 2 {
		name, row := rows.Content[i], yamledit.Target(rows.Content[i+1])
		key := yamledit.JoinKey(toolsKey, name.Value)
		if yamledit.Empty(row) {
			continue
		}
		if row.Kind != yamledit.Mapping {
			r.fail(row, key, "must be a mapping, not "+yamledit.KindName(row))
			continue
		}
		all = append(all, r.command(name, row, key))
	}
	return all
}

func (r *reader) command(name, row *yamledit.Node, key string) Command {
	c := Command{Name: name.Value, Line: name.Line, Sandbox: "auto"}
	child := func(key string) *yamledit.Node {
		if n := yamledit.Child(row, key); !yamledit.Empty(n) {
			return n
		}
		return nil
	}
	at := func(name string) string { return yamledit.JoinKey(key, name) }
	for name, into := range map[string]*string{"description": &c.Description, "stdin": &c.Stdin} {
		if n := child(name); n != nil {
			if _, ok := r.str(n, at(name)); ok {
				*into = n.Value
			}
		}
	}
	for name, into := range map[string]*[]string{"argv": &c.Argv, "read": &c.Read, "write": &c.Write, "env": &c.Env} {
		if n := child(name); n != nil {
			*into = r.literal(n, at(name))
		}
	}
	if n := child("schema"); n != nil {
		c.Schema = r.json(n, at("schema"))
	}
	if n := child("timeout"); n != nil {
		c.Timeout, _ = r.duration(n, at("timeout"))
	}
	if n := child("network"); n != nil {
		c.Network, _ = r.boolean(n, at("network"))
	}
	if n := child("sandbox"); n != nil {
		c.Sandbox = r.text(n, at("sandbox"), Key{Type: "enum", Values: []string{"required", "auto", "off"}})
	}
	return c
}

// literal reads a list of texts as they are written: what looks like a variable is the program's own.
func (r *reader) literal(n *yamledit.Node, key string) []string {
	if n.Kind != yamledit.Sequence {
		r.fail(n, key, "must be a list, not "+yamledit.KindName(n))
		return nil
	}
	var all []string
	for i, item := range n.Content {
		if item = yamledit.Target(item); item != nil {
			if _, ok := r.str(item, yamledit.JoinKey(key, strconv.Itoa(i))); ok {
				all = append(all, item.Value)
			}
		}
	}
	return all
}

// json reads a mapping as JSON, its keys in their order.
func (r *reader) json(n *yamledit.Node, key string) json.RawMessage {
	if n.Kind != yamledit.Mapping {
		r.fail(n, key, "must be a mapping, not "+yamledit.KindName(n))
		return nil
	}
	var p printer
	if err := p.node(n, nil, 0); err != nil {
		r.fail(n, key, err.Error())
		return nil
	}
	return p.Bytes()
}
