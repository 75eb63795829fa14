package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

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

// TestTorn: what a full disk left of a line takes no other line along.
func TestTorn(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "usage.jsonl")
	if err := os.WriteFile(name, []byte(`{"at":"2026-11-`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Append(name, MaxSize, "r", output.RunEnd{}); err != nil {
			t.Fatal(err)
		}
	}
	whole := 0
	if skipped, err := read(name, func(Line) { whole++ }); err != nil || skipped != 1 || whole != 2 {
		t.Errorf("%d lines, %d skipped, %v", whole, skipped, err)
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

// TestBook: lines that are written together are whole, also where the ledger is rotated among them, and none waits for long.
func TestBook(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "usage.jsonl")
	lines := func(file string) (n int) {
		raw, _ := os.ReadFile(file)
		for line := range bytes.Lines(raw) {
			if !json.Valid(line) || !bytes.HasSuffix(line, []byte("\n")) {
				t.Errorf("%s: %q", file, line)
			}
			n++
		}
		return n
	}
	b := NewBook(name, 3*writeBytes)
	if err := b.Append("first", output.RunEnd{}); err != nil || lines(name) != 0 {
		t.Errorf("%d lines at once, %v", lines(name), err)
	}
	for begun := time.Now(); lines(name) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("the line is still kept back")
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := b.Append("r", output.RunEnd{Status: "ok", Model: "m"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := b.Flush(); err != nil || lines(name)+lines(name+".1") != 401 || lines(name+".1") == 0 {
		t.Errorf("%d and %d lines, %v", lines(name), lines(name+".1"), err)
	}
}

// TestEncode: a line is the JSON that its tags promise.
func TestEncode(t *testing.T) {
	t.Parallel()
	cost := "0.000\"1"
	for _, l := range []Line{
		{},
		{At: time.Date(2026, 11, 29, 1, 2, 3, 4_500, time.UTC), Run: "r", Provider: "p<&>", Model: "m\xff\"\n\u2028\\", Status: "ok", ExitCode: 141, CostUSD: &cost, Calls: 3, Denied: 1},
		{Usage: &output.Usage{InputTokens: 1, OutputTokens: 2, CacheReadTokens: 3, CacheWriteTokens: 4, ReasoningTokens: 5, TotalTokens: 1 << 62}, Denied: 2},
		{Usage: &output.Usage{InputTokens: 1, ByModel: map[string]output.Usage{"m": {InputTokens: 1}}, Auxiliary: &output.Usage{OutputTokens: 1}}},
	} {
		want, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.encode([]byte("before"))
		got, begins := bytes.CutPrefix(got, []byte("before"))
		got, ends := bytes.CutSuffix(got, []byte("\n"))
		if err != nil || !begins || !ends {
			t.Fatalf("%v: %q", err, got)
		}
		if remarshalled(t, got) != remarshalled(t, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func remarshalled(t *testing.T, raw []byte) string {
	t.Helper()
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	again, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(again)
}
