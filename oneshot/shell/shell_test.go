package shell_test

import (
	"reflect"
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
		"bash":       {`" --format"|" -F") COMPREPLY=($(compgen -W "text json"`, `"") COMPREPLY=($(compgen -W "run auth --format --quiet --no-quiet --file"`, `" run"|" auth"|" auth add")`},
		"zsh":        {`" run --format"|" run -F") compadd -- text json; return;;`, `" auth") compadd -- add;;`, "#compdef hermes"},
		"powershell": {`' run --format' { $offer = 'text json' }`, `' run -F' { $offer = 'text json' }`, `' run --file' { $offer = '' }`, `' auth' { $offer = 'add' }`, "-CommandName hermes"},
		"fish":       {`-n '__fish_use_subcommand' -a 'auth'`, `-l format -s F -x -a 'text json' -d 'It\'s a form.'`, `-l no-quiet`, `-l file -r`},
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
	for _, name := range []string{"bash", "zsh", "fish", "powershell"} {
		if text, err := shell.Completion(name, grammar()); err != nil || text == "" {
			t.Errorf("%s: %q, %v", name, text, err)
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

func TestHelp(t *testing.T) {
	t.Parallel()
	root := grammar()
	root.Commands[0].Detail = "Examples:\n  hermes hi"
	root.Commands[0].Flags[2].Group = "Input"
	root.Commands[0].Args[0].Many = true
	root.Commands[0].Group = "Ask:"
	root.Commands[0].Flags[0].Top, root.Commands[0].Flags[0].Help = true, "It's a form (of two); or none."
	for path, want := range map[string]string{
		"": `Usage: hermes [FLAGS] [PROMPT ...] or
       hermes COMMAND [FLAGS]
Send one prompt.

Examples:
  hermes hi

  -F, --format=FORM
        It's a form

Ask:  run
      auth
More: hermes run --help (all flags),
      hermes help COMMAND,
      hermes explain CODE
`,
		"run": `Usage: hermes run [<prompt> ...] [flags]

Ask.

Examples:
  hermes hi

Arguments:
  [<prompt> ...]  Words.

Flags:
  -h, --help
        Show the help of a command.
  -F, --format=FORM
        It's a form (of two); or none.
      --[no-]quiet
        Nothing.

Input:
      --file=FILE
        .dot first
`,
		"auth": "Usage: hermes auth <command> [flags]\n",
	} {
		if got := shell.Help(root, strings.Fields(path), 40); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s\nwant\n%s", path, got, want)
		}
	}
	long := shell.Command{Name: "x", Commands: []shell.Command{{Name: "y", Flags: []shell.Flag{{Long: "a-name-that-is-far-too-long-for-it", Help: "Help."}}}}}
	if got := shell.Help(long, []string{"y"}, 80); !strings.Contains(got, "for-it\n                              Help.\n") {
		t.Error(got)
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{"": "", "run": "run", "--json auth add x": "auth add", "auth what": "auth", "add": ""} {
		if got := strings.Join(grammar().Path(strings.Fields(words)), " "); got != want {
			t.Errorf("%q leads to %q, want %q", words, got, want)
		}
	}
}

// ask is a command as a parser would read it.
type ask struct {
	flags
	Loud bool `name:"noisy"`
}

type flags struct {
	Prompt []string `arg:"" optional:"" help:"Words."`
	CAFile string   `short:"c" placeholder:"FILE" aliases:"roots,anchors"`
	TopP   float64  `placeholder:"X" group:"Model"`
	Form   string   `enum:",text,json" placeholder:"F" help:"One of ${enum}."`
	Quiet  *bool    `negatable:""`
	Debug  int      `hidden:""`
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	gotFlags, gotArgs := shell.Describe(reflect.TypeFor[ask](), map[string][]string{"prompt": {"a", "b"}})
	wantFlags := []shell.Flag{
		{Long: "ca-file", Short: "c", Placeholder: "FILE", Aliases: []string{"--roots", "--anchors"}},
		{Long: "top-p", Placeholder: "X", Group: "Model"},
		{Long: "form", Placeholder: "F", Help: "One of text, json.", Values: []string{"text", "json"}},
		{Long: "quiet", Negatable: true},
		{Long: "noisy"},
	}
	wantArgs := []shell.Arg{{Name: "prompt", Help: "Words.", Optional: true, Many: true, Values: []string{"a", "b"}}}
	if !reflect.DeepEqual(gotFlags, wantFlags) || !reflect.DeepEqual(gotArgs, wantArgs) {
		t.Errorf("%+v %+v\nwant\n%+v %+v", gotFlags, gotArgs, wantFlags, wantArgs)
	}
}
