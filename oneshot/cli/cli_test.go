package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"hermes/oneshot/shell"
)

// TestDescribe holds the model that help and completions are made of against the parser's own, command by command.
func TestDescribe(t *testing.T) {
	t.Parallel()
	var check func(c command)
	check = func(c command) {
		if (c.new == nil) != (len(c.below) > 0) || c.help == "" {
			t.Errorf("%s does nothing, or has no help", c.name)
		}
		if c.new != nil {
			flags, args := shell.Describe(reflect.TypeOf(c.new()).Elem(), values())
			compare(t, c.name, flags, args, parser(c.new()).Model.Node)
		}
		standard := 0
		for _, sub := range c.below {
			if check(sub); sub.standard {
				standard++
			}
		}
		if standard > 1 {
			t.Errorf("%s has %d standard commands", c.name, standard)
		}
	}
	for _, c := range commands() {
		check(c)
	}
}

// spaced is the help with a space between the values of ${enum} and with the default, as the model has it.
func spaced(v *kong.Value) string {
	_, standard, _ := strings.Cut(v.Tag.Get("setting"), "=")
	switch {
	case v.Enum != "":
		list := strings.ReplaceAll(strings.TrimPrefix(v.Enum, ","), ",", ", ")
		if standard != "" {
			list = strings.Replace(list, standard, standard+" (default)", 1)
		}
		return strings.ReplaceAll(v.Help, v.Enum, list)
	case standard != "" && !v.IsBool():
		return strings.TrimSuffix(v.Help, ".") + " (default " + standard + ")."
	}
	return v.Help
}

func compare(t *testing.T, name string, flags []shell.Flag, args []shell.Arg, n *kong.Node) {
	t.Helper()
	var want, got []string
	for _, f := range n.Flags {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			continue
		}
		line := f.Name + strings.Trim(string(f.Short), "\x00") + spaced(f.Value) + fmt.Sprint(f.Tag.Negatable != "", !f.IsBool(), len(f.Aliases))
		if !f.IsBool() {
			line += f.FormatPlaceHolder()
		}
		want = append(want, line)
	}
	for _, f := range flags {
		got = append(got, f.Long+f.Short+f.Help+fmt.Sprint(f.Negatable, f.Placeholder != "", len(f.Aliases))+f.Placeholder)
	}
	for _, a := range n.Positional {
		want = append(want, fmt.Sprint(a.Name, spaced(a), !a.Required, a.IsCumulative()))
	}
	for _, a := range args {
		got = append(got, fmt.Sprint(a.Name, a.Help, a.Optional, a.Many))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: the parser has\n%s\n\nthe model\n%s", name, strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestPromptOf: the flags and the prompt of a line; the words of a prompt stay in their order wherever flags stand.
func TestPromptOf(t *testing.T) {
	t.Parallel()
	type run = func(c *runCmd)
	prompt := func(words ...string) run { return func(c *runCmd) { c.Prompt = words } }
	with := func(set run, words ...string) run {
		return func(c *runCmd) {
			set(c)
			c.Prompt = words
		}
	}
	for line, set := range map[string]run{
		"":                            prompt(),
		"hello":                       prompt("hello"),
		"hello world":                 prompt("hello", "world"),
		"run hello":                   prompt("hello"),
		"run run":                     prompt("run"),
		"please run auth":             prompt("please", "run", "auth"),
		"run auth list":               prompt("auth", "list"),
		"-":                           prompt("-"),
		"-- -x":                       prompt("-x"),
		"--json hello":                with(func(c *runCmd) { c.JSON = true }, "hello"),
		"--json run hello":            with(func(c *runCmd) { c.JSON = true }, "hello"),
		"--json -- run hello":         with(func(c *runCmd) { c.JSON = true }, "hello"),
		"run -- run":                  prompt("run"),
		"hello --json world":          with(func(c *runCmd) { c.JSON = true }, "hello", "world"),
		"a --model auth b --json":     with(func(c *runCmd) { c.Model, c.JSON = "auth", true }, "a", "b"),
		"-qm M hello":                 with(func(c *runCmd) { c.Model, c.Quiet = "M", new(true) }, "hello"),
		"-mM -qzhello":                func(c *runCmd) { c.Model, c.Quiet, c.Oneshot = "M", new(true), "hello" },
		"-f a -f b -fc":               func(c *runCmd) { c.File = []string{"a", "b", "c"} },
		"--no-quiet --atomic x":       with(func(c *runCmd) { c.Quiet, c.Atomic = new(false), new(true) }, "x"),
		"--var a=b --var c=d=e x":     with(func(c *runCmd) { c.Var = map[string]string{"a": "b", "c": "d=e"} }, "x"),
		"x --output-last-message o p": with(func(c *runCmd) { c.Output = "o" }, "x", "p"),
		"--stop=-- x":                 with(func(c *runCmd) { c.Stop = []string{"--"} }, "x"),
		"hello -- --json":             prompt("hello", "--json"),
	} {
		cmd, err := commandOf(strings.Fields(line))
		want := &runCmd{}
		set(want)
		got, ok := cmd.(*runCmd)
		if err != nil || !ok || strings.Replace(inJSON(t, got), `"Prompt":[]`, `"Prompt":null`, 1) != inJSON(t, want) {
			t.Errorf("%q: %T %s, want %s; %v", line, cmd, inJSON(t, cmd), inJSON(t, want), err)
		}
	}
}

// TestCommandOf: which command a line is, with which flags.
func TestCommandOf(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]runner{
		"auth list --json":      &authList{JSON: true},
		"-- auth list":          &authList{},
		"auth logout p":         &authRemove{account: account{"p"}},
		"config set model auth": &configSet{Key: "model", Value: "auth"},
		"config -- get a":       &configGet{Key: "a"},
		"model":                 &modelPick{},
		"model --no-browser":    &modelPick{NoBrowser: true},
		"completion bash":       &completionCmd{Shell: "bash"},
		"--version x":           &versionCmd{},
		"auth list --version":   &versionCmd{},
		"auth add --help x":     &helpCmd{Command: []string{"auth", "add", "x"}},
		"auth list -h":          &helpCmd{Command: []string{"auth", "list"}},
		"help auth add":         &helpCmd{Command: []string{"auth", "add"}},
	} {
		if got, err := commandOf(strings.Fields(line)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %T %+v, want %T %+v; %v", line, got, got, want, want, err)
		}
	}
}

// TestDefaults: kong fills what a tag says of a flag that the line leaves out.
func TestDefaults(t *testing.T) {
	t.Parallel()
	cmd, err := commandOf([]string{"sandbox", "faults"})
	if c, ok := cmd.(*sandboxCmd); err != nil || !ok || c.Faults != "faults" || c.Listen != "127.0.0.1:0" || c.TokenTTL != 15*time.Minute {
		t.Errorf("%+v, %v", cmd, err)
	}
}

func TestCommandOfRefuses(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--bogus x":                  "unknown flag --bogus",
		"--verson":                   `did you mean "--version"?`,
		"x --retries":                "--retries",
		"--retries x":                "--retries: expected a valid 64 bit int",
		"--stdin maybe":              "--stdin must be one of",
		"--system a --system-file b": "can't be used together",
		"-z --json":                  "--oneshot: expected string value",
		"--file= x":                  "--file needs the name of a file, and it is empty",
		"auth":                       "hermes auth what? It is one of add, list,",
		"auth --json list":           "unknown flag --json",
		"auth bogus":                 "unexpected argument bogus",
		"auth add":                   `expected "<provider>"`,
		"config set a":               `expected "<value>"`,
		"--json auth list":           `flag --json applies to the default command "run", not "auth"`,
		"--json -- auth":             `flag --json applies to the default command "run", not "auth"`,
		"model --no-browser list":    `flag --no-browser applies to the default command "pick", not "list"`,
		"completion tcsh":            "<shell> must be one of",
		"docter":                     "did you mean hermes doctor?",
		"-s a-b hi":                  "looks like a skill of Hermes Agent",
	} {
		if cmd, err := commandOf(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %T, %v; want %q", line, cmd, err, want)
		}
	}
}
