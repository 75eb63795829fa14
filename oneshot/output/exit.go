package output

// Exit is one row of the table: an error class, its exit code, whether the same command may succeed later, and what to
// do next. {provider} in a hint stands for the provider of the run.
type Exit struct {
	Class Class
	Code  int
	Retry bool
	Hint  string
}

// Exits is the one table from error class to exit code and hint, in the order of the codes.
func Exits() []Exit {
	return []Exit{
		{ClassUsage, 2, false, "see hermes --help"},
		{ClassInvalidInput, 65, false, "hermes sends UTF-8 text, images and PDF only"},
		{ClassSchema, 65, false, "simplify the schema or raise --schema-retries"},
		{ClassNoInput, 66, false, "give a prompt as arguments, with --prompt-file, or on stdin"},
		{ClassNetwork, 69, true, "check the network, the proxy and the base URL"},
		{ClassTimeout, 69, true, "try again, or raise the timeout that is named"},
		{ClassServerError, 69, true, "the provider has a problem; try again later"},
		{ClassIO, 74, false, "check the disk and the permissions"},
		{ClassRateLimit, 75, true, "try again later"},
		{ClassOverloaded, 75, true, "try again later"},
		{ClassQuota, 75, true, "wait until the quota is reset"},
		{ClassLockTimeout, 75, true, "the login is not lost; try again"},
		{ClassProtocol, 76, true, "the answer is not whole; try again"},
		{ClassNotLoggedIn, 77, false, "run: hermes auth add {provider}"},
		{ClassReauthRequired, 77, false, "run: hermes auth add {provider}"},
		{ClassAuthRefused, 77, false, "run: hermes auth add {provider}"},
		{ClassBilling, 77, false, "check plan and balance at the provider"},
		{ClassConfig, 78, false, "hermes doctor examines the home, hermes setup configures it"},
		{ClassBudget, 80, false, "raise --max-cost or shorten the input"},
		{ClassRefusal, 81, false, "rephrase the prompt"},
		{ClassTruncated, 82, false, "raise --max-tokens"},
		{ClassContextLength, 83, false, "shorten the input, or see --over-limit"},
		{ClassEmpty, 84, false, "try again or rephrase the prompt"},
		{ClassBatchFailed, 86, false, "see the error of each failed row"},
		{ClassDeadline, 124, true, "raise --deadline"},
		{ClassHangup, 129, false, "the terminal went away"},
		{ClassInterrupt, 130, false, "interrupted"},
		{ClassPipeClosed, 141, false, "the reader of stdout is gone"},
		{ClassTerminated, 143, false, "terminated"},
		{ClassInvalidRequest, 1, false, "check model and parameters"},
		{ClassInternal, 1, false, "this is a bug of hermes; run again with --debug and report it"},
	}
}
