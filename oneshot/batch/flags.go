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
	Requests string `arg:"" optional:"" name:"file" help:"The requests, each line a JSON object or string; stdin when no file is given."`

	Jobs             int               `default:"4" placeholder:"N" help:"Ask for N rows at the same time (default 4)."`
	Provider         string            `placeholder:"NAME" help:"Provider or alias."`
	Model            string            `short:"m" placeholder:"NAME" help:"Model."`
	System           string            `short:"s" placeholder:"TEXT" help:"System prompt."`
	MaxTokens        *int              `placeholder:"N" help:"Maximum answer length in tokens."`
	Temperature      *float64          `placeholder:"X" help:"Sampling temperature."`
	TopP             *float64          `placeholder:"X" help:"Nucleus sampling."`
	Stop             []string          `sep:"none" placeholder:"TEXT" help:"Stop sequence; may be repeated."`
	Reasoning        string            `enum:",none,minimal,low,medium,high,xhigh,max" default:"" placeholder:"LEVEL" help:"Reasoning effort: none, minimal, low, medium, high, xhigh, max."`
	OutputSchema     string            `placeholder:"FILE" help:"JSON Schema that every answer must fit."`
	Template         string            `placeholder:"FILE" help:"Put each prompt into a template with {{input}} and {{name}}, a key of the row's vars."`
	Var              map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for {{name}} where the row has none."`
	Format           string            `enum:",hermes,openai" default:"" placeholder:"FORMAT" help:"Form of the results: hermes (default), or openai, that of its batch files."`
	Retries          *int              `placeholder:"N" help:"Send a failed request up to N times more (default 3)."`
	FirstByteTimeout *time.Duration    `placeholder:"D" help:"Give up when the answer has not begun after D (default 300s)."`
	IdleTimeout      *time.Duration    `placeholder:"D" help:"Give up when the stream is silent for D (default 120s)."`
	Deadline         *time.Duration    `placeholder:"D" help:"End each row after D, finished or not."`
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
