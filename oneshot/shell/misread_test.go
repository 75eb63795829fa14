package shell

import (
	"strings"
	"testing"
)

func grammar() Command {
	return Command{Flags: []Flag{{Long: "version"}}, Commands: []Command{
		{Name: "run", Default: true, Flags: []Flag{
			{Long: "json"},
			{Long: "oneshot", Short: "z", Placeholder: "PROMPT"},
			{Long: "quiet", Short: "q", Negatable: true},
			{Long: "model", Short: "m", Placeholder: "NAME"},
			{Long: "system", Short: "s", Placeholder: "TEXT"},
			{Long: "file", Short: "f", Placeholder: "FILE"},
		}},
		{Name: "model", Commands: []Command{{Name: "list"}, {Name: "set", Args: []Arg{{Name: "model"}}}}},
		{Name: "completion", Args: []Arg{{Name: "shell", Values: []string{"bash", "zsh"}}}},
		{Name: "doctor"},
		{Name: "help"},
	}}
}

// TestUntangle: a line is refused, rewritten, or left as it is.
func TestUntangle(t *testing.T) {
	t.Parallel()
	names := grammar().names()
	for line, want := range map[string]string{
		"status": "refused", "--json status": "refused", "-m x status": "refused", "status -q": "refused", "-- status": "refused",
		"gateway start": "refused", "gateway start --all": "refused", "gateway starts slowly": "", "status of it": "",
		"kanban link a b": "refused", "kanban link a b c": "", "logs -n 5 errors": "refused", "logs -f": "refused",
		"run status": "", "run docter": "", "-z status": "", "hello": "", "hello status": "", "": "",
		"docter": "refused", "docto": "refused", "ddoctor": "refused", "dcotor": "refused", "dactar": "", "Doctor": "refused", "doctor": "",
		"modle list": "refused", "modle set x": "refused", "modle set x y": "", "modle lists": "", "completon bash": "refused", "completon tcsh": "",
		"help": "", "help model set": "", "help me please": "run help me please", "--json help me": "run --json help me", "help docter": "refused",
		"help status": "refused", "help desk": "run help desk",
		"chat": "run", "chat --thread t": "run --thread t", "chat -q hi": "run -z hi", "-m x chat --query=hi -Q": "run -m x -z hi -q", "chat --oneshot -q hi": "run -z hi",
		"chat -q chat -- -q": "run -z chat -- -q", "chat with me": "", "chat --query-file f": "run --prompt-file f",
		"-s a-b hi": "refused", "-sa,b hi": "refused", "-s brief hi": "", "run -s a/b hi": "refused", "hi -- -s a-b": "", "--system a-b hi": "",
	} {
		words := strings.Fields(line)
		fixed, refusal := Untangle(words, grammar())
		got := strings.Join(fixed, " ")
		switch {
		case refusal != "":
			got = "refused"
		case got == line:
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, want %q (%s)", line, got, want, refusal)
		}
		if want != "" && !Suspicious(words, names) {
			t.Errorf("%q is not suspicious", line)
		}
	}
	if Suspicious([]string{"hello", "world", "--json"}, names) {
		t.Error("a greeting is suspicious")
	}
}

// TestAgentCommands: no command of ours is taken for one of Hermes Agent, and the forms are well written.
func TestAgentCommands(t *testing.T) {
	t.Parallel()
	last := ""
	for _, a := range agentCommands() {
		if a.name <= last || grammar().Has(a.name) || strings.Contains(a.forms, ",,") || strings.HasSuffix(a.forms, ", ") {
			t.Errorf("%+v behind %s", a, last)
		}
		last = a.name
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	for msg, want := range map[string]string{
		"unknown flag --toolsets, did you mean one of \"a\"?": "chooses toolsets",
		"unknown flag -r": "goes on with a session",
		"unknown flag --jsn, did you mean \"--json\"?": "did you mean",
		"something else": "something else",
	} {
		if got := Foreign(msg); !strings.Contains(got, want) {
			t.Errorf("%q: %q", msg, got)
		}
	}
}
