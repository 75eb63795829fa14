package shell_test

import (
	"strings"
	"testing"

	"hermes/oneshot/shell"
)

func grammar() shell.Command {
	return shell.Command{
		Name: "hermes", Help: "Send one prompt.",
		Commands: []shell.Command{
			{Name: "run", Help: "Ask.", Default: true, Args: []shell.Arg{{Name: "prompt", Help: "Words.", Optional: true}}, Flags: []shell.Flag{
				{Long: "format", Short: "F", Help: "It's a form.", Placeholder: "FORM", Values: []string{"text", "json"}},
				{Long: "quiet", Help: "Nothing.", Negatable: true},
				{Long: "file", Help: ".dot first", Placeholder: "FILE"},
			}},
			{Name: "auth", Help: "Logins.", Commands: []shell.Command{{Name: "add", Help: "Log in."}}},
		},
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"bash": {`" --format"|" -F") COMPREPLY=($(compgen -W "text json"`, `"") COMPREPLY=($(compgen -W "run auth --format --quiet --no-quiet --file"`, `" run"|" auth"|" auth add")`},
		"zsh":  {`" run --format"|" run -F") compadd -- text json; return;;`, `" auth") compadd -- add;;`, "#compdef hermes"},
		"fish": {`-n '__fish_use_subcommand' -a 'auth'`, `-l format -s F -x -a 'text json' -d 'It\'s a form.'`, `-l no-quiet`, `-l file -r`},
	} {
		got, err := shell.Completion(name, grammar())
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %s in\n%s", name, w, got)
			}
		}
	}
	if _, err := shell.Completion("tcsh", grammar()); err == nil {
		t.Error("tcsh has a completion")
	}
}

func TestMan(t *testing.T) {
	t.Parallel()
	got := shell.Man(grammar(), shell.Page{Version: "1.2-3", Date: "2026-01-02", Exits: []shell.Code{{Code: 0, Means: []string{"fine"}}}, Files: [][2]string{{"~/.x", "here"}}})
	for _, want := range []string{
		`.TH HERMES 1 "2026\-01\-02" "hermes 1.2\-3"`, `hermes \- send one prompt.`, `.SS "hermes run [PROMPT]"`, `.SS "hermes auth add"`,
		`\fB\-F\fR, \fB\-\-format\fR \fIFORM\fR`, `\fB\-\-[no\-]quiet\fR`, "\n\\&.dot first\n", ".TP\n\\fB0\\fR\nfine\n", "~/.x",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	got := shell.Codes([]shell.Code{{0, []string{"fine"}}, {65, []string{"a", "b"}}, {141, []string{"gone"}}}, 26)
	if want := "  0 fine · 65 a, b\n  141 gone\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for line := range strings.Lines(shell.Codes([]shell.Code{{1, []string{strings.Repeat("x", 50)}}, {2, nil}}, 20)) {
		if !strings.HasPrefix(line, "  ") {
			t.Errorf("%q", line)
		}
	}
}
