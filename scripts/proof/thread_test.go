//go:build unix

package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestThreadKilled: SIGKILL at random moments of runs on one thread, several at a time. The thread holds whole turns only, each
// question with its answer; what a run that ended well has said is there once, and nothing that it had before is lost.
func TestThreadKilled(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--any-token")
	h := lab(t, srv)
	thread := filepath.Join(t.TempDir(), "thread.jsonl")
	random := dice(t)
	killed, answered, asked := 0, map[string]bool{}, 0
	var before []byte
	for range number(10, 150) {
		var runs sync.WaitGroup
		var mu sync.Mutex
		for range 3 {
			asked++
			word, after := fmt.Sprintf("q%d.", asked), time.Duration(random.Int64N(int64(60*time.Millisecond)))
			p := h.begin("--provider", "lab", "--stdin=never", "--thread", thread, word)
			runs.Go(func() {
				stop := time.AfterFunc(after, func() { p.kill(syscall.SIGKILL) })
				defer stop.Stop()
				r := p.wait()
				mu.Lock()
				defer mu.Unlock()
				answered[word] = r.code == 0
				if r.code < 0 {
					killed++
				} else if r.code != 0 {
					t.Errorf("%s: exit %d: %s", word, r.code, r.err)
				}
			})
		}
		runs.Wait()
		before = wantTurns(t, thread, before, answered)
	}
	p := h.begin("--provider", "lab", "--stdin=never", "--thread", thread, "never.") // what a kill leaves, the next run sweeps
	time.Sleep(time.Duration(random.Int64N(int64(30 * time.Millisecond))))
	p.kill(syscall.SIGKILL)
	answered["never."] = p.wait().code == 0
	r := h.run("--provider", "lab", "--stdin=never", "--thread", thread, "last.")
	if answered["last."] = r.code == 0; r.code != 0 {
		t.Errorf("the last run: exit %d: %s", r.code, r.err)
	}
	wantTurns(t, thread, before, answered)
	t.Logf("%d runs, %d killed, %d answered, 0 torn, 0 lost", asked, killed, len(turnsOf(t, thread))/2)
	if left, _ := os.ReadDir(filepath.Dir(thread)); len(left) != 1 {
		t.Errorf("beside the thread there is %v", left)
	}
}

// wantTurns compares the thread with what it was and what was answered.
func wantTurns(t *testing.T, thread string, before []byte, answered map[string]bool) []byte {
	t.Helper()
	raw, _ := os.ReadFile(thread)
	if !bytes.HasPrefix(raw, before) {
		t.Fatalf("what was said is gone: %d bytes were there, now %d", len(before), len(raw))
	}
	turns, seen := turnsOf(t, thread), map[string]int{}
	for i, m := range turns {
		if want := []string{"user", "assistant"}[i%2]; m.Role != want || m.Content == "" {
			t.Fatalf("turn %d is of %q", i, m.Role)
		}
		if m.Role == "user" {
			seen[m.Content]++
		} else if !bytes.Contains([]byte(m.Content), []byte("First line: "+turns[i-1].Content)) {
			t.Errorf("%q is answered by %q", turns[i-1].Content, m.Content)
		}
	}
	if len(turns)%2 != 0 {
		t.Errorf("a question without an answer")
	}
	for word, ok := range answered {
		if ok && seen[word] != 1 || seen[word] > 1 {
			t.Errorf("%s is there %d times; answered: %v", word, seen[word], ok)
		}
	}
	return raw
}

type said struct{ Role, Content string }

// turnsOf reads a thread, of which every line must be whole.
func turnsOf(t *testing.T, thread string) []said {
	t.Helper()
	raw, err := os.ReadFile(thread)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if len(raw) > 0 && raw[len(raw)-1] != '\n' {
		t.Fatalf("torn: %q", raw[max(0, len(raw)-80):])
	}
	var all []said
	for line := range bytes.Lines(raw) {
		var m said
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("torn: %q", line)
		}
		all = append(all, m)
	}
	return all
}
