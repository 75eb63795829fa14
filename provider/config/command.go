package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// Command is `hermes config`: its verbs and flags are the fields, for a parser that reads the tags.
type Command struct {
	Get struct {
		Key  string `arg:"" help:"Dotted key, e.g. model.default, or the name of a secret."`
		JSON bool   `help:"As JSON, with its source."`
	} `cmd:"" help:"Print one value."`
	Set struct {
		Key   string `arg:"" help:"Dotted key; model and provider alone mean model.default and model.provider."`
		Value string `arg:"" help:"The value; a secret goes to .env."`
		Force bool   `help:"Also a value that a run would refuse."`
	} `cmd:"" help:"Write one value; comments and order stay."`
	Unset struct {
		Key string `arg:"" help:"Dotted key."`
	} `cmd:"" help:"Remove one value."`
	Show struct{} `cmd:"" help:"Print config.yaml with secrets masked."`
	Path struct{} `cmd:"" help:"Print where config.yaml is."`
	Edit struct{} `cmd:"" help:"Open config.yaml in $VISUAL or $EDITOR, and check it afterwards."`

	Explain struct {
		JSON bool `help:"As JSON."`
	} `cmd:"" help:"Print every effective setting and who decided it."`
}

// Decision is an effective setting and where it came from.
type Decision struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Desk is the home and the outside of a command.
type Desk struct {
	Home     string
	In       *os.File
	Out, Err io.Writer
	Getenv   func(string) string
	// Decided tells what a run without flags would use. Needed by explain.
	Decided func() []Decision
	// Doubt says what speaks against a value that was set. May be nil.
	Doubt func(key, value string) string
}

func (d Desk) path() string { return filepath.Join(d.Home, "config.yaml") }

// Do does what the verb says. Errors are *Error. Called Run, it would make the parser take a line without a verb.
func (c *Command) Do(verb string, d Desk) error {
	switch verb {
	case "get":
		return c.get(d)
	case "set":
		change, err := Set(d.path(), c.Set.Key, c.Set.Value, SetOptions{Force: c.Set.Force})
		if err == nil && d.Doubt != nil && change.Warning == "" {
			change.Warning = d.Doubt(change.Key, c.Set.Value)
		}
		return d.tell(change, "set to "+change.Value, err)
	case "unset":
		change, err := Unset(d.path(), c.Unset.Key)
		return d.tell(change, "removed", err)
	case "show":
		return Show(d.path(), d.Out, true)
	case "edit":
		return d.edit()
	case "explain":
		return c.explain(d)
	case "path":
		return d.write(d.path() + "\n")
	}
	return &Error{Msg: fmt.Sprintf("hermes config has no command %q", verb), class: "usage"}
}

func (c *Command) get(d Desk) error {
	v, err := Get(d.path(), c.Get.Key)
	if err != nil {
		return err
	}
	text := v.Display()
	if c.Get.JSON {
		raw, err := json.Marshal(map[string]any{"key": v.Key, "value": v.JSON(), "source": v.Source, "path": v.Path, "line": v.Line})
		if err != nil {
			return err
		}
		text = string(raw)
	}
	return d.write(strings.TrimSuffix(text, "\n") + "\n")
}

// tell says on stderr what an edit did.
func (d Desk) tell(c Change, done string, err error) error {
	if err != nil {
		return err
	}
	if c.Warning != "" {
		fmt.Fprintln(d.Err, "hermes:", c.Warning)
	}
	if !c.Changed {
		done = "unchanged"
	}
	fmt.Fprintf(d.Err, "hermes: %s: %s %s\n", c.Path, c.Key, done)
	return nil
}

// edit opens the file and checks what came back. A file that no longer loads stays as it was written.
func (d Desk) edit() error {
	editor := "vi"
	for _, name := range []string{"EDITOR", "VISUAL"} {
		if named := d.Getenv(name); strings.TrimSpace(named) != "" {
			editor = named
		}
	}
	if err := os.MkdirAll(d.Home, 0o700); err != nil {
		return ioError(d.Home, err)
	}
	words := append(strings.Fields(editor), d.path())
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = d.In, d.Err, d.Err
	if err := cmd.Run(); err != nil {
		return &Error{Path: d.path(), Msg: "the editor " + words[0] + " failed: " + err.Error(), class: "usage"}
	}
	_, err := Load(d.path())
	return err
}

func (c *Command) explain(d Desk) error {
	all := d.Decided()
	flags, err := flagDefaults(d.path())
	if err != nil {
		return err
	}
	all = append(all, flags...)
	if c.Explain.JSON {
		raw, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return err
		}
		return d.write(string(raw) + "\n")
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range all {
		value := strings.ReplaceAll(s.Value, "\n", " ")
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, value, s.Source)
	}
	w.Flush()
	return d.write(b.String())
}

// flagDefaults are the keys of the section oneshot that hold something, each the default of a flag.
func flagDefaults(path string) ([]Decision, error) {
	var all []Decision
	for _, k := range Keys() {
		if !strings.HasPrefix(k.Path, "oneshot.") || strings.Contains(k.Path, "<") {
			continue
		}
		v, err := Get(path, k.Path)
		if e, ok := errors.AsType[*Error](err); ok && e.NotSet {
			continue
		}
		if err != nil {
			return nil, err
		}
		source := v.Source
		if v.Line > 0 {
			source = fmt.Sprintf("%s line %d", source, v.Line)
		}
		all = append(all, Decision{v.Key, v.Display(), source})
	}
	return all, nil
}

func (d Desk) write(text string) error {
	if _, err := io.WriteString(d.Out, text); err != nil {
		return &Error{Path: "stdout", Msg: "cannot write: " + err.Error(), class: "io", err: err}
	}
	return nil
}

// Help are examples, below the summary of the command.
func (Command) Help() string {
	return `Examples:
  hermes config set model MiniMax-M2.7
  hermes config set oneshot.retries 5
  hermes config explain        (what holds now, and who decided it)`
}
