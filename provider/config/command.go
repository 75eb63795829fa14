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

// Path prints where config.yaml is.
func (d Desk) Path() error { return d.write(d.path() + "\n") }

// Show prints config.yaml with secrets masked.
func (d Desk) Show() error { return Show(d.path(), d.Out, true) }

// Set writes one value.
func (d Desk) Set(key, value string) error {
	change, err := Set(d.path(), key, value)
	if err == nil && d.Doubt != nil && change.Warning == "" {
		change.Warning = d.Doubt(change.Key, value)
	}
	return d.tell(change, "set to "+change.Value, err)
}

// Unset removes one value.
func (d Desk) Unset(key string) error {
	change, err := Unset(d.path(), key)
	return d.tell(change, "removed", err)
}

// Get prints one value, as JSON with where it comes from.
func (d Desk) Get(key string, asJSON bool) error {
	v, err := Get(d.path(), key)
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

// Edit opens config.yaml in $VISUAL or $EDITOR and checks what came back. A file that no longer loads stays as it was written.
func (d Desk) Edit() error {
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

// Explain prints every effective setting and who decided it.
func (d Desk) Explain(asJSON bool) error {
	all := d.Decided()
	flags, err := flagDefaults(d.path())
	if err != nil {
		return err
	}
	all = append(all, flags...)
	if asJSON {
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
	_, err := io.WriteString(d.Out, text)
	return err
}
