package oneshot

import (
	"io"
	"os"
	"strings"
	"time"

	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// Flags are the words of `hermes run`, for a parser that reads the tags. A nil field was not given: config.yaml decides,
// then the default. The tag setting names the key in the section oneshot of config.yaml and, behind =, the default, which
// the help shows; least is the least value of an int.
type Flags struct {
	Prompt []string `arg:"" optional:"" help:"The prompt; its words are joined by one space; - is stdin."`

	Oneshot    string            `short:"z" placeholder:"PROMPT" help:"The prompt, as Hermes Agent spells it." group:"Input"`
	PromptFile string            `placeholder:"FILE" help:"Read the prompt from a file; - is stdin." group:"Input"`
	File       []string          `short:"f" sep:"none" placeholder:"FILE" help:"Attach a text, image or PDF; may be repeated; - is stdin." group:"Input" top:""`
	Template   string            `placeholder:"FILE|NAME" help:"Put the prompt into a template with {{input}} and {{name}}: a file, or a prompt that the command prompt lists." group:"Input"`
	Var        map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for {{name}} of the template." group:"Input"`
	Messages   string            `placeholder:"FILE|fd:N" help:"A conversation before the prompt: a JSON array or JSON lines of {role, content}; - is stdin." xor:"conversation" group:"Input"`
	Thread     string            `placeholder:"FILE" help:"The same, from a file that is made when missing and gets the new turns." xor:"conversation" group:"Input"`
	Stdin      string            `setting:"stdin=auto" enum:",auto,never,require" default:"" placeholder:"WHEN" help:"Read stdin: ${enum}." group:"Input"`
	StdinWait  *time.Duration    `setting:"stdin_wait" placeholder:"D" help:"Give up when stdin gives no byte for D (exit 66)." group:"Input"`
	IfChanged  string            `placeholder:"FILE" help:"Ask nothing and exit 0 when input and settings are those that FILE notes; note them there after a success." group:"Input"`
	OverLimit  string            `setting:"over_limit=fail" enum:",fail,head,tail,middle,map-reduce" default:"" placeholder:"HOW" help:"What to do with input over the context window: ${enum}." group:"Input"`

	ModelFlags
	SystemFile string `setting:"system_file" placeholder:"FILE" help:"Read the system prompt from a file." xor:"system" group:"Model"`

	OutputFormat  string `setting:"output_format=text" enum:",text,json,stream-json" default:"" placeholder:"FORMAT" help:"Format on stdout: ${enum}." group:"Output"`
	JSON          bool   `help:"The same as --output-format json." group:"Output" top:""`
	Output        string `short:"o" aliases:"output-last-message" placeholder:"FILE" help:"Write the answer to a file, complete or not at all; - is stdout." group:"Output" top:""`
	Atomic        *bool  `setting:"atomic=false" negatable:"" help:"Write nothing to stdout before the answer is complete." group:"Output"`
	Events        string `placeholder:"FILE|fd:N" help:"Write the events as JSON lines; - is stdout." group:"Output"`
	UsageFile     string `placeholder:"FILE" help:"Write usage and cost as JSON, on success and failure; - is stdout." group:"Output"`
	Extract       Fence  `short:"x" optional:"" placeholder:"LANG" help:"Write only the first fenced block (of that language), byte for byte (exit 65 without one)." group:"Output" top:""`
	ShowThinking  *bool  `setting:"show_thinking=false" negatable:"" help:"Write the model's reasoning to stderr." group:"Output"`
	OutputSchema  string `placeholder:"FILE" help:"JSON Schema, or its file, that the answer must fit (exit 65)." group:"Output" top:""`
	SchemaRetries *int   `setting:"schema_retries=1" placeholder:"N" help:"Ask N times for a correction of an answer that does not fit." group:"Output"`
	UsageLedger   *bool  `setting:"usage_ledger=true" negatable:"" help:"Note the run in usage.jsonl (default), or not." group:"Output"`
	Quiet         *bool  `setting:"quiet=false" short:"q" negatable:"" help:"Write errors only to stderr, no notices." group:"Output"`

	LimitFlags
	ConnectTimeout *time.Duration `setting:"connect_timeout=10s" placeholder:"D" help:"Give up connecting after D." group:"Limits"`
	Deadline       *time.Duration `setting:"deadline" placeholder:"D" help:"End the run after D, finished or not (exit 124)." group:"Limits" top:""`
	LockTimeout    *time.Duration `setting:"lock_timeout=30s" placeholder:"D" help:"Give up waiting for another process's renewal of the login after D." group:"Limits"`
	Cache          *time.Duration `setting:"cache" placeholder:"D" help:"Answer from the home what was asked just so and answered within D." group:"Limits"`
	MaxCost        string         `setting:"max_cost" placeholder:"USD" help:"Refuse or stop a run that costs more (exit 80)." group:"Limits"`

	ToolFlags

	Record     string `placeholder:"FILE" xor:"cassette" help:"Record requests and answers in a file, without credentials." group:"Debugging"`
	Replay     string `placeholder:"FILE" xor:"cassette" help:"Answer from a recording: no network, no login (exit 66 if it holds no answer)." group:"Debugging"`
	CAFile     string `setting:"ca_file" placeholder:"FILE" help:"Also trust the certificates of a PEM file." group:"Debugging"`
	ClientCert string `setting:"client_cert" placeholder:"FILE" help:"Show the certificate of a PEM file to a server that asks for one." group:"Debugging"`
	ClientKey  string `setting:"client_key" placeholder:"FILE" help:"The key of --client-cert, where that file does not hold it." group:"Debugging"`
	DryRun     bool   `help:"Print the request and who decided what; send nothing." group:"Debugging" top:""`
	Debug      bool   `help:"Trace requests and answers on stderr, with masked credentials." group:"Debugging"`

	prompted bool // a flag gave the system prompt, which config.yaml could give too
}

// ModelFlags say who is asked and how, in a run and for each row of a batch.
type ModelFlags struct {
	Provider    string   `placeholder:"NAME" help:"Provider or alias." group:"Model" top:""`
	Model       string   `short:"m" placeholder:"NAME" help:"Model." group:"Model" top:""`
	System      string   `setting:"system" short:"s" placeholder:"TEXT" help:"System prompt." xor:"system" group:"Model" top:""`
	MaxTokens   *int     `setting:"max_tokens" least:"1" placeholder:"N" help:"Maximum answer length in tokens." group:"Model"`
	Temperature *float64 `setting:"temperature" placeholder:"X" help:"Sampling temperature." group:"Model"`
	TopP        *float64 `setting:"top_p" placeholder:"X" help:"Nucleus sampling probability." group:"Model"`
	Stop        []string `setting:"stop" sep:"none" placeholder:"TEXT" help:"Stop sequence; may be repeated." group:"Model"`
	Reasoning   string   `setting:"reasoning" enum:",none,minimal,low,medium,high,xhigh,max" default:"" placeholder:"LEVEL" help:"Reasoning effort: ${enum}." group:"Model"`
}

// WireFlags are the limits of whatever is exchanged with a server.
type WireFlags struct {
	Retries          *int           `setting:"retries=3" placeholder:"N" help:"Send a failed request up to N times more, while nothing of the answer is written." group:"Limits"`
	FirstByteTimeout *time.Duration `setting:"first_byte_timeout=300s" placeholder:"D" help:"Give up when the answer has not begun after D." group:"Limits"`
	IdleTimeout      *time.Duration `setting:"idle_timeout=120s" placeholder:"D" help:"Give up when the stream is silent for D." group:"Limits"`
}

// LimitFlags are the limits of one request, in a run and for each row of a batch.
type LimitFlags struct {
	WireFlags
	WaitForQuota  *time.Duration `setting:"wait_for_quota" placeholder:"D" help:"Wait up to D for the reset of a limit that the server tells, in place of exit 75." group:"Limits"`
	RPM           *int           `name:"rpm" setting:"rpm" least:"1" placeholder:"N" help:"Send at most N requests a minute, all processes with the same key together; else the server's headers and refusals tell." group:"Limits"`
	TPM           *int           `name:"tpm" setting:"tpm" least:"1" placeholder:"N" help:"Take at most N tokens a minute, in the same way." group:"Limits"`
	Fallback      *bool          `setting:"fallback=true" negatable:"" help:"Ask the fallback providers of config.yaml after a failure (default), or not." group:"Limits"`
	DieWithParent bool           `help:"End the run when the process that started it is gone (exit 129)." group:"Limits"`
}

// Prompted reports whether a flag or an argument names a prompt or its data.
func (f *Flags) Prompted() bool {
	return len(f.Prompt) > 0 || f.Oneshot != "" || f.PromptFile != "" || len(f.File) > 0 || f.Template != ""
}

// Spec says where the answer and the events go, but for -o, which is the caller's to open.
func (f *Flags) Spec(stdout *os.File, stderr io.Writer, terminal bool) output.Spec {
	spec := output.Spec{
		Format: f.OutputFormat, Stdout: stdout, Terminal: terminal, Atomic: *f.Atomic || f.OutputSchema != "" || f.Extract.Wanted, Events: f.Events,
		ToolLog: f.ToolLog,
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
		Settings: []string{f.SystemFile, f.OutputSchema, f.Messages}, Stdin: stdin, Terminal: terminal, Mode: f.Stdin,
	}
	if f.StdinWait != nil {
		in.Wait = *f.StdinWait
	}
	if words := strings.Join(f.Prompt, " ") + f.Oneshot; words == "-" && f.PromptFile == "" { // the one or the other is -
		in.Args, in.Prompt, in.PromptFile, in.Dash = nil, "", "-", true
	}
	return in
}
