package cli

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"unicode"

	"hermes/oneshot/output"
	"hermes/oneshot/shell"
	"hermes/provider/config"
	"hermes/provider/doctor"
	"hermes/provider/login"
	"hermes/provider/setup"
)

type schemaCmd struct {
	Name string `arg:"" enum:"events,result,batch,models,tools,tool-output,settings,config,doctor,capabilities,auth-list,auth-status,auth-add" help:"Which one: ${enum}."`
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"Which one: ${enum}."`
}

type manCmd struct{}

type versionCmd struct {
	JSON bool `help:"As JSON, with the dependencies."`
}

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command; all of them without one."`
}

func (c *schemaCmd) Run(_ context.Context, a *App) error {
	raw, err := c.schema()
	if err != nil {
		return err
	}
	return a.print(string(raw))
}

// schema is of what a run prints, or of what a command does.
func (c *schemaCmd) schema() ([]byte, error) {
	switch c.Name {
	case "models":
		return output.SchemaOf(c.Name, reflect.TypeFor[[]setup.Known]())
	case "settings":
		return output.SchemaOf(c.Name, reflect.TypeFor[[]config.Setting]())
	case "doctor":
		return output.SchemaOf(c.Name, reflect.TypeFor[doctor.Report]())
	case "config":
		return config.Schema(flagKeys()...)
	case "capabilities":
		return output.SchemaOf(c.Name, reflect.TypeFor[capabilities]())
	case "auth-list":
		return output.SchemaOf(c.Name, reflect.TypeFor[login.Listing]())
	case "auth-status":
		return output.SchemaOf(c.Name, reflect.TypeFor[login.Report]())
	case "auth-add":
		return output.SchemaOf(c.Name, reflect.TypeFor[login.Event]())
	}
	return output.Schema(c.Name)
}

func (c *completionCmd) Run(_ context.Context, a *App) error {
	known := values()
	if dir, err := a.dir(); err == nil {
		addOwnNames(known, dir)
	}
	text, err := shell.Completion(c.Shell, a.describe(known))
	if err != nil {
		return err
	}
	return a.print(text)
}

func (*manCmd) Run(_ context.Context, a *App) error {
	return a.print(a.spell(shell.Man(a.describe(nil), shell.Page{Version: a.Version, Date: a.Date, Exits: codes(), Files: [][2]string{
		{"~/.hermes/config.yaml", "settings, shared with Hermes Agent"},
		{"~/.hermes/.env", "API keys"},
		{"~/.hermes/auth.json", "logins, shared with Hermes Agent"},
		{"~/.hermes/usage.jsonl", "one line a run"},
	}})))
}

func (c *versionCmd) Run(_ context.Context, a *App) error {
	if !c.JSON {
		return a.print("hermes " + a.Version + "\n")
	}
	raw, err := a.builtFrom()
	if err != nil {
		return err
	}
	return a.print(string(raw) + "\n")
}

// builtFrom is the version with what the program was built from.
func (a *App) builtFrom() ([]byte, error) {
	deps := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			deps[d.Path] = d.Version
		}
	}
	return json.MarshalIndent(map[string]any{
		"version": a.Version, "commit": a.Commit, "date": a.Date, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "deps": deps,
	}, "", "  ")
}

// describe is the program under the name that it was called by.
func (a *App) describe(values map[string][]string) shell.Command {
	d := a.renamed(describe(values))
	d.Name = a.Name
	return d
}

// renamed speaks of the program by that name in the help of a command and of all below it.
func (a *App) renamed(c shell.Command) shell.Command {
	c.Help = a.spell(c.Help)
	for i, f := range c.Flags {
		c.Flags[i].Help = a.spell(f.Help)
	}
	for i, sub := range c.Commands {
		c.Commands[i] = a.renamed(sub)
	}
	return c
}

// Run prints the help of a command, with the exit codes below that of what asks a model.
func (c *helpCmd) Run(_ context.Context, a *App) error {
	program, width := describe(nil), a.width()
	path := program.Path(c.Command)
	text := shell.Help(program, path, width)
	if name := strings.Join(path, " "); name == "run" || name == "batch" || name == "batch run" || name == "batch collect" {
		text += "\nExit codes:\n" + shell.Codes(codes(), min(width, 78))
	}
	return a.print(a.spell(text))
}

// width is how many columns the help may take: as many as the terminal has, within reason.
func (a *App) width() int {
	if a.OutTTY {
		if wide := columns(a.Out); wide > 0 {
			return min(max(wide, 40), 100)
		}
	}
	return 80
}

// codes are the exit codes and the error classes of each.
func codes() []shell.Code {
	all := []shell.Code{{Code: 0, Means: []string{"a complete answer"}}}
	for _, x := range output.Exits() {
		if last := &all[len(all)-1]; last.Code == x.Code {
			last.Means = append(last.Means, string(x.Class))
		} else {
			all = append(all, shell.Code{Code: x.Code, Means: []string{string(x.Class)}})
		}
	}
	return all
}

// addOwnNames adds the rows of the home's config.yaml. A broken one is no matter here.
func addOwnNames(known map[string][]string, dir string) {
	own, err := config.Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		return
	}
	for _, r := range own.Providers {
		known["provider"], known["model"] = append(known["provider"], plainNames(r.Name)...), append(known["model"], plainNames(r.DefaultModel)...)
	}
}

// plainNames are those of the names that mean nothing to a shell, which reads them as part of a script.
func plainNames(names ...string) []string {
	return slices.DeleteFunc(names, func(s string) bool {
		return s == "" || strings.ContainsFunc(s, func(r rune) bool {
			return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:/@+", r)
		})
	})
}

// print writes what was asked for to stdout.
func (a *App) print(text string) error {
	_, err := io.WriteString(a.out(), text)
	return err
}
