package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"hermes/oneshot/output"
)

// TestAppend: writers side by side leave whole lines in a private file.
func TestAppend(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "usage.jsonl")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := Append(name, MaxSize, "r", output.RunEnd{Status: "error", ExitCode: 75, Model: "m"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(raw) {
		var l Line
		if err := json.Unmarshal(line, &l); err != nil || l.ExitCode != 75 || l.Model != "m" || l.At.IsZero() {
			t.Errorf("%v: %s", err, line)
		}
		n++
	}
	info, err := os.Stat(name)
	if n != 50 || err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%d lines, %v, %v", n, info, err)
	}
}

// TestRotate: a full ledger moves aside, and what it held is still there.
func TestRotate(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "usage.jsonl")
	for range 2 {
		if err := Append(name, 1, "r", output.RunEnd{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{name, name + ".1"} {
		if raw, err := os.ReadFile(f); err != nil || bytes.Count(raw, []byte("\n")) != 1 {
			t.Errorf("%s: %q, %v", f, raw, err)
		}
	}
}
