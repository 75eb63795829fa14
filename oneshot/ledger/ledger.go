// Package ledger keeps usage.jsonl: one line a run, for `hermes usage`.
package ledger

import (
	"io"
	"time"
)

// Row is one run.
type Row struct {
	TS               time.Time `json:"ts"`
	Run              string    `json:"run"`
	Provider         string    `json:"provider"`
	Model            string    `json:"model"`
	Status           string    `json:"status"`
	Class            string    `json:"class,omitempty"`
	ExitCode         int       `json:"exit_code"`
	InputTokens      int64     `json:"input_tokens"`
	OutputTokens     int64     `json:"output_tokens"`
	CacheReadTokens  int64     `json:"cache_read_tokens"`
	CacheWriteTokens int64     `json:"cache_write_tokens"`
	CostUSD          string    `json:"cost_usd,omitempty"`
	CostBasis        string    `json:"cost_basis"`
	DurationMS       int64     `json:"duration_ms"`
	Attempts         int       `json:"attempts"`
}

// Append adds r to the ledger at path.
func Append(path string, r Row) error { return nil }

// Read returns the runs since a time, oldest first.
func Read(path string, since time.Time) ([]Row, error) { return nil, nil }

// Scan is Read that also counts the lines that are no row of ours.
func Scan(path string, since time.Time) (rows []Row, skipped int, err error) { return nil, 0, nil }

// Group is the sum over some runs.
type Group struct {
	Key              string `json:"key"`
	Runs             int    `json:"runs"`
	Failed           int    `json:"failed"`
	InputTokens      int64  `json:"input_tokens"`
	OutputTokens     int64  `json:"output_tokens"`
	CacheReadTokens  int64  `json:"cache_read_tokens"`
	CacheWriteTokens int64  `json:"cache_write_tokens"`
	TotalTokens      int64  `json:"total_tokens"`
	CostUSD          string `json:"cost_usd"`
	UnknownCost      int    `json:"unknown_cost_runs"`
	DurationMS       int64  `json:"duration_ms"`
}

// Summarize sums rows by "model", "provider" or "day".
func Summarize(rows []Row, by string) []Group { return nil }

// WriteTable writes groups for people.
func WriteTable(w io.Writer, groups []Group, chart bool) error { return nil }

// WriteJSON writes groups as one JSON document.
func WriteJSON(w io.Writer, groups []Group) error { return nil }
