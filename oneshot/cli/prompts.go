package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/provider/prompts"
)

type promptList struct{}

type promptShow struct {
	Name string `arg:"" help:"Its name, without .md."`
}

// Run prints a line each: the name, and its description or first line.
func (*promptList) Run(_ context.Context, a *App) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	all, err := prompts.List(dir)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.text(), 0, 0, 2, ' ', 0)
	for _, p := range all {
		first, _, _ := bytes.Cut(bytes.TrimSpace(p.Text), []byte("\n"))
		fmt.Fprintf(w, "%s\t%s\n", p.Name, cmp.Or(p.Description, strings.TrimSpace(string(input.Head(first, 100)))))
	}
	return w.Flush()
}

// Run prints the text of a prompt, and what its front matter says, to stderr.
func (c *promptShow) Run(_ context.Context, a *App) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	p, ok, err := prompts.Find(dir, c.Name)
	if err == nil && !ok {
		err = &input.Error{ErrClass: class.NoInput, Msg: fmt.Sprintf("there is no prompt %q in %s/prompts", c.Name, dir), Advice: "hermes prompt list shows them"}
	}
	if err != nil {
		return err
	}
	for _, s := range [][2]string{{"provider", p.Provider}, {"model", p.Model}, {"system", p.System}, {"schema", p.Schema}} {
		if s[1] != "" {
			a.stderr.Notice("%s: %s", s[0], strings.TrimSpace(s[1]))
		}
	}
	return a.print(string(p.Text))
}

// library puts what a prompt of the library says under the flags of the line. A name that the library does not have is that of a file.
func (h *home) library(f *oneshot.Flags) error {
	p, ok, err := prompts.Find(h.Home, f.Template)
	if !ok || err != nil {
		return err
	}
	h.prompt, f.Template = p.Text, p.Path
	if f.Provider == "" && f.Model == "" {
		f.Provider, f.Model = p.Provider, p.Model
	}
	if f.System == "" && f.SystemFile == "" {
		f.System = p.System
	}
	if f.OutputSchema == "" && !f.Extract.Wanted {
		f.OutputSchema = p.Schema
	}
	return nil
}
