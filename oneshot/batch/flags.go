package batch

import (
	"io"
	"os"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/input"
)

// Flags are the words of `hermes batch`, for a parser that reads the tags.
type Flags struct {
	Requests string `arg:"" optional:"" name:"file" help:"Requests, a JSON object or string a line; stdin without one."`

	Jobs             int               `default:"4" placeholder:"N" help:"Rows under way at once (default 4)."`
	Provider         string            `placeholder:"NAME" help:"Provider or alias."`
	Model            string            `short:"m" placeholder:"NAME" help:"Model."`
	System           string            `short:"s" placeholder:"TEXT" help:"System prompt."`
	MaxTokens        *int              `placeholder:"N" help:"Longest answer, in tokens."`
	Temperature      *float64          `placeholder:"X" help:"Sampling temperature."`
	TopP             *float64          `placeholder:"X" help:"Nucleus sampling."`
	Stop             []string          `sep:"none" placeholder:"TEXT" help:"Stop sequence; may be repeated."`
	Reasoning        string            `enum:",none,minimal,low,medium,high,xhigh,max" default:"" placeholder:"LEVEL" help:"Reasoning effort: none, minimal, low, medium, high, xhigh, max."`
	OutputSchema     string            `placeholder:"FILE" help:"JSON Schema that every answer must fit."`
	Template         string            `placeholder:"FILE" help:"Put each prompt into a template with {{input}} and {{name}}, a key of the row's vars."`
	Var              map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for {{name}} where the row has none."`
	Format           string            `enum:",hermes,openai" default:"" placeholder:"FORMAT" help:"Form of the results: hermes (default), or openai, that of its batch files."`
	Retries          *int              `placeholder:"N" help:"Retries of a request (default 3)."`
	FirstByteTimeout *time.Duration    `placeholder:"D" help:"Bound of the wait for the first byte (default 300s)."`
	IdleTimeout      *time.Duration    `placeholder:"D" help:"Bound of silence in the stream (default 120s)."`
	Deadline         *time.Duration    `placeholder:"D" help:"Bound of each row."`
	MaxCost          string            `placeholder:"USD" help:"Stop when all rows together cost more (exit 80)."`
	Fallback         *bool             `negatable:"" help:"Ask the fallback providers of config.yaml after a failure (default), or not."`
}

// Open gives the requests: the file that was named, else stdin. The caller closes them.
func (f *Flags) Open(stdin io.Reader) (io.ReadCloser, error) {
	if f.Requests == "" || f.Requests == "-" {
		return io.NopCloser(stdin), nil
	}
	file, err := os.Open(f.Requests)
	if err != nil {
		return nil, input.Unopened(err)
	}
	return file, nil
}

// Each is what every row has in common.
func (f *Flags) Each() oneshot.Flags {
	return oneshot.Flags{
		Provider: f.Provider, Model: f.Model, System: f.System, MaxTokens: f.MaxTokens, Temperature: f.Temperature, OutputSchema: f.OutputSchema,
		TopP: f.TopP, Stop: f.Stop, Reasoning: f.Reasoning, Template: f.Template, Var: f.Var,
		Retries: f.Retries, FirstByteTimeout: f.FirstByteTimeout, IdleTimeout: f.IdleTimeout, Deadline: f.Deadline, MaxCost: f.MaxCost,
		Fallback: f.Fallback,
	}
}

// Help is an example, below the summary of the command.
func (Flags) Help() string {
	return `Example:
  jq -nc '{id:"a",prompt:"one"},{id:"b",prompt:"two"}' | hermes batch --jobs 2 | jq -r .id
A row is a JSON string, the prompt; an object with the keys that hermes schema batch lists under $defs.request; or a row of
a batch file of OpenAI (custom_id, method, url, body) or Anthropic (custom_id, params).`
}
