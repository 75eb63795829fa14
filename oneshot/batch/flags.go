package batch

import (
	"os"
	"path/filepath"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
)

// RowFlags say what the rows are and what each is made of.
type RowFlags struct {
	Requests string `arg:"" optional:"" name:"file" help:"The requests, each line a JSON object or string; stdin when no file is given."`

	Template string            `placeholder:"FILE" help:"Put each prompt into a template with {{input}} and {{name}}, a key of the row's vars." group:"Input"`
	Var      map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for {{name}} where the row has none." group:"Input"`
	Limit    int64             `placeholder:"N" help:"Ask at most N rows." group:"Input"`

	oneshot.ModelFlags
	OutputSchema string `placeholder:"FILE" help:"JSON Schema that every answer must fit." group:"Output"`
}

// ResultFlags say where the results go, and how rows are asked for them.
type ResultFlags struct {
	Jobs      int           `default:"4" placeholder:"N" help:"Ask for N rows at the same time (default 4)."`
	Output    string        `short:"o" placeholder:"FILE" help:"Write the results to a file, which appears when every row has one." group:"Output"`
	Format    string        `enum:",hermes,openai" default:"" placeholder:"FORMAT" help:"Form of the results: hermes (default), or openai, that of its batch files." group:"Output"`
	Unordered bool          `help:"Write results as rows end, not in the order of the input." group:"Output"`
	Events    string        `placeholder:"FILE|fd:N" help:"Write the state of the batch there, an event each second; - is stdout." group:"Output"`
	Quiet     bool          `short:"q" help:"No progress, no summary and no notices on stderr, errors only." group:"Output"`
	Grace     time.Duration `default:"20s" placeholder:"D" help:"How long rows under way may go on after SIGTERM (default 20s)." group:"Going on"`

	oneshot.LimitFlags
	Deadline *time.Duration `placeholder:"D" help:"End each row after D, finished or not." group:"Limits"`
	MaxCost  string         `placeholder:"USD" help:"Stop when all rows together cost more (exit 80); what the journal holds counts." group:"Limits"`
}

// Flags are the words of `hermes batch`, for a parser that reads the tags.
type Flags struct {
	RowFlags
	ResultFlags
	oneshot.ToolFlags
	Shard       string   `placeholder:"I/N" help:"Take only part I of N, from 0 on; auto finds both in a Slurm array, auto/N finds I in a Kubernetes Indexed Job." group:"Input"`
	Journal     string   `placeholder:"DIR" help:"Note there what is done; the same command goes on after a crash or a signal." group:"Going on"`
	RetryFailed bool     `help:"Ask rows of the journal again that failed for good." group:"Going on"`
	Merge       bool     `help:"Ask nothing: write the results of the journal, and exit with 75 if a row has none." group:"Going on"`
	HaltOn      []string `sep:"none" placeholder:"CLASS" help:"Stop at the first row that fails with this class; may be repeated." group:"Going on"`
}

// Open gives the requests: the file that was named, else stdin.
func (f *RowFlags) Open(stdin *os.File) (*os.File, error) {
	if f.Requests == "" || f.Requests == "-" {
		return stdin, nil
	}
	file, err := os.Open(f.Requests)
	if err != nil {
		return nil, input.Unopened(err)
	}
	return file, nil
}

// Options are what the flags say of the batch. Flags that make no sense are refused.
func (f *Flags) Options(getenv func(string) string) (o Options, err error) {
	o = Options{
		Jobs: f.Jobs, Model: f.Model, OpenAI: f.Format == "openai", Unordered: f.Unordered, Journal: f.Journal,
		RetryFailed: f.RetryFailed, Merge: f.Merge, Limit: f.Limit, Grace: f.Grace,
	}
	switch {
	case (f.Merge || f.RetryFailed) && f.Journal == "":
		return o, misuse("--merge and --retry-failed are about a journal: say --journal DIR")
	case f.Merge && (f.Shard != "" || f.RetryFailed || f.Limit != 0):
		return o, misuse("--merge asks nothing, so that --shard, --retry-failed and --limit mean nothing beside it")
	case f.Jobs < 1 || f.Limit < 0 || f.Grace < 0:
		return o, misuse("--jobs is at least 1, --limit and --grace are not negative")
	}
	for _, name := range f.HaltOn {
		if !class.Class(name).Valid() {
			return o, misuse("--halt-on %s: hermes batch --help lists the classes under the exit codes", name)
		}
		o.HaltOn = append(o.HaltOn, class.Class(name))
	}
	o.Shard, err = parseShard(f.Shard, getenv)
	return o, err
}

// Each is what every row has in common.
func (f *Flags) Each() oneshot.Flags {
	return oneshot.Flags{
		ModelFlags: f.ModelFlags, LimitFlags: f.LimitFlags, ToolFlags: f.ToolFlags, OutputSchema: f.OutputSchema, Template: f.Template, Var: f.Var,
		Deadline: f.Deadline, MaxCost: f.MaxCost,
	}
}

// Absolute names the files of the flags so that they are found from another folder, too.
func (f *RowFlags) Absolute() {
	for _, name := range []*string{&f.Template, &f.OutputSchema} {
		if _, err := os.Stat(*name); err != nil { // none, or a schema in the flag itself
			continue
		}
		if whole, err := filepath.Abs(*name); err == nil {
			*name = whole
		}
	}
}
