package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"hermes/oneshot/shell"
)

func inJSON(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

// TestDescribe holds the model that help and completions are made of against that of the parser.
func TestDescribe(t *testing.T) {
	t.Parallel()
	sys := &system{out: os.Stdout, err: os.Stderr}
	parsed := sys.parser(&grammar{}).Model.Node
	compare(t, describe(values()), parsed)
	var all []string
	for _, c := range parsed.Children {
		if c.Name != "run" {
			all = append(all, c.Name)
		}
	}
	if got := commands(); !slices.Equal(got, all) {
		t.Errorf("commands %q, want %q", got, all)
	}
}

// spaced is the help with a space between the values of ${enum}, as the model has it.
func spaced(v *kong.Value) string {
	if v.Enum == "" {
		return v.Help
	}
	return strings.ReplaceAll(v.Help, v.Enum, strings.ReplaceAll(v.Enum, ",", ", "))
}

func compare(t *testing.T, c shell.Command, n *kong.Node) {
	t.Helper()
	var want, got []string
	for _, f := range n.Flags {
		if f.Hidden || f.Name == "help" {
			continue
		}
		line := f.Name + string(f.Short) + spaced(f.Value) + fmt.Sprint(f.Tag.Negatable != "", !f.IsBool())
		if !f.IsBool() {
			line += f.FormatPlaceHolder()
		}
		want = append(want, strings.Trim(line, "\x00"))
	}
	for _, f := range c.Flags {
		got = append(got, f.Long+f.Short+f.Help+fmt.Sprint(f.Negatable, f.Placeholder != "")+f.Placeholder)
	}
	for _, a := range n.Positional {
		want = append(want, fmt.Sprint(a.Name, spaced(a), !a.Required, a.IsCumulative()))
	}
	for _, a := range c.Args {
		got = append(got, fmt.Sprint(a.Name, a.Help, a.Optional, a.Many))
	}
	if clean := strings.ReplaceAll(strings.Join(want, "\n"), "\x00", ""); clean != strings.Join(got, "\n") {
		t.Errorf("%s: the parser has\n%s\n\nthe model\n%s", n.Name, clean, strings.Join(got, "\n"))
	}
	if len(c.Commands) != len(n.Children) || c.Detail != n.Detail && c.Name != "hermes" {
		t.Fatalf("%s: %d commands, want %d; %q, want %q", n.Name, len(c.Commands), len(n.Children), c.Detail, n.Detail)
	}
	for i, sub := range n.Children {
		if x := c.Commands[i]; x.Name != sub.Name || x.Help != sub.Help || x.Default != (n.DefaultCmd == sub) {
			t.Errorf("%+v is no %s", x, sub.Name)
		}
		compare(t, c.Commands[i], sub)
	}
}

func titled(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// TestParseShort: a line that a part of the grammar reads, the whole reads alike; what the part refuses is left to it.
func TestParseShort(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"hello", "hello world", "run hello", "run run", "please run it", "-- -x", "", "-",
		"--json hello", "--json run hello", "hello --json", "-qm M hello", "-mM -qzhello", "-f a -f b -fc", "--file=a --file b",
		"--no-quiet --atomic x", "--no-fallback", "--var a=b --var c=d=e", "--ca-file x --top-p 0.5 y", "--output-last-message o p",
		"--retries 2 --deadline 5m x", "--system a --replay b x", "--stop=-- x", "-z a --temperature=0.5",
		"auth list --json", "auth refresh p --min-ttl 5m", "config set model auth", "model", "completion bash", "sandbox --fault a=1",
	} {
		sys := &system{args: strings.Fields(line), out: os.Stdout, err: os.Stderr}
		var part, whole grammar
		command, ok := sys.parseShort(&part)
		cmd, err := sys.parser(&whole).Parse(sys.args)
		if !ok || err != nil {
			t.Fatalf("%q: the part parses %v, the whole says %v", line, ok, err)
		}
		name, _, _ := strings.Cut(cmd.Command(), " ")
		if command != cmd.Command() && (command != "run" || name != "run") {
			t.Errorf("%q: %q, want %q", line, command, cmd.Command())
		}
		got, want := inJSON(reflect.ValueOf(part).FieldByName(titled(name)).Interface()), inJSON(reflect.ValueOf(whole).FieldByName(titled(name)).Interface())
		if strings.Replace(got, `"Prompt":[]`, `"Prompt":null`, 1) != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
	for _, line := range []string{
		"--bogus x", "--retries x", "--stdin maybe", "--system a --system-file b", "-y", "--record a --replay b", "-z --json",
		"auth", "auth bogus", "auth add", "config set a", "hello auth", "--json auth list", "completion tcsh",
	} {
		sys := &system{args: strings.Fields(line), out: os.Stdout, err: os.Stderr}
		if _, ok := sys.parseShort(new(grammar)); ok {
			t.Errorf("%q was not refused", line)
		}
	}
}
