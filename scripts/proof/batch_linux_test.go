package proof

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestBatchMemory: a long batch takes no more memory than a short one but for 16 bytes a row and a hash of it, neither when it is asked
// nor when all of it is in the journal. A million rows (-long) stay below 100 MB.
func TestBatchMemory(t *testing.T) {
	t.Parallel()
	b := &batchKills{t: t, asked: map[string]int{}}
	srv := httptest.NewServer(b)
	defer srv.Close()
	dir := t.TempDir()
	config := fmt.Sprintf("providers:\n  lab: {base_url: %q, transport: anthropic_messages, default_model: m}\noneshot: {usage_ledger: false}\n", srv.URL)
	b.must(os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600))
	b.home = &home{t: t, dir: dir}
	in, err := os.Create(filepath.Join(dir, "rows"))
	b.must(err)
	w := bufio.NewWriter(in)
	for i := range number(5_000, 1_000_000) {
		fmt.Fprintf(w, "{\"id\":\"r%d\",\"prompt\":\"p%d\"}\n", i, i%50)
	}
	b.must(w.Flush())
	b.must(in.Close())
	for _, what := range []string{"asked", "known"} {
		cmd := b.home.command("batch", "--provider", "lab", "--journal", filepath.Join(dir, "journal"), "--jobs", "64", "-q", in.Name())
		var errs strings.Builder
		cmd.Stderr = &errs
		b.must(cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		stuck := time.AfterFunc(time.Duration(number(1, 30))*patience, func() { _ = cmd.Process.Kill() })
		most, over := 0, false
		for !over {
			select {
			case err := <-ended:
				if over = true; err != nil {
					t.Fatalf("%v: %s", err, errs.String())
				}
			case <-time.After(20 * time.Millisecond):
				most = max(most, peak(cmd.Process.Pid))
			}
		}
		stuck.Stop()
		t.Logf("%s: %d MB", what, most>>10)
		if most > 100<<10 {
			t.Errorf("%s: %d kB", what, most)
		}
	}
}

// peak is the most memory that a process has held, in kB; 0 when it is gone.
func peak(pid int) int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	line, _, _ := strings.Cut(rest, "kB")
	n, _ := strconv.Atoi(strings.TrimSpace(line))
	return n
}
