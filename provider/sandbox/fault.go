package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// FaultHeader is the request header that asks for faults for one request.
// Its value follows the fault grammar of the package comment; "none" switches
// every other source of faults off for that request.
const FaultHeader = "X-Sandbox-Fault"

// FaultInfo describes one fault for help texts. Arg is "" for a fault without
// argument, else its shape; square brackets mean that it may be left out.
// Scope is the group of endpoints it meets when no scope is written.
type FaultInfo struct {
	Name, Arg, Scope, Doc string
}

// Faults lists every fault in the order in which help should print them. The
// parser reads the same table, so the list cannot drift from what is accepted.
func Faults() []FaultInfo {
	return []FaultInfo{
		{"slow", "=D", scopeMessages, "wait D before the status line"},
		{"refuse", "[=D]", scopeMessages, "close the connection without a byte; with D, also close the port for D (connection refused)"},
		{"reset", "", scopeMessages, "reset the connection (TCP RST) before any header"},
		{"status", "=CODE", scopeMessages, "answer with HTTP status CODE, 200 to 599, and an error body that fits it"},
		{"code", "=N", scopeMessages, "inner code for status's body, such as 1008, 2056, 2061"},
		{"retry-after", "=S", scopeMessages, "Retry-After of S seconds (with status)"},
		{"retry-after-ms", "=N", scopeMessages, "Retry-After-Ms of N milliseconds, as OpenAI sends it (with status)"},
		{"retry-date", "[=S]", scopeMessages, "Retry-After as an HTTP date S seconds ahead, default 5 (with status)"},
		{"base_resp", "=N", scopeMessages, "HTTP 200 whose body is base_resp with status_code N"},
		{"html", "", scopeMessages, "an HTML page instead of JSON, status 200 or the one of status"},
		{"redirect", "=URL", scopeMessages, "HTTP 307 to URL"},
		{"expired", "", scopeMessages, "the access token presented is expired at once: 401"},
		{"error-200", "[=TYPE]", scopeMessages, "HTTP 200 whose body is an error of TYPE, default api_error"},
		{"error-text", "", scopeMessages, "the error is a bare string (with status, error or error-200)"},
		{"json-200", "", scopeMessages, "a whole JSON document although a stream was asked for"},
		{"cut", "=N", scopeMessages, "drop the connection after N bytes of the body"},
		{"cut-events", "=N", scopeMessages, "drop the connection after N events"},
		{"stall", "[=N[/D]]", scopeMessages, "silence after N events (default 0), for D or until the client leaves"},
		{"error", "=TYPE[/N]", scopeMessages, "an error of TYPE after N events (default 4), then the end of the stream"},
		{"done-after-error", "", scopeChat, "[DONE] after the error (with error), as vLLM writes it"},
		{"no-stop", "", scopeMessages, "end the stream cleanly without its last event: message_stop, [DONE], response.completed, Gemini's finishReason"},
		{"no-finish", "", scopeMessages, "never say why the answer ended; on responses the completed event is missing"},
		{"finish", "=WORD", scopeMessages, "WORD as the reason why the answer ended, as it is"},
		{"two-finishes", "", scopeChat, "a second chunk with a finish reason, which has the usage, as OpenRouter sends it"},
		{"finish-first", "", scopeMessages, "the finish reason before the text and not after it (chat and gemini)"},
		{"blocked", "", scopeGemini, "promptFeedback.blockReason, and no candidate"},
		{"no-usage", "", scopeMessages, "an answer that says no usage, though it was asked for"},
		{"reasoning-twice", "", scopeChat, "the same reasoning in reasoning and reasoning_details, as OpenRouter sends it"},
		{"comments", "", scopeMessages, "an SSE comment before each event"},
		{"drip", "[=D]", scopeMessages, "write and flush one byte at a time, D between two"},
		{"slow-bytes", "=D", scopeMessages, "wait D before each event"},
		{"split-utf8", "", scopeMessages, "flush inside of every multi-byte character"},
		{"crlf", "", scopeMessages, "lines end in CR LF"},
		{"giant", "=N", scopeMessages, "one text delta of N bytes, on one line"},
		{"big", "=N", scopeMessages, "an answer of N deltas of 50 bytes, as fast as it goes"},
		{"empty", "", scopeMessages, "an answer without content"},
		{"max_tokens", "", scopeMessages, "stop in the middle, as if the limit of tokens was reached"},
		{"refusal", "", scopeMessages, "a refusal, as the wire says it: stop_reason refusal, a refusal instead of the text, finishReason SAFETY"},
		{"thinking", "", scopeMessages, "reasoning before the text"},
		{"tool_use", "", scopeMessages, "a tool call after the text"},
		{"wide", "", scopeMessages, "take a prompt of any size: no model's window ends"},
		{"wrong-state", "", scopeCode, "the code endpoint answers with another state"},
		{"pending", "", scopeToken, "the poll says pending, whatever was decided"},
		{"invalid-grant", "", scopeToken, "400 invalid_grant; the grant itself is left alone"},
		{"oauth-error", "=WORD", scopeToken, "400 WORD, such as slow_down or access_denied; denied and expired in MiniMax's own words"},
		{"without", "=WORD", scopeToken, "a success that lacks the field WORD, such as refresh_token"},
		{"lost-answer", "", scopeToken, "do what was asked, then drop the connection (token, upload and create)"},
		{"slow-token", "=D", scopeToken, "do and rotate, then wait D before the answer"},
		{"no-rotation", "", scopeToken, "renew the access token only; the answer names no refresh token"},
		{"batch-time", "=D", scopeCreate, "the batch takes D"},
		{"batch-failed", "=WORD", scopeCreate, "the batch fails as a whole with the code WORD, such as token_limit_exceeded (OpenAI's)"},
		{"expire-rows", "=N", scopeCreate, "every Nth row of the batch expires"},
		{"fail-rows", "=N", scopeCreate, "every Nth row of the batch ends with an error of the server"},
		{"miscount", "=N", scopePoll, "the counts of a batch that has ended tell of N rows more"},
		{"unlisted", "", scopeList, "the list of batches is empty"},
		{"half-results", "", scopeResults, "half of the results, and a clean end"},
	}
}

// The scopes of a fault: which requests it meets.
const (
	scopeMessages  = "messages" // a question on any wire
	scopeAnthropic = "anthropic"
	scopeChat      = "chat"
	scopeResponses = "responses"
	scopeGemini    = "gemini"
	scopeModels    = "models"
	scopeCode      = "code"
	scopeToken     = "token"
	scopeOAuth     = "oauth"   // code and token
	scopeUpload    = "upload"  // of a file for a batch
	scopeCreate    = "create"  // of a batch
	scopePoll      = "poll"    // the state of a batch
	scopeList      = "list"    // all batches
	scopeResults   = "results" // of a batch
	scopeCancel    = "cancel"  // of a batch
	scopeBatch     = "batch"   // upload to cancel
	scopeAny       = "any"
)

// fault is one parsed item. It meets the matching requests from, from+1, …
// (counted from 1), at most limit of them; limit 0 means without end.
type fault struct {
	scope, name, arg string
	from, limit      int
	text             string // as written, the key of its counter
	scoped           bool   // the scope was written
}

// faults are those that meet one request.
type faults []fault

func (fs faults) has(name string) bool {
	_, ok := fs.find(name)
	return ok
}

func (fs faults) find(name string) (fault, bool) {
	for _, f := range fs {
		if f.name == name {
			return f, true
		}
	}
	return fault{}, false
}

// text returns the argument of a fault, "" when it is absent or has none.
func (fs faults) text(name string) string {
	f, _ := fs.find(name)
	return f.arg
}

// num returns the number before the slash of an argument, or def.
func (fs faults) num(name string, def int) int {
	head, _, _ := strings.Cut(fs.text(name), "/")
	if n, err := strconv.Atoi(head); err == nil {
		return n
	}
	return def
}

// dur returns the argument as a duration, 0 when there is none.
func (fs faults) dur(name string) time.Duration {
	d, _ := time.ParseDuration(fs.text(name))
	return d
}

// names lists what meets a request, for the log.
func (fs faults) names() []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.text)
	}
	return out
}

// parseFaults reads a comma-separated list. An unknown name, a missing or a
// surplus argument is an error that names the item.
func parseFaults(spec string) (faults, error) {
	var fs faults
	for item := range strings.SplitSeq(spec, ",") {
		item = strings.TrimSpace(item)
		if item == "" || item == "none" {
			continue
		}
		f, err := parseFault(item)
		if err != nil {
			return nil, err
		}
		fs = append(fs, f)
	}
	return fs, nil
}

func parseFault(item string) (fault, error) {
	f := fault{text: item}
	rest := item
	if head, tail, ok := strings.Cut(item, ":"); ok && isScope(head) {
		f.scope, f.scoped, rest = head, true, tail
	}
	name, arg, hasArg := strings.Cut(f.cutCounts(rest), "=")
	f.name, f.arg = name, arg
	info, known := faultInfo(name)
	if !known {
		return f, fmt.Errorf("fault %q: there is no fault of the name %q", item, name)
	}
	if f.scope == "" {
		f.scope = info.Scope
	}
	if err := checkArg(info.Arg, arg, hasArg); err != nil {
		return f, fmt.Errorf("fault %q: %w", item, err)
	}
	return f, nil
}

// cutCounts takes "@K" and "*N" off the end of an item. What is no count stays
// where it is: a URL may hold both characters.
func (f *fault) cutCounts(s string) string {
	s, f.limit = cutCount(s, '*', 0)
	s, f.from = cutCount(s, '@', 1)
	return s
}

func cutCount(s string, mark byte, none int) (string, int) {
	i := strings.LastIndexByte(s, mark)
	if i < 0 {
		return s, none
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil || n < 1 {
		return s, none
	}
	return s[:i], n
}

func isScope(s string) bool {
	switch s {
	case scopeMessages, scopeModels, scopeCode, scopeToken, scopeOAuth, scopeBatch, scopeAny:
		return true
	}
	return isWire(s) || isBatch(s)
}

// isWire tells whether a scope is that of one wire.
func isWire(s string) bool {
	switch s {
	case scopeAnthropic, scopeChat, scopeResponses, scopeGemini:
		return true
	}
	return false
}

// isBatch tells whether a scope is one of the batch APIs.
func isBatch(s string) bool {
	switch s {
	case scopeUpload, scopeCreate, scopePoll, scopeList, scopeResults, scopeCancel:
		return true
	}
	return false
}

func faultInfo(name string) (FaultInfo, bool) {
	for _, info := range Faults() {
		if info.Name == name {
			return info, true
		}
	}
	return FaultInfo{}, false
}

// checkArg compares an argument with its shape in the table.
func checkArg(shape, arg string, given bool) error {
	optional := strings.HasPrefix(shape, "[")
	if !given {
		if shape == "" || optional {
			return nil
		}
		return fmt.Errorf("it needs an argument, %s", shape)
	}
	head, tail, slash := strings.Cut(arg, "/")
	var ok bool
	switch strings.Trim(shape, "=[]") {
	case "":
		return fmt.Errorf("it takes no argument")
	case "D":
		_, err := time.ParseDuration(arg)
		ok = err == nil && !strings.HasPrefix(arg, "-")
	case "WORD":
		ok = arg != "" && !strings.ContainsAny(arg, " /=")
	case "N", "S":
		ok = isCount(arg)
	case "CODE":
		n, err := strconv.Atoi(arg)
		ok = err == nil && n >= 200 && n <= 599
	case "N[/D":
		_, err := time.ParseDuration(tail)
		ok = isCount(head) && (!slash || err == nil)
	case "TYPE":
		ok = isWord(arg)
	case "TYPE[/N":
		ok = isWord(head) && (!slash || isCount(tail))
	default:
		ok = arg != ""
	}
	if !ok {
		return fmt.Errorf("its argument has the shape %s", shape)
	}
	return nil
}

// isCount also bounds what a request can make the server hold in memory.
func isCount(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 1<<30
}

func isWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// meets tells whether the fault's scope covers an endpoint's scope.
func (f fault) meets(scope string) bool {
	switch f.scope {
	case scopeAny, scope:
		return true
	case scopeMessages:
		return isWire(scope)
	case scopeBatch:
		return isBatch(scope)
	case scopeOAuth:
		return scope == scopeCode || scope == scopeToken
	}
	return false
}
