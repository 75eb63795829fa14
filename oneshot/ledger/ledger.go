// Package ledger keeps usage.jsonl: one line for each run, success or failure. Whole lines are appended in a single write, so that
// processes that run at the same time never mix their lines. A ledger that has reached its size is renamed to usage.jsonl.1
// first; one old file is kept.
package ledger

import (
	"errors"
	"io/fs"
	"os"
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
	// Calls and Denied are of a run with tools.
	Calls  int `json:"tool_calls,omitempty"`
	Denied int `json:"tool_denied,omitempty"`
}

// Append writes the run that ended now, and rotates the file first when it holds limit bytes or more.
func Append(name string, limit int64, run string, end output.RunEnd) error {
	line, err := lineOf(run, end)
	if err != nil {
		return err
	}
	return write(name, limit, line)
}

// lineOf is the line of a run that ended now.
func lineOf(run string, end output.RunEnd) ([]byte, error) {
	line := Line{
		At: time.Now().UTC(), Run: run, Provider: end.Provider, Model: end.Model, Status: end.Status, ExitCode: end.ExitCode,
		Usage: end.Usage, CostUSD: end.CostUSD,
	}
	if end.Tools != nil {
		line.Calls, line.Denied = end.Tools.Calls, len(end.Tools.Denied)
	}
	return line.encode(nil)
}

// write appends lines.
func write(name string, limit int64, lines []byte) error {
	f, size, err := open(name, os.O_CREATE|os.O_RDWR|os.O_APPEND)
	if err == nil && size >= limit {
		err = errors.Join(rotate(f, name), closed(f))
		if err == nil {
			f, _, err = open(name, os.O_CREATE|os.O_RDWR|os.O_APPEND)
		}
	}
	if err != nil {
		return err
	}
	if torn(f) {
		lines = append([]byte("\n"), lines...)
	}
	_, err = f.Write(lines)
	return errors.Join(err, f.Close())
}

// torn reports a last line without its end, as a full disk leaves one. A line that another process is writing looks so for a moment:
// only what stays so for 10 ms is torn. No run waits here behind a whole line.
func torn(f *os.File) bool {
	for range 5 {
		info, err := f.Stat()
		if err != nil || info.Size() == 0 {
			return false
		}
		var last [1]byte
		if _, err := f.ReadAt(last[:], info.Size()-1); err != nil || last[0] == '\n' {
			return false
		}
		time.Sleep(2 * time.Millisecond)
	}
	return true
}

// closed closes a file that rotate may have closed before.
func closed(f *os.File) error {
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// open opens a ledger and returns its size. Only a regular file is opened: O_NONBLOCK keeps open(2) from waiting for the reader
// of a named pipe.
func open(name string, flag int) (*os.File, int64, error) {
	f, err := os.OpenFile(name, flag|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
