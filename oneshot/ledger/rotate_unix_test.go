//go:build unix

package ledger

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"hermes/oneshot/output"
)

// TestRotateTogether: of many that find the ledger full one moves it, and no run of the old file or of theirs is lost.
func TestRotateTogether(t *testing.T) {
	t.Parallel()
	old := bytes.Repeat([]byte("{\"old\":true}\n"), 1000)
	for round := range 300 {
		name := filepath.Join(t.TempDir(), strconv.Itoa(round))
		if err := os.WriteFile(name, old, 0o600); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		begin := make(chan struct{})
		for range 8 {
			all.Go(func() {
				<-begin
				if err := Append(name, int64(len(old)), "r", output.RunEnd{}); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		all.Wait()
		moved, err := os.ReadFile(name + ".1")
		if err != nil || !bytes.HasPrefix(moved, old) {
			t.Fatalf("round %d: the old file is lost: %d bytes, %v", round, len(moved), err)
		}
		rest, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(append(moved, rest...), []byte(`"run":"r"`)); n != 8 {
			t.Fatalf("round %d: %d runs, want 8", round, n)
		}
	}
}

// TestNamedPipe: nobody has to read what a run notes.
func TestNamedPipe(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "usage.jsonl")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	if err := Append(name, MaxSize, "r", output.RunEnd{}); err == nil {
		t.Error("a pipe without a reader is a ledger")
	}
	r, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := Append(name, MaxSize, "r", output.RunEnd{}); err == nil {
		t.Error("a pipe is a ledger")
	}
}
