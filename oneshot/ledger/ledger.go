// Package ledger keeps usage.jsonl: one line a run, success or failure, appended in a single write so that processes side
// by side never mix their lines. A ledger that is over its size is moved to usage.jsonl.1 first; one old file is kept.
package ledger

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
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

// line writes a Line by hand: every run ends with it, and to learn the type by reflection would cost more than the file.
func line(at time.Time, run string, end output.RunEnd) []byte {
	raw := at.UTC().AppendFormat([]byte(`{"ts":"`), time.RFC3339Nano)
	for _, field := range [][2]string{{"run", run}, {"provider", end.Provider}, {"model", end.Model}, {"status", end.Status}} {
		raw = append(append(append(raw, `","`...), field[0]...), `":"`...)
		raw = output.AppendEscaped(raw, field[1])
	}
	raw = strconv.AppendInt(append(raw, `","exit_code":`...), int64(end.ExitCode), 10)
	raw = append(raw, `,"usage":`...)
	if end.Usage == nil {
		raw = append(raw, "null"...)
	} else {
		raw = end.Usage.AppendJSON(raw)
	}
	if end.CostUSD == nil {
		return append(raw, ",\"cost_usd\":null}\n"...)
	}
	raw = output.AppendEscaped(append(raw, `,"cost_usd":"`...), *end.CostUSD)
	return append(raw, "\"}\n"...)
}

// Append writes the run that ended now, and rotates the file first when it holds limit bytes or more.
func Append(name string, limit int64, run string, end output.RunEnd) error {
	raw := line(time.Now(), run, end)
	f, size, err := open(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND)
	if err == nil && size >= limit {
		err = errors.Join(rotate(f, name), closed(f))
		if err == nil {
			f, _, err = open(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND)
		}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Close())
}

// closed closes a file that rotate may have closed before.
func closed(f *os.File) error {
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// open opens a ledger and gives its size. What is no regular file is refused: a run waits for no reader of a pipe, and
// O_NONBLOCK keeps the opening from it.
func open(name string, flag int) (*os.File, int64, error) {
	f, err := os.OpenFile(name, flag|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("is no regular file")}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
