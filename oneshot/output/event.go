package output

import (
	"encoding/json"
	"time"

	"hermes/oneshot/class"
)

// Event is one thing that happened in a run. The list of implementations is closed: they are the types of this file.
type Event interface {
	// Type is the event's wire name, such as "run.start".
	Type() string
}

// RunStart is the first event of every stream. Where a run fails before it knows its provider, the fields it does not
// know are empty strings.
type RunStart struct {
	ToolVersion    string `json:"tool_version"`
	Provider       string `json:"provider" desc:"empty when the run failed before it was known"`
	ProviderSource string `json:"provider_source" desc:"which setting decided"`
	Wire           string `json:"wire" desc:"the transport, as config.yaml names it"`
	Model          string `json:"model"`
	ModelSource    string `json:"model_source" desc:"which setting decided"`
	Input          Input  `json:"input"`
	Limits         Limits `json:"limits"`
}

// Input describes what is sent, without its content.
type Input struct {
	Bytes   int64    `json:"bytes" desc:"sum over the sources"`
	SHA256  string   `json:"sha256" desc:"hex; of the sources' bytes in order"`
	Sources []Source `json:"sources"`
}

// Source is one part of the input.
type Source struct {
	Kind   string `json:"kind" enum:"arg,stdin,file,prompt_file,template,messages,thread"`
	Name   string `json:"name,omitempty" desc:"file name as it was given"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256" desc:"hex"`
	MIME   string `json:"mime,omitempty" desc:"by content"`
}

// Limits are the bounds that the run set itself. Durations are milliseconds, 0 means none.
type Limits struct {
	ConnectTimeoutMS   int64   `json:"connect_timeout_ms"`
	FirstByteTimeoutMS int64   `json:"first_byte_timeout_ms"`
	IdleTimeoutMS      int64   `json:"idle_timeout_ms"`
	DeadlineMS         *int64  `json:"deadline_ms,omitempty"`
	Retries            int     `json:"retries"`
	MaxCostUSD         *string `json:"max_cost_usd,omitempty" pattern:"money"`
	MaxTokens          *int    `json:"max_tokens,omitempty"`
}

// RequestStart is sent before a request leaves. Attempt counts from 1 over the whole run.
type RequestStart struct {
	Attempt  int    `json:"attempt"`
	Provider string `json:"provider"`
	Model    string `json:"model"`
	URL      string `json:"url" desc:"no secrets"`
	Purpose  string `json:"purpose,omitempty" desc:"absent for the main request; else vision, delegation or schema"`
}

// RequestEnd is sent when a request is over, answered or not. A time is absent when its moment never came.
type RequestEnd struct {
	Attempt    int    `json:"attempt"`
	Provider   string `json:"provider"`
	Model      string `json:"model"`
	Purpose    string `json:"purpose,omitempty" desc:"as in request.start"`
	HTTPStatus int    `json:"http_status,omitempty" desc:"absent without a response"`
	RequestID  string `json:"request_id,omitempty"`
	TTFBMS     *int64 `json:"ttfb_ms,omitempty" desc:"until the response's header"`
	TTFTMS     *int64 `json:"ttft_ms,omitempty" desc:"until the first text"`
	DurationMS int64  `json:"duration_ms"`
	Usage      *Usage `json:"usage,omitempty" desc:"absent when the provider did not say"`
	Quota      *Quota `json:"quota,omitempty" desc:"of the credential, as the server told it; absent when it told nothing"`
	Cached     bool   `json:"cached,omitempty" desc:"the answer came from --cache, and nobody was asked"`
}

// Quota is what is left of the limits that a server sets its caller. What it did not tell is absent.
type Quota struct {
	Requests *Allowance `json:"requests,omitempty"`
	Tokens   *Allowance `json:"tokens,omitempty"`
}

// Allowance is one such limit.
type Allowance struct {
	Limit     *int64     `json:"limit,omitempty"`
	Remaining *int64     `json:"remaining,omitempty"`
	ResetAt   *time.Time `json:"reset_at,omitempty" desc:"when all of the limit is there again"`
}

// TextDelta is a piece of the answer. The joined deltas are the answer as the model wrote it; a character is never cut.
// Emitter.Text and Encoder.Text write it without an allocation; the struct is for readers and the schema.
type TextDelta struct {
	Text string `json:"text"`
}

// ReasoningDelta is a piece of the model's reasoning. See TextDelta.
type ReasoningDelta struct {
	Text string `json:"text"`
}

// Retry is sent before the wait for another attempt of the same provider.
type Retry struct {
	Attempt    int         `json:"attempt" desc:"the attempt that failed"`
	Class      class.Class `json:"class"`
	HTTPStatus int         `json:"http_status,omitempty"`
	DelayMS    int64       `json:"delay_ms"`
	RetryAt    *time.Time  `json:"retry_at,omitempty"`
	Source     string      `json:"source" enum:"header,backoff" desc:"who chose the delay"`
}

// Fallback is sent when another provider or model takes over. From and To are provider/model.
type Fallback struct {
	From  string      `json:"from"`
	To    string      `json:"to"`
	Class class.Class `json:"class" desc:"why the first was given up"`
}

// AuthRefresh is sent when a login was renewed.
type AuthRefresh struct {
	Provider string `json:"provider"`
	WaitedMS int64  `json:"waited_ms" desc:"for the lock"`
	Adopted  bool   `json:"adopted" desc:"another process had refreshed"`
}

// SchemaInvalid is sent when an answer does not fit --output-schema.
type SchemaInvalid struct {
	Attempt int           `json:"attempt"`
	Errors  []SchemaError `json:"errors"`
}

// SchemaError is one thing the validator found.
type SchemaError struct {
	Path    string `json:"path" desc:"JSON pointer into the answer, empty for the whole"`
	Message string `json:"message"`
}

// ToolList is sent before the first request of a run with tools: what the model may call.
type ToolList struct {
	Tools  []ListedTool `json:"tools"`
	Denied int          `json:"denied" desc:"tools of the same servers that are not offered"`
}

// ListedTool is a tool of ToolList.
type ListedTool struct {
	Name     string `json:"name" desc:"as the model calls it"`
	Server   string `json:"server" desc:"cmd for a command of config.yaml"`
	Tool     string `json:"tool" desc:"the server's own name"`
	ReadOnly bool   `json:"read_only" desc:"the server's own word, which nothing proves"`
}

// ToolCall is sent when a call begins, also one that will not be run.
type ToolCall struct {
	ID        string          `json:"id" desc:"the same in its tool.result"`
	Server    string          `json:"server" desc:"empty when nobody has such a tool"`
	Name      string          `json:"name" desc:"as the model called it"`
	Arguments json.RawMessage `json:"arguments" desc:"what the model wrote; a string where that was not JSON"`
}

// ToolResult is sent when a call is over. The results of one turn go back to the model in the order of its calls.
type ToolResult struct {
	ID         string `json:"id"`
	Server     string `json:"server"`
	Name       string `json:"name"`
	Status     string `json:"status" enum:"ok,error,timeout,denied,unknown,invalid" desc:"denied, unknown and invalid were not run"`
	Bytes      int    `json:"bytes"`
	SHA256     string `json:"sha256" desc:"hex; of the text and the media of the result"`
	DurationMS int64  `json:"duration_ms"`
	Text       string `json:"text" desc:"at most 2,000 bytes"`
}

// ToolTotals sum up the calls of a run.
type ToolTotals struct {
	Offered    int            `json:"offered"`
	Calls      int            `json:"calls" desc:"that were run"`
	Failed     int            `json:"failed" desc:"results that are errors, calls that were not run included"`
	DurationMS int64          `json:"duration_ms" desc:"sum over the calls"`
	ByName     map[string]int `json:"by_name" desc:"calls that were run"`
	Denied     []ToolDenial   `json:"denied" desc:"calls that were not run because nothing allows them"`
}

// ToolDenial is a call that was not run because nothing allows it.
type ToolDenial struct {
	Server string `json:"server"`
	Name   string `json:"name" desc:"as the model called it"`
	Reason string `json:"reason"`
}

// Warning is something a person should know that does not end the run.
type Warning struct {
	Code    string `json:"code" desc:"stable, snake_case"`
	Message string `json:"message"`
}

// Values of RunEnd.Status.
const (
	StatusOK        = "ok"
	StatusPartial   = "partial"
	StatusError     = "error"
	StatusCancelled = "cancelled"
)

// Values of RunEnd.FinishReason.
const (
	FinishStop         = "stop"
	FinishLength       = "length"
	FinishStopSequence = "stop_sequence"
	FinishToolUse      = "tool_use"
	FinishRefusal      = "refusal"
	FinishContext      = "context"
	FinishPause        = "pause"
	FinishBudget       = "budget"
	FinishCancelled    = "cancelled"
	FinishError        = "error"
)

// Values of RunEnd.CostBasis.
const (
	CostPlan    = "plan"
	CostTable   = "table"
	CostUnknown = "unknown"
)

// RunEnd is the last event of every stream, and the whole document of --json. Every key is always present; an unknown value is null.
type RunEnd struct {
	Status       string          `json:"status" enum:"ok,partial,error,cancelled"`
	ExitCode     int             `json:"exit_code"`
	Error        *Failure        `json:"error" desc:"null exactly when status is ok"`
	Text         *string         `json:"text" desc:"the whole answer, or as much as came; null when nothing came"`
	Data         json.RawMessage `json:"data" desc:"the validated JSON of --output-schema"`
	FinishReason string          `json:"finish_reason" enum:"stop,length,stop_sequence,tool_use,refusal,context,pause,budget,cancelled,error"`
	Provider     string          `json:"provider" desc:"the one that answered"`
	Model        string          `json:"model" desc:"as the provider named it, else as requested"`
	Usage        *Usage          `json:"usage" desc:"sum over all requests of the run"`
	CostUSD      *string         `json:"cost_usd" pattern:"money" desc:"decimal; null when unknown"`
	CostBasis    string          `json:"cost_basis" enum:"plan,table,unknown"`
	Attempts     int             `json:"attempts" desc:"requests sent"`
	Timings      Timings         `json:"timings"`
	Tools        *ToolTotals     `json:"tools" desc:"null when no tools were asked for"`
	Cached       bool            `json:"cached,omitempty" desc:"all of it came from --cache; it cost nothing"`
	Unchanged    bool            `json:"unchanged,omitempty" desc:"the input is what --if-changed noted, so that nothing was asked"`
}

// Answered reports whether the answer is whole: also where the run is no success because a call was denied on the way to it.
func (e RunEnd) Answered() bool {
	return e.Status == StatusOK || e.Status == StatusPartial && e.Error != nil && e.Error.Class == class.ToolDenied
}

// Timings are milliseconds from the process's start. A moment that never came is absent.
type Timings struct {
	StdinMS    *int64 `json:"stdin_ms,omitempty" desc:"time spent reading stdin"`
	ResolveMS  *int64 `json:"resolve_ms,omitempty" desc:"time spent on configuration and login"`
	TTFBMS     *int64 `json:"ttfb_ms,omitempty"`
	TTFTMS     *int64 `json:"ttft_ms,omitempty"`
	DurationMS int64  `json:"duration_ms"`
}

// Type implements Event.
func (RunStart) Type() string { return "run.start" }

// Type implements Event.
func (RequestStart) Type() string { return "request.start" }

// Type implements Event.
func (RequestEnd) Type() string { return "request.end" }

// Type implements Event.
func (TextDelta) Type() string { return "text.delta" }

// Type implements Event.
func (ReasoningDelta) Type() string { return "reasoning.delta" }

// Type implements Event.
func (Retry) Type() string { return "retry" }

// Type implements Event.
func (Fallback) Type() string { return "fallback" }

// Type implements Event.
func (AuthRefresh) Type() string { return "auth.refresh" }

// Type implements Event.
func (SchemaInvalid) Type() string { return "schema.invalid" }

// Type implements Event.
func (ToolList) Type() string { return "tool.list" }

// Type implements Event.
func (ToolCall) Type() string { return "tool.call" }

// Type implements Event.
func (ToolResult) Type() string { return "tool.result" }

// Type implements Event.
func (Warning) Type() string { return "warning" }

// Type implements Event.
func (RunEnd) Type() string { return "run.end" }
