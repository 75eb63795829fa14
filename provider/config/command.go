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

// Setting is a setting that holds, and where it came from.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Commands are the verbs of `hermes config`, with the home and the streams that they use.
type Commands struct {
	Home     string
	In       *os.File
	Out, Err io.Writer
	Getenv   func(string) string
	Flags    []Key // the keys of the section oneshot
	// Settings tells what a run without flags would use. Needed by Explain.
	Settings func() []Setting
	// Warning says why a run would stumble over a value that was set, "" when it would not. May be nil.
	Warning func(key, value string) string
}

func (c Commands) path() string { return filepath.Join(c.Home, "config.yaml") }

// Path prints where config.yaml is.
func (c Commands) Path() error { return c.write(c.path() + "\n") }

// Show prints config.yaml with secrets masked.
func (c Commands) Show(asJSON bool) error {
	if asJSON {
		return ShowJSON(c.path(), c.Out)
	}
	return Show(c.path(), c.Out, true)
}

// Set writes one value.
func (c Commands) Set(key, value string) error {
	change, err := Set(c.path(), key, value, c.Flags...)
	if err == nil && c.Warning != nil && change.Warning == "" {
		change.Warning = c.Warning(change.Key, value)
	}
	return c.tell(change, "set to "+change.Value, err)
}

// Unset removes one value.
func (c Commands) Unset(key string) error {
	change, err := Unset(c.path(), key)
	return c.tell(change, "removed", err)
}

// Get prints one value, as JSON with where it comes from.
func (c Commands) Get(key string, asJSON bool) error {
	v, err := Get(c.path(), key, c.Flags...)
	if err != nil {
		return err
	}
	text := v.Display()
	if asJSON {
		raw, err := json.Marshal(map[string]any{"key": v.Key, "value": v.JSON(), "source": v.Source, "path": v.Path, "line": v.Line})
		if err != nil {
			return err
		}
		text = string(raw)
	}
	return c.write(strings.TrimSuffix(text, "\n") + "\n")
}

// tell says on stderr what an edit did.
func (c Commands) tell(change Change, done string, err error) error {
	if err != nil {
		return err
	}
	if change.Warning != "" {
		fmt.Fprintln(c.Err, "hermes:", change.Warning)
	}
	if !change.Changed {
		done = "unchanged"
	}
	fmt.Fprintf(c.Err, "hermes: %s: %s %s\n", change.Path, change.Key, done)
	return nil
}

// Edit opens config.yaml in $VISUAL or $EDITOR and checks what came back. A file that no longer loads stays as it was written.
func (c Commands) Edit() error {
	editor := "vi"
	for _, name := range []string{"EDITOR", "VISUAL"} {
		if named := c.Getenv(name); strings.TrimSpace(named) != "" {
			editor = named
		}
	}
	if err := os.MkdirAll(c.Home, 0o700); err != nil {
		return ioError(c.Home, err)
	}
	words := append(strings.Fields(editor), c.path())
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.In, c.Err, c.Err
	if err := cmd.Run(); err != nil {
		return &Error{Path: c.path(), Msg: "the editor " + words[0] + " failed: " + err.Error(), class: "usage"}
	}
	_, err := Load(c.path(), c.Flags...)
	return err
}

// Explain prints every effective setting and who decided it.
func (c Commands) Explain(asJSON bool) error {
	all := c.Settings()
	flags, err := c.flagDefaults()
	if err != nil {
		return err
	}
	all = append(all, flags...)
	if asJSON {
		raw, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return err
		}
		return c.write(string(raw) + "\n")
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
	return c.write(b.String())
}

// flagDefaults are the flags that have a value when the line does not give them.
func (c Commands) flagDefaults() ([]Setting, error) {
	var all []Setting
	for _, k := range c.Flags {
		v, err := Get(c.path(), k.Path, c.Flags...)
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
		all = append(all, Setting{v.Key, v.Display(), source})
	}
	return all, nil
}

func (c Commands) write(text string) error {
	_, err := io.WriteString(c.Out, text)
	return err
}
