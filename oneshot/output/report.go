package output

import "encoding/json"

// UsageReport is the document of --usage-file, with the names Hermes Agent gives them, and the exact cost beside its own.
type UsageReport struct {
	EstimatedCostUSD *float64 `json:"estimated_cost_usd"`
	CostUSD          *string  `json:"cost_usd"`
	CostStatus       string   `json:"cost_status"`
	CostSource       string   `json:"cost_source"`
	InputTokens      *int64   `json:"input_tokens"`
	OutputTokens     *int64   `json:"output_tokens"`
	CacheReadTokens  *int64   `json:"cache_read_tokens"`
	CacheWriteTokens *int64   `json:"cache_write_tokens"`
	ReasoningTokens  *int64   `json:"reasoning_tokens"`
	TotalTokens      *int64   `json:"total_tokens"`
	APICalls         int      `json:"api_calls"`
	Model            string   `json:"model"`
	Provider         string   `json:"provider"`
	SessionID        string   `json:"session_id"`
	Completed        bool     `json:"completed"`
	Partial          bool     `json:"partial"`
	Interrupted      bool     `json:"interrupted"`
	TurnExitReason   string   `json:"turn_exit_reason"`
	Failed           bool     `json:"failed"`
	Failure          *Failure `json:"failure,omitempty"`
	Auxiliary        *Usage   `json:"auxiliary,omitempty"`
}

// NewUsageReport makes the report of a run that has ended, successfully or not. Unknown counts are null.
func NewUsageReport(e RunEnd, run string) UsageReport {
	r := UsageReport{
		CostUSD: e.CostUSD, CostStatus: "estimated", CostSource: e.CostBasis, APICalls: e.Attempts, Model: e.Model, Provider: e.Provider,
		SessionID: run, Completed: e.Status == StatusOK, Partial: e.Status == StatusPartial,
		Interrupted: e.Status == StatusCancelled, TurnExitReason: e.FinishReason, Failed: e.Error != nil, Failure: e.Error,
	}
	if e.CostUSD == nil {
		r.CostStatus = CostUnknown
	} else {
		var f float64
		if json.Unmarshal([]byte(*e.CostUSD), &f) == nil {
			r.EstimatedCostUSD = &f
		}
	}
	if u := e.Usage; u != nil {
		r.InputTokens, r.OutputTokens, r.TotalTokens = &u.InputTokens, &u.OutputTokens, &u.TotalTokens
		r.CacheReadTokens, r.CacheWriteTokens, r.ReasoningTokens = &u.CacheReadTokens, &u.CacheWriteTokens, &u.ReasoningTokens
		r.Auxiliary = u.Auxiliary
	}
	return r
}

// JSON is the report as an indented document.
func (r UsageReport) JSON() []byte {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil
	}
	return append(raw, '\n')
}
