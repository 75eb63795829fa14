package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// program is the hermes that this parent starts.
type program struct {
	path   string
	thread string   // the file that keeps the conversation
	portal string   // where logins are made, "" for the provider's own
	tools  []string // of --tools
}

// capabilities is what this parent looks at of `hermes capabilities --json`.
type capabilities struct {
	V            int
	Version      string
	Flags, Tools []string
}

// greet asks what the program can do, and refuses one that this parent cannot work with.
func (p *program) greet() (capabilities, error) {
	var can capabilities
	if err := p.ask(&can, "capabilities", "--json"); err != nil {
		return can, fmt.Errorf("%s does not say what it can do: %w", p.path, err)
	}
	if can.V != 1 {
		return can, fmt.Errorf("%s writes events of version %d, and this parent reads 1", p.path, can.V)
	}
	for _, flag := range []string{"events", "thread", "die-with-parent"} {
		if !slices.Contains(can.Flags, flag) {
			return can, fmt.Errorf("%s has no --%s", p.path, flag)
		}
	}
	if len(p.tools) > 0 && len(can.Tools) == 0 {
		return can, errors.New(p.path + " cannot offer tools")
	}
	return can, nil
}

// row is a provider of the list.
type row struct {
	Provider, Model string
	Usable          bool
}

// providers are those of `hermes model list --json`, each once, with its first model.
func (p *program) providers() ([]row, error) {
	var all, once []row
	if err := p.ask(&all, "model", "list", "--json"); err != nil {
		return nil, err
	}
	for _, r := range all {
		if !slices.ContainsFunc(once, func(o row) bool { return o.Provider == r.Provider }) {
			once = append(once, r)
		}
	}
	return once, nil
}

// ask runs a command that prints one JSON document.
func (p *program) ask(into any, args ...string) error {
	out, err := exec.Command(p.path, args...).Output()
	if bad, ok := errors.AsType[*exec.ExitError](err); ok {
		return errors.New(strings.TrimSpace(string(bad.Stderr)))
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(out, into)
}

// event is what this parent looks at of an event of a run, or of a login.
type event struct {
	Type string
	// of a run
	Text, Name, Status, Server string
	Arguments                  json.RawMessage
	Tools                      json.RawMessage // of tool.list; run.end has totals under this name
	Class                      string
	ExitCode                   int `json:"exit_code"`
	Error                      *struct{ Message, Hint string }
	Usage                      *struct {
		TotalTokens int `json:"total_tokens"`
	}
	// of a login
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	Message         string
}

// child is a hermes that runs, and tells by events.
type child struct {
	cmd    *exec.Cmd
	events chan event
}

// run asks a question. The events come on a descriptor of their own: stdout is the answer, which they hold too.
func (p *program) run(r row, prompt string) (*child, error) {
	args := []string{"--provider=" + r.Provider, "--thread=" + p.thread, "--events=fd:3", "--stdin=never", "--die-with-parent", "--oneshot=" + prompt}
	for _, spec := range p.tools {
		args = append(args, "--tools="+spec)
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer to.Close()
	cmd := exec.Command(p.path, args...)
	cmd.ExtraFiles = []*os.File{to}
	return begin(cmd, from)
}

// login logs in; its events are on stdout.
func (p *program) login(r row) (*child, error) {
	args := []string{"auth", "add", r.Provider, "--no-browser", "--json"}
	if p.portal != "" {
		args = append(args, "--portal-url="+p.portal)
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer to.Close()
	cmd := exec.Command(p.path, args...)
	cmd.Stdout = to
	return begin(cmd, from)
}

// begin starts the child and reads its events to their end.
func begin(cmd *exec.Cmd, from *os.File) (*child, error) {
	if err := cmd.Start(); err != nil {
		from.Close()
		return nil, err
	}
	c := &child{cmd: cmd, events: make(chan event)}
	go func() {
		defer close(c.events)
		defer from.Close()
		lines := bufio.NewReader(from) // a line may be as long as an answer
		for {
			line, err := lines.ReadBytes('\n')
			var e event
			if bad := json.Unmarshal(line, &e); bad == nil {
				c.events <- e
			} else if len(line) > 0 {
				c.events <- event{Type: "warning", Message: "an event that this parent cannot read: " + bad.Error()}
			}
			if err != nil {
				break
			}
		}
		_ = cmd.Wait() // the last event has told how it ended
	}()
	return c, nil
}

// next waits for the next event, as a message of Bubble Tea.
func (c *child) next() tea.Msg {
	e, more := <-c.events
	if !more {
		return over{}
	}
	return e
}

// stop cancels what the child does. It still tells its end.
func (c *child) stop() { _ = c.cmd.Process.Signal(os.Interrupt) }

// over says that the child has ended.
type over struct{}
