package output

import "encoding/json"

// BatchRow is a result of `hermes batch`: one JSON object a line, in the order of the requests or of their completion.
type BatchRow struct {
	V        int             `json:"v" const:"1"`
	Type     string          `json:"type" const:"batch.row"`
	Seq      int64           `json:"seq" desc:"0, 1, 2 … in the order of writing"`
	ID       string          `json:"id" desc:"the request's, else its line number"`
	Line     int             `json:"line" desc:"of the request in its file, from 1"`
	Status   string          `json:"status" enum:"ok,partial,error,cancelled"`
	ExitCode int             `json:"exit_code" desc:"what a run of this row alone would exit with"`
	Error    *Failure        `json:"error" desc:"null exactly when status is ok"`
	Text     *string         `json:"text"`
	Data     json.RawMessage `json:"data"`
	Model    string          `json:"model"`
	Usage    *Usage          `json:"usage"`
	CostUSD  *string         `json:"cost_usd" pattern:"money" desc:"decimal; null when unknown"`
}
