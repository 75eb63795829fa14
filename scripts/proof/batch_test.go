//go:build unix

package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// batchRows is how many rows a batch has here; each tenth asks the same as the one before.
const batchRows = 120

// TestKilledBatch: two processes, each with its part of one batch and one journal, are killed at any instant and begun again until
// all is done. No result is lost, none is doubled, and no row that has a final end is asked again.
func TestKilledBatch(t *testing.T) {
	t.Parallel()
	b := &batchKills{t: t, dice: dice(t), asked: map[string]int{}}
	srv := httptest.NewServer(b)
	defer srv.Close()
	dir := filepath.Join(t.TempDir(), "home")
	b.must(os.MkdirAll(dir, 0o700))
	b.home, b.url = &home{t: t, dir: dir}, srv.URL
	for i := range batchRows {
		if i%10 == 9 {
			i--
		}
		b.prompts = append(b.prompts, fmt.Sprintf("row %d.", i))
	}
	b.in = filepath.Join(t.TempDir(), "rows.jsonl")
	var rows bytes.Buffer
	for _, p := range b.prompts {
		fmt.Fprintf(&rows, "%q\n", p)
	}
	b.must(os.WriteFile(b.in, rows.Bytes(), 0o600))
	for kills, limit := 0, number(40, 200); kills < limit; {
		b.journal = filepath.Join(t.TempDir(), fmt.Sprint("journal", kills))
		for n := 0; !b.round(); n++ {
			kills++
			if n > 500 {
				t.Fatal("the batch comes to no end")
			}
		}
		b.whole()
	}
	if b.counted < b.batches*batchRows {
		t.Errorf("%d requests are counted in %d batches", b.counted, b.batches)
	}
	t.Logf("%d kills, %d batches", b.kills, b.batches)
}

// batchKills is the server that is asked, too: its answer is the prompt.
type batchKills struct {
	t       *testing.T
	dice    *rand.Rand
	home    *home
	in      string
	journal string
	prompts []string

	url string

	kills, batches int

	mu      sync.Mutex
	rounds  int
	asked   map[string]int // in this round, by prompt
	counted int            // in all rounds
}

// key is what the processes of this round ask with.
func (b *batchKills) key() string { return fmt.Sprintf("key-of-round-%d", b.rounds) }

func (b *batchKills) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *batchKills) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	var req struct {
		Messages []struct{ Content []struct{ Text string } }
	}
	if json.Unmarshal(raw, &req) != nil || len(req.Messages) != 1 {
		http.Error(w, "no request", http.StatusBadRequest)
		return
	}
	prompt := req.Messages[0].Content[0].Text
	b.mu.Lock()
	if r.Header.Get("Authorization") == "Bearer "+b.key() { // else of a process that was killed in an earlier round, and read only now
		b.asked[prompt]++
		b.counted++
	}
	b.mu.Unlock()
	time.Sleep(time.Duration(rand.Int64N(int64(8 * time.Millisecond))))
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"type":"message","role":"assistant","model":"m","content":[{"type":"text","text":%q}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`, prompt)
}

// round begins both processes, kills what a toss decides, and reports whether both came to their end.
func (b *batchKills) round() bool {
	b.t.Helper()
	done, _ := b.finals()
	b.mu.Lock()
	b.rounds++
	clear(b.asked)
	config := fmt.Sprintf("providers:\n  lab: {base_url: %q, transport: anthropic_messages, auth_header: bearer, api_key: %s, default_model: m}\n", b.url, b.key())
	b.mu.Unlock()
	b.must(os.WriteFile(filepath.Join(b.home.dir, "config.yaml"), []byte(config), 0o600))
	var parts []*process
	for i := range 2 {
		parts = append(parts, b.home.begin("batch", "--provider", "lab", "--journal", b.journal, "--shard", fmt.Sprintf("%d/2", i), "--jobs", "3", "--grace", "10ms", "-q", b.in))
	}
	time.Sleep(time.Duration(b.dice.Int64N(int64(150 * time.Millisecond))))
	for _, p := range parts {
		if sig := []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM, 0}[b.dice.IntN(4)]; sig != 0 {
			p.kill(sig)
		}
	}
	ended := true
	for _, p := range parts {
		r := p.wait()
		switch r.code {
		case 0:
		case -int(syscall.SIGKILL), -int(syscall.SIGTERM), 143: // -15: before the signal was caught
			ended = false
			b.kills++
		default:
			b.t.Fatalf("exit %d: %s", r.code, r.err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for prompt, n := range b.asked {
		if left := b.count(prompt) - done[prompt]; n > left {
			b.t.Errorf("%q was asked %d times, and %d had no end", prompt, n, left)
		}
	}
	return ended
}

func (b *batchKills) count(prompt string) int {
	n := 0
	for _, p := range b.prompts {
		if p == prompt {
			n++
		}
	}
	return n
}

// finals counts the final ends by prompt, and those of each row.
func (b *batchKills) finals() (byPrompt, byRow map[string]int) {
	byPrompt, byRow = map[string]int{}, map[string]int{}
	segments, err := filepath.Glob(filepath.Join(b.journal, "*.jsonl"))
	b.must(err)
	for _, name := range segments {
		raw, err := os.ReadFile(name)
		b.must(err)
		for line := range bytes.Lines(raw) {
			var l struct {
				Row   string
				Final bool
				Out   struct{ Text string }
			}
			if json.Unmarshal(line, &l) == nil && l.Final && bytes.HasSuffix(line, []byte("\n")) {
				byPrompt[l.Out.Text]++
				byRow[l.Row]++
			}
		}
	}
	return byPrompt, byRow
}

// whole wants every row once, in order, with its answer.
func (b *batchKills) whole() {
	b.t.Helper()
	b.batches++
	_, byRow := b.finals()
	for row, n := range byRow {
		if n != 1 {
			b.t.Errorf("the row %s has %d final ends", row, n)
		}
	}
	if len(byRow) != batchRows {
		b.t.Errorf("%d rows have a final end, want %d", len(byRow), batchRows)
	}
	r := b.home.run("batch", "--provider", "lab", "--journal", b.journal, "--merge", "-q", b.in)
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if r.code != 0 || len(lines) != batchRows {
		b.t.Fatalf("exit %d, %d rows: %s", r.code, len(lines), r.err)
	}
	for i, line := range lines {
		var row struct {
			Line int
			Text string
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil || row.Line != i+1 || row.Text != b.prompts[i] {
			b.t.Errorf("row %d: %s", i+1, line)
		}
	}
}
