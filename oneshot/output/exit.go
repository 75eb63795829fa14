package output

import (
	"slices"

	"hermes/oneshot/class"
)

// Exit is one row of the table: an error class, its exit code, whether the same command may succeed later, and what to
// do next. {provider} in a hint stands for the provider of the run.
type Exit struct {
	Class class.Class
	Code  int
	Retry bool
	Hint  string
	Means string // what happened, in a sentence
	Why   string // what it comes from, in sentences
}

// Exits is the one table from error class to exit code and hint, in the order of the codes.
func Exits() []Exit { return slices.Concat(upTo74(), upTo78(), upTo86(), rest()) }

// upTo74 are the rows of the line, the input, the network and the output.
func upTo74() []Exit {
	return []Exit{
		{
			class.Usage, 2, false, "see hermes --help",
			"The command line cannot be obeyed: a flag or an argument is unknown, missing or contradicts another.",
			"Nothing was sent. A script that passes an empty variable is a common cause.",
		},
		{
			class.InvalidInput, 65, false, "hermes sends UTF-8 text, images and PDF only",
			"The input, or a row of a batch, cannot be decoded or sent.",
			"A file is not UTF-8 text, holds a NUL byte, or is of a kind that the model does not take. Nothing of it was sent.",
		},
		{
			class.Schema, 65, false, "simplify the schema or raise --schema-retries",
			"The answer does not have the form that --output-schema or --extract asks for; stdout is empty.",
			"The model wrote something else, also after the corrections of --schema-retries.",
		},
		{
			class.NoInput, 66, false, "give a prompt as arguments, with --prompt-file, or on stdin",
			"There is nothing to ask: no prompt, a file that is missing, or a stdin that stayed silent.",
			"In cron and CI stdin is often empty; --stdin never says that it is not read. A recording (--replay) without this question ends so too.",
		},
		{
			class.Network, 69, true, "check the network, the proxy and the base URL",
			"The server could not be reached, or the connection broke, after all retries.",
			"The name is not known, nothing listens there, a proxy or a certificate stands between, or the address is wrong.",
		},
		{
			class.Timeout, 69, true, "try again, or raise the timeout that is named",
			"The server was silent for longer than a clock allows, after all retries.",
			"The clocks are --connect-timeout, --first-byte-timeout and --idle-timeout. A model that thinks for long needs a longer one.",
		},
		{
			class.ServerError, 69, true, "the provider has a problem; try again later",
			"The server answered with an error of its own (HTTP 5xx) after all retries.",
			"The provider is down or being repaired; its status page says more.",
		},
		{
			class.IO, 74, false, "check the disk and the permissions",
			"The answer or a report could not be written.",
			"The disk is full, the folder is not writable, or stdout is closed. The answer may have been paid for.",
		},
	}
}

// upTo78 are the rows of what may pass, of the login and of the settings.
func upTo78() []Exit {
	return []Exit{
		{
			class.RateLimit, 75, true, "try again later",
			"The provider limits how often it is asked (HTTP 429), and the retries were used up.",
			"Too many requests or tokens in a minute, from this machine or another with the same key. retry_at of the event run.end says when to come back.",
		},
		{
			class.Overloaded, 75, true, "try again later",
			"The provider has more work than it can do, after all retries.",
			"It is not about your key; another model or provider may answer (fallback_providers of config.yaml).",
		},
		{
			class.Quota, 75, true, "wait until the quota is reset",
			"What the plan allows is used up until a time that the provider names.",
			"retry_at of the event run.end has that time; --retries does not wait so long.",
		},
		{
			class.LockTimeout, 75, true, "the login is not lost; try again",
			"Another process held the lock of the logins for longer than --lock-timeout.",
			"It is renewing the login, or it hangs; the message names it.",
		},
		{
			class.BatchIncomplete, 75, true, "run the same command again; with --journal it asks only what is missing",
			"Some rows of a batch have no final result, and another try may give it.",
			"A limit, a network error or a signal came in between.",
		},
		{
			class.Protocol, 76, true, "the answer is incomplete; try again",
			"The answer was cut, malformed, or ended in a way that no complete answer has.",
			"The connection broke in the middle, a proxy changed the stream, or the server speaks another API than it is asked over. What came so far may be on stdout.",
		},
		{
			class.NotLoggedIn, 77, false, "run: hermes auth add {provider}",
			"There is no key and no login for the provider.",
			"A variable is not set in this shell, cron job or container, or HERMES_HOME is another.",
		},
		{
			class.ReauthRequired, 77, false, "run: hermes auth add {provider}",
			"The login was refused for good and must be made again.",
			"It was revoked, it is too old, or another program used its refresh token.",
		},
		{
			class.AuthRefused, 77, false, "run: hermes auth add {provider}",
			"The provider refused the key or the token.",
			"The key is mistyped, deleted, of another provider, or may not use this model.",
		},
		{
			class.Billing, 77, false, "check plan and balance at the provider",
			"The provider wants money, or another plan, before it answers.",
			"The balance is empty, or the plan does not include the model.",
		},
		{
			class.Config, 78, false, "hermes doctor examines the home, hermes setup configures it",
			"config.yaml, .env or auth.json cannot be used, or names a provider that is not known.",
			"The message names file and line. Nothing was sent.",
		},
	}
}

// upTo86 are the rows of a budget, of how an answer ends, and of a batch.
func upTo86() []Exit {
	return []Exit{
		{
			class.Budget, 80, false, "raise --max-cost or shorten the input",
			"A budget of this run stopped it.",
			"It is --max-cost, or for a model with tools the bound that is named.",
		},
		{
			class.Refusal, 81, false, "rephrase the prompt",
			"The model, or a filter of its provider, declined to answer.",
			"What it wrote before may be on stdout.",
		},
		{
			class.Truncated, 82, false, "raise --max-tokens",
			"The answer was cut at a limit of tokens; what came is on stdout.",
			"--max-tokens, or the provider's own limit, is lower than the answer is long. A model that reasons spends tokens before it writes.",
		},
		{
			class.ContextLength, 83, false, "shorten the input, or see --over-limit",
			"The input does not fit into the context window of the model.",
			"--over-limit cuts it, or asks about it in parts.",
		},
		{
			class.Empty, 84, false, "try again or rephrase the prompt",
			"The answer is complete and has no text.",
			"The model found nothing to say, or spent all its tokens on reasoning.",
		},
		{
			class.ToolDenied, 85, false, "see --tools, --deny and --on-denied",
			"The model called a tool that nothing allows. The call was not run; the answer is written all the same.",
			"--tools does not name the tool, --deny does, or an argument does not fit a guard. --on-denied ok takes it for no failure.",
		},
		{
			class.BatchFailed, 86, false, "see the error of each failed row",
			"Some rows of a batch failed, and another try would change none of them.",
			"The error of each is in its result.",
		},
	}
}

// rest are the rows of the deadline and the signals, and of what has no other.
func rest() []Exit {
	return []Exit{
		{
			class.Deadline, 124, true, "raise --deadline",
			"--deadline passed before the run was over.",
			"The run and what it started were ended.",
		},
		{
			class.Hangup, 129, false, "the terminal went away",
			"SIGHUP ended the run.",
			"The terminal was closed. nohup keeps a run alive.",
		},
		{
			class.Interrupt, 130, false, "interrupted",
			"SIGINT ended the run.",
			"Somebody pressed Ctrl-C.",
		},
		{
			class.PipeClosed, 141, false, "the reader of stdout is gone",
			"The reader of stdout went away before the end, as head does; this is often meant.",
			"No line on stderr tells of it. With set -o pipefail a script sees it.",
		},
		{
			class.Terminated, 143, false, "terminated",
			"SIGTERM ended the run.",
			"A supervisor, timeout or kill sent it.",
		},
		{
			class.InvalidRequest, 1, false, "check model and parameters",
			"The provider rejected the request for good (HTTP 400, 404, 413 or 422).",
			"The model does not exist there, a parameter is not taken, or the input is too large.",
		},
		{
			class.Internal, 1, false, "this is a bug of hermes; run again with --debug and report it",
			"Something happened that hermes has no name for.",
			"It is a defect of hermes.",
		},
	}
}
