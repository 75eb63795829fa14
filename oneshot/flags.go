package oneshot

import (
	"os"
	"strings"
	"time"

	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// Flags are the words of `hermes run`, for a parser that reads the tags. A nil field was not given: config.yaml decides,
// then the default.
type Flags struct {
	Prompt []string `arg:"" optional:"" help:"The prompt; its words are joined by one space; - is stdin."`

	Oneshot    string            `short:"z" placeholder:"PROMPT" help:"The prompt, in Hermes Agent's spelling." group:"Input"`
	PromptFile string            `placeholder:"FILE" help:"Read the prompt from a file; - is stdin." group:"Input"`
	File       []string          `short:"f" sep:"none" placeholder:"FILE" help:"Attach a text, image or PDF; may be repeated; - is stdin." group:"Input"`
	Template   string            `placeholder:"FILE" help:"Put the prompt into a template with {{input}} and {{name}}." group:"Input"`
	Var        map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for {{name}} of the template." group:"Input"`
	Stdin      string            `enum:",auto,never,require" default:"" placeholder:"WHEN" help:"Read stdin: auto (default), never, require." group:"Input"`
	StdinWait  *time.Duration    `placeholder:"D" help:"Give up when stdin is silent for so long (exit 66)." group:"Input"`
	OverLimit  string            `enum:",fail,head,tail,middle,map-reduce" default:"" placeholder:"HOW" help:"What to do with input over the context window: fail (default), head, tail, middle, map-reduce." group:"Input"`

	Provider    string   `placeholder:"NAME" help:"Provider or alias." group:"Model"`
	Model       string   `short:"m" placeholder:"NAME" help:"Model." group:"Model"`
	System      string   `short:"s" placeholder:"TEXT" help:"System prompt." xor:"system" group:"Model"`
	SystemFile  string   `placeholder:"FILE" help:"Read the system prompt from a file." xor:"system" group:"Model"`
	MaxTokens   *int     `placeholder:"N" help:"Longest answer, in tokens." group:"Model"`
	Temperature *float64 `placeholder:"X" help:"Sampling temperature." group:"Model"`
	TopP        *float64 `placeholder:"X" help:"Nucleus sampling." group:"Model"`
	Stop        []string `sep:"none" placeholder:"TEXT" help:"Stop sequence; may be repeated." group:"Model"`
	Reasoning   string   `enum:",none,minimal,low,medium,high,xhigh,max" default:"" placeholder:"LEVEL" help:"Reasoning effort: none, minimal, low, medium, high, xhigh, max." group:"Model"`

	OutputFormat  string `enum:",text,json,stream-json" default:"" placeholder:"FORMAT" help:"Format on stdout: text (default), json, stream-json." group:"Output"`
	JSON          bool   `help:"Short for --output-format json." group:"Output"`
	Output        string `short:"o" aliases:"output-last-message" placeholder:"FILE" help:"Write the answer to a file, whole or not at all; - is stdout." group:"Output"`
	Atomic        *bool  `negatable:"" help:"Write nothing to stdout before the answer is complete." group:"Output"`
	Events        string `placeholder:"FILE|fd:N" help:"Write the event stream there; - is stdout." group:"Output"`
	UsageFile     string `placeholder:"FILE" help:"Write usage and cost there, on success and failure; - is stdout." group:"Output"`
	ShowThinking  *bool  `negatable:"" help:"Write the model's reasoning to stderr." group:"Output"`
	OutputSchema  string `placeholder:"FILE" help:"JSON Schema that the answer must fit (exit 65)." group:"Output"`
	SchemaRetries *int   `placeholder:"N" help:"Corrective turns for an answer that does not fit (default 1)." group:"Output"`
	Quiet         *bool  `short:"q" negatable:"" help:"No notices on stderr, errors only." group:"Output"`

	Retries          *int           `placeholder:"N" help:"How often a failed request is sent again, while no part of the answer is out (default 3)." group:"Limits"`
	ConnectTimeout   *time.Duration `placeholder:"D" help:"Bound of connecting (default 10s)." group:"Limits"`
	FirstByteTimeout *time.Duration `placeholder:"D" help:"Bound of the wait for the first byte (default 300s)." group:"Limits"`
	IdleTimeout      *time.Duration `placeholder:"D" help:"Bound of silence in the stream (default 120s)." group:"Limits"`
	Deadline         *time.Duration `placeholder:"D" help:"Bound of the whole run (exit 124)." group:"Limits"`
	LockTimeout      *time.Duration `placeholder:"D" help:"Bound of the wait for another process's renewal (default 30s)." group:"Limits"`
	MaxCost          string         `placeholder:"USD" help:"Refuse or stop what costs more (exit 80)." group:"Limits"`
	Fallback         *bool          `negatable:"" help:"Ask the fallback providers of config.yaml after a failure (default), or not." group:"Limits"`

	Record string `placeholder:"FILE" xor:"cassette" help:"Store requests and answers there, without credentials." group:"Debugging"`
	Replay string `placeholder:"FILE" xor:"cassette" help:"Answer from a recording: no network, no login (exit 66 if it holds no answer)." group:"Debugging"`
	CAFile string `placeholder:"FILE" help:"Trust the certificates of a PEM file too." group:"Debugging"`
	DryRun bool   `help:"Print the request and who decided what; send nothing." group:"Debugging"`
	Debug  bool   `help:"Trace the wire on stderr, credentials masked." group:"Debugging"`
}

// Prompted reports whether a flag or an argument names a prompt or its data.
func (f *Flags) Prompted() bool {
	return len(f.Prompt) > 0 || f.Oneshot != "" || f.PromptFile != "" || len(f.File) > 0 || f.Template != ""
}

// Spec says where the answer and the events go, but for -o, which is the caller's to open.
func (f *Flags) Spec(stdout, stderr *os.File, terminal bool) output.Spec {
	spec := output.Spec{
		Format: f.OutputFormat, Stdout: stdout, Terminal: terminal, Atomic: *f.Atomic || f.OutputSchema != "", Events: f.Events,
	}
	if *f.ShowThinking {
		spec.Thinking = stderr
	}
	return spec
}

// Source is the input that the flags name.
func (f *Flags) Source(stdin *os.File, terminal bool) input.Sources {
	in := input.Sources{
		Args: f.Prompt, Prompt: f.Oneshot, PromptFile: f.PromptFile, Template: f.Template, Vars: f.Var, Files: f.File,
		Settings: []string{f.SystemFile, f.OutputSchema}, Stdin: stdin, Terminal: terminal, Mode: f.Stdin,
	}
	if f.StdinWait != nil {
		in.Wait = *f.StdinWait
	}
	if words := strings.Join(f.Prompt, " ") + f.Oneshot; words == "-" && f.PromptFile == "" { // the one or the other is -
		in.Args, in.Prompt, in.PromptFile, in.Dash = nil, "", "-", true
	}
	return in
}

// Help are examples, below the summary of the command.
func (Flags) Help() string {
	return `Examples:
  git diff --staged | hermes 'write a commit message'
  hermes -o notes.md -f talk.pdf 'summarise' </dev/null
  hermes --json --output-schema order.json 'the order in this mail' <mail | jq .data
  hermes --provider sandbox hello        (no login, no network)`
}
