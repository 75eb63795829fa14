//go:build unix

package proof

import (
	"fmt"
	"io"
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

// bucket is a server with a rate limit: a bucket of some seconds' requests, 200 ms an answer.
type bucket struct {
	perSecond, most float64
	headers         bool // tells its limits

	mu                sync.Mutex
	level             float64
	begun, at, ended  time.Time
	admitted, refused int
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	b.mu.Lock()
	now := time.Now()
	if b.begun.IsZero() {
		b.begun, b.level = now, b.most
	} else {
		b.level = min(b.level+now.Sub(b.at).Seconds()*b.perSecond, b.most)
	}
	b.at = now
	ok, wait := b.level >= 1, (1-b.level)/b.perSecond
	if ok {
		b.level--
		b.admitted++
	} else {
		b.refused++
	}
	left := b.level
	b.mu.Unlock()
	if b.headers {
		w.Header().Set("X-Ratelimit-Limit-Requests", fmt.Sprint(int(b.perSecond*60)))
		w.Header().Set("X-Ratelimit-Remaining-Requests", fmt.Sprint(int(left)))
		w.Header().Set("X-Ratelimit-Reset-Requests", fmt.Sprintf("%.3fs", (b.most-left)/b.perSecond))
	}
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.Header().Set("Retry-After-Ms", fmt.Sprint(int(wait*1000)+1))
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"error":{"message":"slow down","code":"rate_limit_exceeded"}}`)
		return
	}
	time.Sleep(200 * time.Millisecond)
	fmt.Fprint(w, `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`)
	b.mu.Lock()
	b.ended = time.Now()
	b.mu.Unlock()
}

// TestPace: 6 processes of 8 workers keep to one limit together, whether they were told it, find it in headers or learn it, and no row
// fails for it. One of them is killed and begins again. With -long the figures are those of issue 20, for which the machine must be quiet.
func TestPace(t *testing.T) {
	if !*long {
		t.Parallel()
	}
	perMinute, rows := number(3000, 600), number(300, 480)
	for name, tc := range map[string]struct {
		flags       []string
		headers     bool
		used, wrong float64
	}{
		"told":    {[]string{"--rpm", fmt.Sprint(perMinute)}, false, .90, .02}, // its bucket is not known to be full at first
		"headers": {nil, true, .95, .02},
		"learned": {nil, false, .90, .08},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bucket{perSecond: float64(perMinute) / 60, most: float64(perMinute) / 60 * float64(number(1, 5)), headers: tc.headers}
			srv := httptest.NewServer(b)
			defer srv.Close()
			paced(t, srv.URL, rows, tc.flags)
			used := float64(b.admitted) / (b.most + b.ended.Sub(b.begun).Seconds()*b.perSecond)
			refused := float64(b.refused) / float64(b.refused+b.admitted)
			t.Logf("%d answers, %.1f %% of the limit used, %.1f %% refused", b.admitted, 100*used, 100*refused)
			if b.admitted < rows || b.admitted > rows+8 { // of the one that was killed, what was under way is asked again
				t.Errorf("%d answers for %d rows", b.admitted, rows)
			}
			if *long && (used < tc.used || refused > tc.wrong) || refused > .5 {
				t.Errorf("%.3f of the limit used, want %.2f; %.3f refused, want %.2f", used, tc.used, refused, tc.wrong)
			}
		})
	}
}

// paced runs the processes, and kills the first of them once.
func paced(t *testing.T, url string, rows int, flags []string) {
	t.Helper()
	h := &home{t: t, dir: t.TempDir()}
	config := fmt.Sprintf("providers:\n  lab: {base_url: %q, transport: chat_completions, default_model: m, api_key: sk-lab-0123456789}\n", url)
	if err := os.WriteFile(filepath.Join(h.dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	begin := func(i int) *process {
		in := filepath.Join(h.dir, fmt.Sprint("rows", i))
		var text strings.Builder
		for k := range rows / 6 {
			fmt.Fprintf(&text, "\"process %d row %d\"\n", i, k)
		}
		if err := os.WriteFile(in, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"batch", "--provider", "lab", "--jobs", "8", "--retries", "0", "--journal", in + ".journal", "-q"}, flags...)
		return h.begin(append(args, in)...)
	}
	var all []*process
	for i := range 6 {
		all = append(all, begin(i))
	}
	time.Sleep(2 * time.Second)
	all[0].kill(syscall.SIGKILL)
	all[0].wait()
	all[0] = begin(0)
	for i, p := range all {
		if r := p.wait(); r.code != 0 || strings.Count(r.out, `"status":"ok"`) != rows/6 {
			t.Errorf("process %d: exit %d, %s", i, r.code, r.err)
		}
	}
}
