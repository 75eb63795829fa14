package output

import "encoding/json"

// BatchRow is a result of `hermes batch`: one JSON object a line, in the order of the requests or of their completion.
type BatchRow struct {
	V        int             `json:"v" const:"1"`
	Type     string          `json:"type" const:"batch.row"`
	Seq      int64           `json:"seq" desc:"0, 1, 2 … in the order of writing"`
	ID       string          `json:"id" desc:"the request's, else its line number"`
	Line     int             `json:"line" desc:"of the request in its file, from 1"`
	Metadata json.RawMessage `json:"metadata,omitempty" desc:"the request's"`
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
