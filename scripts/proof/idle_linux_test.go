package proof

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sleeps counts how often the threads of a process went to sleep, which each turn of a polling loop does.
func sleeps(t *testing.T, pid int) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task/*/status"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no threads of %d: %v", pid, err)
	}
	sum := 0
	for _, name := range all {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			if count, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				n, err := strconv.Atoi(strings.TrimSpace(count))
				if err != nil {
					t.Fatal(err)
				}
				sum += n
			}
		}
	}
	return sum
}

// TestIdle: a run that waits for a silent model sleeps, and still hears at once that its reader left. To look each 10 ms
// would be two hundred sleeps or more.
func TestIdle(t *testing.T) {
	t.Parallel()
	c := lab(t, serve(t, "--any-token", "--fault", "stall=4")).spawn("hello")
	c.until("request.start")
	time.Sleep(500 * time.Millisecond) // for what a start leaves to be done
	before := sleeps(t, c.cmd.Process.Pid)
	time.Sleep(2 * time.Second)
	if n := sleeps(t, c.cmd.Process.Pid) - before; n > 20 {
		t.Errorf("a waiting run slept %d times in two seconds", n)
	}
	c.out.Close()
	if end := c.over(); end.Error.Class != "pipe_closed" {
		t.Errorf("%+v", end)
	}
	if r := c.wait(); r.code != 141 || r.err != "" {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
}
