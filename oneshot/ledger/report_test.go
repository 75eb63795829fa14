package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const runs = `{"ts":"2026-11-20T10:00:00Z","run":"a","provider":"p","model":"m1","status":"ok","exit_code":0,"usage":{"input_tokens":10,"output_tokens":5},"cost_usd":"0.0010"}
{"ts":"2026-11-23T10:00:00Z","run":"b","provider":"p","model":"m2","status":"error","exit_code":75,"usage":null,"cost_usd":null}
not json
{"ts":"2026-11-23T11:00:00Z","run":"c","provider":"q","model":"m1","status":"ok","exit_code":0,"usage":{"input_tokens":1,"output_tokens":2,"cache_read_tokens":4},"cost_usd":"0.0005"}`

func report(t *testing.T, c Command, terminal bool) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "usage.jsonl")
	older, newer, _ := strings.Cut(runs, "\n")
	for file, content := range map[string]string{name + ".1": older + "\n", name: newer} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	if err := c.Run(name, &out, terminal, now); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReport(t *testing.T) {
	t.Parallel()
	want := `    RUNS  FAILED  INPUT  OUTPUT  USD
m1  2     0       15     7       0.0015
m2  1     1       0      0       0.0000 + 1 unknown
1 lines could not be read
`
	if got := report(t, Command{By: "model"}, false); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := report(t, Command{By: "provider"}, true); !strings.Contains(got, "p  2") || !strings.Contains(got, strings.Repeat("█", barWidth)) {
		t.Errorf("got\n%s", got)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	for since, want := range map[string]int{"": 3, "2d": 2, "26h": 1 + 1, "2026-11-21": 2, "2026-11-23T10:30:00Z": 1, "1h": 0} {
		var got struct {
			Rows    []Row
			Skipped int
		}
		if err := json.Unmarshal([]byte(report(t, Command{By: "model", Since: since, JSON: true}, false)), &got); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range got.Rows {
			n += r.Runs
		}
		if n != want || got.Skipped != 1 {
			t.Errorf("since %q: %d runs, want %d; %d skipped", since, n, want, got.Skipped)
		}
	}
	if err := (&Command{Since: "yesterday"}).Run("none", nil, false, time.Now()); err == nil {
		t.Error("yesterday is understood")
	}
}
