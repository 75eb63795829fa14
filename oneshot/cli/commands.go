package cli

import (
	"context"
	"reflect"

	"hermes/oneshot/shell"
	"hermes/provider"
	"hermes/provider/config"
)

// runner is a command: a struct with its flags, read by kong.
type runner interface {
	Run(ctx context.Context, a *App) error
}

// command is a row of the table of commands. Parsing, help, completions, the manual page and the search for a near name read it.
type command struct {
	name, help, examples string
	group                string        // in the help of the program
	new                  func() runner // nil where only the commands below it do something
	below                []command
	standard             bool // it is meant where none of its siblings is named
}

// The groups of the commands.
const (
	asks   = "Ask:"
	setsUp = "Set up:"
	looks  = "Look:"
	builds = "Build on it:"
)

// root is the program: what stands before the name of a command.
func root() command {
	return command{name: "hermes", help: "Send one prompt to a language model and write the answer.", below: commands()}
}

func commands() []command {
	return []command{
		{name: "run", group: asks, help: "Send one prompt and write the answer (the default command).", examples: runExamples, new: of[runCmd], standard: true},
		{name: "batch", group: asks, help: "Answer JSON lines of requests, as JSON lines in the same order.", below: []command{
			{name: "run", help: "Answer them one by one (the default).", examples: batchExamples, new: of[batchCmd], standard: true},
			{name: "submit", help: "Hand them to the provider's own batch API.", examples: submitExamples, new: of[batchSubmit]},
			{name: "status", help: "Print the state of the batches that were submitted.", new: of[batchStatus]},
			{name: "collect", help: "Bring the results of what was submitted, in the form and order of run.", new: of[batchCollect]},
			{name: "cancel", help: "Stop the batches that were submitted.", new: of[batchCancel]},
		}},
		{name: "prompt", group: asks, help: "See the library of prompts, ~/.hermes/prompts/NAME.md, for --template NAME.", below: []command{
			{name: "list", help: "List them.", new: of[promptList]},
			{name: "show", help: "Print one.", new: of[promptShow]},
		}},
		{name: "auth", group: setsUp, help: "Log in, see and remove logins and keys.", examples: authExamples, below: []command{
			{name: "add", help: "Log in by device code, or store an API key.", new: of[authAdd]},
			{name: "list", help: "List logins and keys.", new: of[authList]},
			{name: "status", help: "Exit 0 when logged in, 77 when not.", new: of[authStatus]},
			{name: "token", help: "Print a fresh bearer for other tools.", new: of[authToken]},
			{name: "refresh", help: "Renew a login.", new: of[authRefresh]},
			{name: "remove", help: "Remove a login and its keys.", new: of[authRemove]},
			{name: "logout", help: "The same as remove.", new: of[authRemove]},
		}},
		{name: "model", group: setsUp, help: "Pick, list or set the model.", below: []command{
			{name: "pick", help: "Pick provider and model on a terminal (the default).", new: of[modelPick], standard: true},
			{name: "list", help: "Print every known model.", new: of[modelList]},
			{name: "set", help: "Write model.default of config.yaml.", new: of[modelSet]},
			{name: "refresh", help: "Fetch what models.dev knows of models: windows, limits, prices.", new: of[modelRefresh]},
		}},
		{name: "tool", group: looks, help: "List and call the tools of servers (mcp_servers of config.yaml).", examples: toolExamples, below: []command{
			{name: "list", help: "Start the servers and list their tools.", new: of[toolList]},
			{name: "call", help: "Call one tool and print its result; exit 1 when the tool calls it an error.", new: of[toolCall]},
		}},
		{name: "setup", group: setsUp, help: "Configure step by step: provider, login or key, model, a test question.", new: of[setupCmd]},
		{name: "config", group: setsUp, help: "See and change config.yaml and the keys of .env.", examples: configExamples, below: []command{
			{name: "get", help: "Print one value.", new: of[configGet]},
			{name: "set", help: "Write one value; comments and order stay.", new: of[configSet]},
			{name: "unset", help: "Remove one value.", new: of[configUnset]},
			{name: "show", help: "Print config.yaml with secrets masked.", new: of[configShow]},
			{name: "path", help: "Print where config.yaml is.", new: of[configPath]},
			{name: "edit", help: "Open config.yaml in $VISUAL or $EDITOR, and check it afterwards.", new: of[configEdit]},
			{name: "explain", help: "Print every effective setting and who decided it.", new: of[configExplain]},
		}},
		{name: "usage", group: looks, help: "Sum up what the runs of this home used and cost.", new: of[usageCmd]},
		{name: "doctor", group: looks, help: "Examine the home: files, settings, logins; exit 1 when something is wrong.", new: of[doctorCmd]},
		{name: "sandbox", group: builds, help: "Serve a local stand-in for the MiniMax portal and for the inference endpoints of four APIs.", new: of[sandboxCmd]},
		{name: "schema", group: builds, help: "Print the JSON Schema of what hermes prints.", new: of[schemaCmd]},
		{name: "completion", group: builds, help: "Print the completion script of a shell.", new: of[completionCmd]},
		{name: "man", group: builds, help: "Print the manual page.", new: of[manCmd]},
		{name: "capabilities", group: builds, help: "Print what this program can do, for a program that starts it.", new: of[capabilitiesCmd]},
		{name: "version", group: looks, help: "Print the version.", new: of[versionCmd]},
		{name: "explain", group: looks, help: "Say what an exit code or an error class means, where it comes from and what to do.", new: of[explainCmd]},
		{name: "help", group: looks, help: "Show the help of a command.", new: of[helpCmd]},
	}
}

// of makes a command without flags.
func of[T any, P interface {
	*T
	runner
}]() runner {
	return P(new(T))
}

// named finds a command below by its name.
func (c command) named(name string) (command, bool) {
	for _, sub := range c.below {
		if sub.name == name {
			return sub, true
		}
	}
	return command{}, false
}

// names are those of the commands below.
func (c command) names() []string {
	var all []string
	for _, sub := range c.below {
		all = append(all, sub.name)
	}
	return all
}

// describe is the command with all below it as help, completions and the manual page show it.
func (c command) describe(values map[string][]string) shell.Command {
	d := shell.Command{Name: c.name, Help: c.help, Detail: c.examples, Default: c.standard, Group: c.group}
	if c.new != nil {
		d.Flags, d.Args = shell.Describe(reflect.TypeOf(c.new()).Elem(), values)
	}
	for _, sub := range c.below {
		d.Commands = append(d.Commands, sub.describe(values))
	}
	return d
}

// describe is the whole program. values are the closed lists that no tag of a flag holds.
func describe(values map[string][]string) shell.Command {
	d := root().describe(values)
	d.Flags = []shell.Flag{{Long: "version", Help: "Print the version and exit."}}
	return d
}

// values are the closed lists that completions offer beside those of the tags.
func values() map[string][]string {
	rows := provider.BuiltIn()
	return map[string][]string{
		"provider": rows.Names(), "model": rows.ModelNames(), "key": config.Names(flagKeys()...), "command": root().names(),
	}
}
