package output

import "hermes/oneshot/class"

// Exit is one row of the table: an error class, its exit code, whether the same command may succeed later, and what to
// do next. {provider} in a hint stands for the provider of the run.
type Exit struct {
	Class class.Class
	Code  int
	Retry bool
	Hint  string
}

// Exits is the one table from error class to exit code and hint, in the order of the codes.
func Exits() []Exit {
	return []Exit{
		{class.Usage, 2, false, "see hermes --help"},
		{class.InvalidInput, 65, false, "hermes sends UTF-8 text, images and PDF only"},
		{class.Schema, 65, false, "simplify the schema or raise --schema-retries"},
		{class.NoInput, 66, false, "give a prompt as arguments, with --prompt-file, or on stdin"},
		{class.Network, 69, true, "check the network, the proxy and the base URL"},
		{class.Timeout, 69, true, "try again, or raise the timeout that is named"},
		{class.ServerError, 69, true, "the provider has a problem; try again later"},
		{class.IO, 74, false, "check the disk and the permissions"},
		{class.RateLimit, 75, true, "try again later"},
		{class.Overloaded, 75, true, "try again later"},
		{class.Quota, 75, true, "wait until the quota is reset"},
		{class.LockTimeout, 75, true, "the login is not lost; try again"},
		{class.BatchIncomplete, 75, true, "run the same command again; with --journal it asks only what is missing"},
		{class.Protocol, 76, true, "the answer is incomplete; try again"},
		{class.NotLoggedIn, 77, false, "run: hermes auth add {provider}"},
		{class.ReauthRequired, 77, false, "run: hermes auth add {provider}"},
		{class.AuthRefused, 77, false, "run: hermes auth add {provider}"},
		{class.Billing, 77, false, "check plan and balance at the provider"},
		{class.Config, 78, false, "hermes doctor examines the home, hermes setup configures it"},
		{class.Budget, 80, false, "raise --max-cost or shorten the input"},
		{class.Refusal, 81, false, "rephrase the prompt"},
		{class.Truncated, 82, false, "raise --max-tokens"},
		{class.ContextLength, 83, false, "shorten the input, or see --over-limit"},
		{class.Empty, 84, false, "try again or rephrase the prompt"},
		{class.BatchFailed, 86, false, "see the error of each failed row"},
		{class.Deadline, 124, true, "raise --deadline"},
		{class.Hangup, 129, false, "the terminal went away"},
		{class.Interrupt, 130, false, "interrupted"},
		{class.PipeClosed, 141, false, "the reader of stdout is gone"},
		{class.Terminated, 143, false, "terminated"},
		{class.InvalidRequest, 1, false, "check model and parameters"},
		{class.Internal, 1, false, "this is a bug of hermes; run again with --debug and report it"},
	}
}
