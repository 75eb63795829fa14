package output

import (
	"encoding/json"
	"fmt"
	"time"
)

// BatchRow is a result of `hermes batch`: one JSON object a line, in the order of the requests or of their completion.
type BatchRow struct {
	BatchHead
	BatchEnd
}

// BatchHead says which row it is: all that is not how the row ended.
type BatchHead struct {
	V        int             `json:"v" const:"1"`
	Type     string          `json:"type" const:"batch.row"`
	Seq      int64           `json:"seq" desc:"0, 1, 2 … in the order of writing"`
	ID       string          `json:"id" desc:"the request's, else its line number"`
	Line     int             `json:"line" desc:"of the request in its file, from 1"`
	Metadata json.RawMessage `json:"metadata,omitempty" desc:"the request's"`
}

// BatchEnd is how the row ended: all that is not which row it is.
type BatchEnd struct {
	Status   string          `json:"status" enum:"ok,partial,error,cancelled"`
	ExitCode int             `json:"exit_code" desc:"what a run of this row alone would exit with"`
	Error    *Failure        `json:"error" desc:"null exactly when status is ok"`
	Text     *string         `json:"text"`
	Data     json.RawMessage `json:"data"`
	Finish   string          `json:"finish_reason" desc:"as in run.end"`
	Model    string          `json:"model"`
	Usage    *Usage          `json:"usage"`
	CostUSD  *string         `json:"cost_usd" pattern:"money" desc:"decimal; null when unknown"`
}

// BatchRequest is a request of `hermes batch`, in our own form. Every key may be missing, and counts as missing when it is null.
type BatchRequest struct {
	ID           json.RawMessage   `json:"id,omitempty" desc:"a string or a number, given back with the result; no two rows have the same"`
	Metadata     json.RawMessage   `json:"metadata,omitempty" desc:"anything; given back with the result, never sent"`
	Prompt       string            `json:"prompt,omitempty"`
	Messages     json.RawMessage   `json:"messages,omitempty" desc:"a conversation, before the prompt or in its place: an array of {role, content} as the Chat Completions and Messages APIs write it"`
	Files        []string          `json:"files,omitempty" desc:"text, images, PDF"`
	Vars         map[string]string `json:"vars,omitempty" desc:"values for {{name}} of --template"`
	System       *string           `json:"system,omitempty"`
	Provider     string            `json:"provider,omitempty"`
	Model        string            `json:"model,omitempty"`
	MaxTokens    *int              `json:"max_tokens,omitempty"`
	Temperature  *float64          `json:"temperature,omitempty"`
	TopP         *float64          `json:"top_p,omitempty"`
	Stop         Texts             `json:"stop,omitempty" desc:"one text, or several"`
	Reasoning    string            `json:"reasoning,omitempty" enum:"none,minimal,low,medium,high,xhigh,max"`
	Tools        []string          `json:"tools,omitempty" desc:"of what --tools allows, what this row may call: the same words"`
	OutputSchema json.RawMessage   `json:"output_schema,omitempty" desc:"a JSON Schema, or the name of its file"`
}

// BatchProgress is how far a batch has come: once a second, and at its end.
type BatchProgress struct {
	Rows       int64  `json:"rows" desc:"that have a result"`
	Total      *int64 `json:"total" desc:"rows of the input; null while that is not known"`
	OK         int64  `json:"ok"`
	Failed     int64  `json:"failed" desc:"another try would change nothing"`
	Pending    int64  `json:"pending" desc:"failed, and may be tried again"`
	Again      int64  `json:"again" desc:"asked again, because a crash lost the end of them; they may be paid twice"`
	CostUSD    string `json:"cost_usd" pattern:"money" desc:"of the rows and of the journal"`
	DurationMS int64  `json:"duration_ms"`
	LeftMS     *int64 `json:"left_ms" desc:"until the end at this rate; null when that is not known"`
}

// Type implements Event.
func (BatchProgress) Type() string { return "batch.progress" }

// Texts are several texts, which JSON may write as one alone.
type Texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Texts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = Texts{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(t))
}

// BatchStatus is a batch of the provider's own batch API, as `hermes batch status --json` writes it: one JSON object a line.
type BatchStatus struct {
	V         int          `json:"v" const:"1"`
	Type      string       `json:"type" const:"batch.status"`
	Intent    string       `json:"intent" desc:"our own name for it, of which the rows' names are made"`
	Provider  string       `json:"provider"`
	Model     string       `json:"model"`
	Batch     *string      `json:"batch" desc:"the provider's name for it; null while it is not known whether it was made"`
	Rows      int          `json:"rows" desc:"that were submitted in it"`
	State     string       `json:"state" desc:"in the provider's own word"`
	Ended     bool         `json:"ended"`
	Fetched   bool         `json:"fetched" desc:"the results are in the journal's folder"`
	Counts    *BatchCounts `json:"counts" desc:"as the provider tells; null when it was not asked"`
	Refused   string       `json:"refused,omitempty" desc:"why it failed as a whole"`
	Submitted time.Time    `json:"submitted_at"`
}

// BatchCounts are the rows of such a batch.
type BatchCounts struct {
	Total int `json:"total"`
	Done  int `json:"done" desc:"that have ended; Anthropic tells when all have"`
	OK    int `json:"ok" desc:"of those, with an answer"`
}

// String is a batch in words, a line of a table.
func (s BatchStatus) String() string {
	id := "(of the intent " + s.Intent + ")"
	if s.Batch != nil {
		id = *s.Batch
	}
	line := fmt.Sprintf("%s  %s/%s  %s  %d rows", id, s.Provider, s.Model, s.State, s.Rows)
	if s.Counts != nil && s.Counts.Done > 0 {
		line += fmt.Sprintf(", %d done", s.Counts.Done)
	}
	if s.Fetched {
		line += ", fetched"
	}
	if s.Refused != "" {
		line += ", refused: " + s.Refused
	}
	return line + "  " + s.Submitted.Format(time.RFC3339)
}
