// Package ledger keeps usage.jsonl: one line a run, success or failure, appended in a single write so that processes side
// by side never mix their lines. A ledger that is over its size is moved to usage.jsonl.1 first; one old file is kept.
package ledger

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"hermes/oneshot/output"
)

// MaxSize is the size in bytes from which the ledger is rotated.
const MaxSize = 8 << 20

// Line is one run.
type Line struct {
	At       time.Time     `json:"ts"`
	Run      string        `json:"run"`
	Provider string        `json:"provider"`
	Model    string        `json:"model"`
	Status   string        `json:"status"`
	ExitCode int           `json:"exit_code"`
	Usage    *output.Usage `json:"usage"`
	CostUSD  *string       `json:"cost_usd"`
}

// Append writes the run that ended now, and rotates the file first when it holds limit bytes or more.
func Append(name string, limit int64, run string, end output.RunEnd) error {
	raw, err := json.Marshal(Line{
		At: time.Now().UTC(), Run: run, Provider: end.Provider, Model: end.Model, Status: end.Status, ExitCode: end.ExitCode,
		Usage: end.Usage, CostUSD: end.CostUSD,
	})
	if err != nil {
		return err
	}
	if info, err := os.Stat(name); err == nil && info.Size() >= limit {
		if err := os.Rename(name, name+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	return errors.Join(err, f.Close())
}
