// Package program has the commands of config.yaml as tools.
//
// A command is a program and a template of its arguments; no shell reads any of it. It runs confined where the system can
// (package confine): it reads the working folder, writes nothing and has no network, unless its row says so. Its environment is
// PATH, LANG and the variables that the row names. It has a process group of its own, which is killed when the call is over.
package program

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/schema"
	"hermes/oneshot/tool"
	"hermes/oneshot/tool/confine"
)

// Command is a program that a model may run.
type Command struct {
	Name, Description string
	// Argv is the program and its arguments, Stdin its input. {{name}} in them is an argument of the call: a text, a number, a
	// word, or a list, which becomes several words where {{name}} is the whole of one. A word whose argument is missing is left out.
	Argv  []string
	Stdin string
	// Schema is the JSON Schema of the arguments; without one each {{name}} is a text that a call must give.
	Schema json.RawMessage
	// Timeout bounds a call; 0 is no bound of its own.
	Timeout time.Duration
	// Read are folders that it may read beside Dir, Write those that it may write to; both from Dir.
	Read, Write []string
	Network     bool
	// Sandbox is required, auto or off.
	Sandbox string
	// Env is NAME=value, beside PATH and LANG.
	Env []string
	// Idle says that it is not offered, and only known to be there.
	Idle bool
}

// Options are what all commands have in common.
type Options struct {
	Dir  string   // the working folder
	Hide []string // folders in it that no command may read: the home with its secrets
	Self string   // path of this binary, which confines itself
	Env  []string // of every command: PATH, LANG
}

// Error is a row that cannot be used.
type Error struct{ Name, Msg string }

func (e *Error) Error() string { return "oneshot.tools." + e.Name + ": " + e.Msg }

// Class is config.
func (e *Error) Class() string { return string(class.Config) }

// Hint says where to look.
func (e *Error) Hint() string { return "see oneshot.tools of config.yaml" }

// program is a command that can be run.
type program struct {
	Command
	path     string
	confined bool
	schema   json.RawMessage
}

// source is all commands of a run.
type source struct {
	o    Options
	list []program
}

// New finds the programs. The error is an *Error.
func New(all []Command, o Options) (tool.Source, error) {
	s := &source{o: o}
	for _, c := range all {
		p, err := newProgram(c, o)
		if err != nil {
			return nil, err
		}
		s.list = append(s.list, p)
	}
	return s, nil
}

func newProgram(c Command, o Options) (program, error) {
	p := program{Command: c, schema: c.Schema, confined: c.Sandbox != "off"}
	fail := func(format string, args ...any) (program, error) {
		return p, &Error{c.Name, fmt.Sprintf(format, args...)}
	}
	if c.Idle {
		return p, nil
	}
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return fail("argv is empty: it is the program and its arguments")
	}
	names, err := placeholders(append(slices.Clone(c.Argv[1:]), c.Stdin)...)
	if err != nil {
		return fail("%v", err)
	}
	if strings.Contains(c.Argv[0], "{{") {
		return fail("the program itself cannot be an argument of a call")
	}
	if p.path, err = look(c.Argv[0], o); err != nil {
		return fail("%s: %v", c.Argv[0], err)
	}
	if p.schema == nil {
		p.schema = texts(names)
	}
	if err := declares(p.schema, names); err != nil {
		return fail("schema: %v", err)
	}
	if err := confine.Supported(); err != nil && p.confined {
		if c.Sandbox == "required" {
			return fail("sandbox: required, and %v", err)
		}
		p.confined = false
	}
	return p, nil
}

// look finds the program in the PATH that it will have.
func look(name string, o Options) (string, error) {
	if strings.Contains(name, "/") {
		return exec.LookPath(inDir(o.Dir, name))
	}
	for _, pair := range o.Env {
		list, ok := strings.CutPrefix(pair, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range splitList(list) {
			if path, err := exec.LookPath(inDir(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", exec.ErrNotFound
}

// texts is a schema by which each name is a text.
func texts(names []string) json.RawMessage {
	properties := map[string]any{}
	for _, name := range names {
		properties[name] = map[string]any{"type": "string"}
	}
	raw, err := json.Marshal(map[string]any{"type": "object", "properties": properties, "required": append([]string{}, names...), "additionalProperties": false})
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return raw
}

// declares holds the template against the schema.
func declares(raw json.RawMessage, names []string) error {
	if _, err := schema.Compile(raw); err != nil {
		return err
	}
	var s struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	for _, name := range names {
		if s.Properties[name] == nil {
			return fmt.Errorf("{{%s}} is not among its properties", name)
		}
	}
	return nil
}

// Tools lists the commands.
func (s *source) Tools(context.Context) ([]tool.Tool, error) {
	var all []tool.Tool
	for _, p := range s.list {
		all = append(all, tool.Tool{
			Server: tool.Commands, Name: p.Name, Description: p.Description, Schema: p.schema, ReadOnly: p.confined && len(p.Write) == 0 && !p.Network,
		})
	}
	return all, nil
}

// Call runs a command.
func (s *source) Call(ctx context.Context, name string, args json.RawMessage) (tool.Result, error) {
	i := slices.IndexFunc(s.list, func(p program) bool { return p.Name == name })
	if i < 0 {
		return tool.Result{}, tool.ErrUnknown
	}
	p := s.list[i]
	argv, input, err := p.fill(args)
	if err != nil {
		return tool.Text(err.Error(), true), nil
	}
	if p.Timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, p.Timeout, fmt.Errorf("it did not end within %v", p.Timeout))
		defer stop()
	}
	return s.run(ctx, p, argv, input)
}

// Close has nothing to end: a command lives no longer than its call.
func (s *source) Close() error { return nil }
