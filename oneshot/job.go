// Package oneshot sends one prompt to a language model and hands out the answer.
//
// [Run] is the whole of it: gather the input, choose the first target that can be asked, ask, and give every event to
// the [output.Emitter]. It knows no provider, no flag and no file of the home: a [Target] is a base URL, headers and a
// token function, and where a decision belongs to the caller (which targets, what an error means to a person) the [Job]
// carries a function for it.
//
// What a caller should know:
//
//   - Exactly one run.end leaves Run on every path, a panic included; the error it returns is the one reported there.
//   - Nothing is asked again once a part of an answer is out; where all sinks hold it back, a cut answer is asked for again.
//   - A cancelled context ends Run with context.Cause, so that Ctrl-C is never a success; within a second, even where a
//     write into a full pipe or the opening of a file does not watch its context. What is stuck is left behind.
//   - A reader of the answer or of the events that goes away ends Run, also while the model is silent.
package oneshot

import (
	"context"
	"net/http"
	"sync"
	"time"

	"hermes/oneshot/bill"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/pace"
	"hermes/oneshot/wire"
)

// Job is one run, as values.
type Job struct {
	Input  input.Sources
	Params Params
	Limits Limits
	// Targets are asked in order: the second and later ones are fallbacks.
	Targets []Candidate
	// Keep asks for the whole text in the RunEnd of Record. The encoders keep what they need themselves.
	Keep bool
	// Thread, when set, gets what was said in a run that succeeded.
	Thread *Thread
	// Schema, when set, is the compiled --output-schema; the answer is the JSON that fits it, or an error.
	Schema *Schema
	// SchemaRetries is how many corrective turns may follow an answer that does not fit.
	SchemaRetries int
	// Extract, when wanted, leaves of the answer its first fenced block alone.
	Extract Fence
	// Tools, when set, are what the model may call.
	Tools *Tools
	// Explain turns an error into what run.end says of it and the exit code.
	Explain func(error) output.Failure
	// Version is the program's own, for run.start.
	Version string
	// Progress is told what the run waits for. May be nil.
	Progress *output.Progress
	// Report, when set, writes what is told of the run's end beside the events (the usage file). It is called before run.end
	// is written, which then tells of its failure, and once more with over when nothing else is to be written.
	Report func(end output.RunEnd, run string, over bool) error
	// Record hears of the finished run, whatever its end: the ledger.
	Record func(end output.RunEnd, run string)
	// IfChanged, when set, lets the run end at once where its input and settings are those of another.
	IfChanged *Fingerprint
	// Kill, when set, ends the run at once, whatever it is doing, with its cause as the error.
	Kill context.Context
}

// Candidate is a target that may be asked. Resolve fails with the provider's own error when it cannot be.
type Candidate struct {
	Name    string
	Resolve func(ctx context.Context) (Target, error)
}

// Once calls resolve at the first call and gives the same answer to all later ones; calls at the same time wait for the first.
// resolve gets life and not the context of a call: what it starts, such as a server, is still used when that call is over.
func Once(life context.Context, resolve func(context.Context) (Target, error)) func(context.Context) (Target, error) {
	get := sync.OnceValues(func() (Target, error) { return resolve(life) })
	return func(context.Context) (Target, error) { return get() }
}

// Target is an endpoint and all that is known of the model behind it.
type Target struct {
	Provider, ProviderSource string
	Model, ModelSource       string
	Wire                     string // the transport, as config.yaml names it
	// Protocol is what the endpoint speaks.
	Protocol wire.Protocol
	BaseURL  string
	Origin   string // what the provider is known by in another process too: BaseURL, but for a server within this one
	Header   http.Header
	Secrets  []string // values of Header that nothing may show
	// Token is nil where no credential is sent.
	Token     func(ctx context.Context, rejected string) (string, error)
	Transport http.RoundTripper
	// Pace gives each request its turn under the limits of the credential; nil is no limit.
	Pace  *pace.Pace
	Extra []wire.Field // of the body, where the run sets none of that name

	Context   int // tokens; 0 = unknown
	MaxTokens int // sent as max_tokens when the user sets none
	Images    bool
	PDF       bool
	// NoReasoning says that the model takes no reasoning effort.
	NoReasoning bool
	// HoldsSchema says that the server holds an answer to a JSON Schema in the request; it is checked here all the same.
	HoldsSchema bool
	// MaxTemperature is the highest temperature the model accepts, above 0; 0 = unknown.
	MaxTemperature float64
	Price          bill.Price
	// Batch is what the provider's own batch API takes; nil where there is none.
	Batch *BatchAPI
	// Warnings are told once, when the target is first asked.
	Warnings []output.Warning
	// Settings are further decisions and their sources, for --dry-run.
	Settings map[string]string
	// Delegate and Vision resolve the auxiliary models: for the parts of a long input, and for images that this model
	// cannot see. nil where there is none.
	Delegate func(ctx context.Context) (Target, error)
	Vision   func(ctx context.Context) (Target, error)
}

// BatchAPI is what a provider takes as one batch, and whether its rows cost half.
type BatchAPI struct {
	Rows  int
	Bytes int64 // of the requests together
	Half  bool
}

// Params are the fields of the request that the user set. A nil or zero field is not sent.
type Params struct {
	System      string
	MaxTokens   int
	Temperature *float64
	TopP        *float64
	Stop        []string
	Reasoning   string // none, minimal, low, medium, high, xhigh or max
}

// Limits bound a run. Zero is no bound, except Retries, which is a count.
type Limits struct {
	Connect, FirstByte, Idle time.Duration
	Retries                  int
	Deadline                 time.Duration
	MaxCost                  string        // USD, a decimal string
	OverLimit                string        // fail, head, tail, middle or map-reduce
	Answer                   int64         // bytes of an answer that has to be kept until its end; 0 is 256 MB
	Patient                  bool          // a refusal for a limit (429) counts as no retry
	ForQuota                 time.Duration // how long a reset that the server told is waited for
	Trace                    func(line string)
}
