//go:build unix

package proof

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes/scripts/rogue"
)

// TestHostileStream: whatever a server does over HTTP/2, on any wire, a success is the whole answer, a failure has a code of the table, no
// request is sent more often than was allowed, and no flood keeps the run beyond its bounds.
func TestHostileStream(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--any-token")
	for transport, base := range wires() {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			h := &home{t, filepath.Join(t.TempDir(), "home"), srv, "minimax-oauth"}
			if err := os.Mkdir(h.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			body, whole := h.recorded(transport, base)
			var mu sync.Mutex
			n, random := 0, dice(t)
			harm := ""
			s, err := rogue.Stream(body, func() (string, int) {
				mu.Lock()
				defer mu.Unlock()
				harm = rogue.Harms()[n%len(rogue.Harms())]
				n++
				return harm, random.IntN(len(body) + 1)
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			ca := filepath.Join(h.dir, "ca.pem")
			if err := os.WriteFile(ca, s.CA, 0o600); err != nil {
				t.Fatal(err)
			}
			h.rows(transport, map[string]string{"harmed": s.URL + base})
			const deadline = 4 * time.Second
			codes := map[int]int{}
			for range number(1, 6) * len(rogue.Harms()) {
				before := s.Requests()
				r := h.run("hello", "--stdin=never", "--provider=harmed", "--ca-file", ca, "--retries=1", "--idle-timeout=300ms", "--first-byte-timeout=300ms", "--deadline", deadline.String())
				settle(t, strings.TrimPrefix(s.URL, "https://"), s.Open)
				codes[r.code]++
				if n := s.Requests() - before; n < 1 || n > 2 {
					t.Errorf("%s: %d requests, exit %d: %s", harm, n, r.code, r.err)
				}
				switch {
				case r.code == 0 && r.out != whole:
					t.Errorf("%s: exit 0 with %q", harm, r.out)
				case r.code != 0 && (r.err == "" || !slices.Contains([]int{69, 76, 124}, r.code)):
					t.Errorf("%s: exit %d with %q", harm, r.code, r.err)
				case r.took > 5*deadline:
					t.Errorf("%s: %v", harm, r.took)
				}
			}
			t.Logf("exits %v", codes)
		})
	}
}

// wires are the transports, with the path at which the sandbox serves each.
func wires() map[string]string {
	return map[string]string{"anthropic_messages": "", "chat_completions": "/v1", "responses": "/v1", "gemini": "/v1beta"}
}

// rows writes a config.yaml with providers of one transport, by name and address.
func (h *home) rows(transport string, at map[string]string) {
	h.t.Helper()
	var config strings.Builder
	config.WriteString("providers:\n")
	for name, url := range at {
		fmt.Fprintf(&config, "  %s: {base_url: %q, transport: %s, api_key: k, default_model: sandbox}\n", name, url, transport)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "config.yaml"), []byte(config.String()), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// recorded is the answer to hello as the sandbox sends it, and as it is written.
func (h *home) recorded(transport, base string) (body []byte, whole string) {
	h.t.Helper()
	h.rows(transport, map[string]string{"straight": h.srv.url + base})
	tape := filepath.Join(h.dir, "tape")
	r := h.run("hello", "--stdin=never", "--provider=straight", "--record", tape)
	raw, err := os.ReadFile(tape)
	var exchange struct {
		Response struct{ Chunks []string }
	}
	if err == nil {
		err = json.Unmarshal(raw, &exchange)
	}
	if err != nil || !r.answered() {
		h.t.Fatalf("without harm: exit %d: %s, %v", r.code, r.err, err)
	}
	return []byte(strings.Join(exchange.Response.Chunks, "")), r.out
}
