package provider

import (
	"time"

	"hermes/oneshot"
	"hermes/oneshot/batch"
)

// SentFlags are those of all commands on a provider's own batches.
type SentFlags struct {
	Journal string        `required:"" placeholder:"DIR" help:"The folder that knows what was submitted, and what came of it." group:"Going on"`
	Settle  time.Duration `default:"30s" placeholder:"D" help:"How long a batch is looked for when the answer to its making was lost, before it counts as not made (default 30s)." group:"Going on"`
}

// SubmitFlags are the words of `hermes batch submit`.
type SubmitFlags struct {
	batch.RowFlags
	SentFlags
	oneshot.WireFlags
	Quiet bool `short:"q" help:"No summary and no notices on stderr, errors only." group:"Output"`
}

// CollectFlags are the words of `hermes batch collect`.
type CollectFlags struct {
	Wait bool          `help:"Stay until all batches have ended; else exit with 75 when one has not." group:"Going on"`
	Poll time.Duration `default:"10s" placeholder:"D" help:"Look at the batches after D, then after longer pauses up to six times D (default 10s)." group:"Going on"`
	Then string        `enum:",live" default:"" placeholder:"live" help:"Ask rows one by one, at the full price, that were not answered: expired, cancelled, failed at the server, never submitted." group:"Going on"`
	SentFlags
	batch.ResultFlags
}

// StatusFlags are the words of `hermes batch status`, CancelFlags those of `hermes batch cancel`.
type (
	StatusFlags struct {
		JSON bool `help:"A JSON object a batch, a line each." group:"Output"`
		SentFlags
	}
	CancelFlags struct{ SentFlags }
)
