package mcp

import (
	"strings"
	"sync"
)

// maxTail is how much is kept of what a program writes beside its messages, in bytes.
const maxTail = 8 << 10

// tail keeps the end of what was written.
type tail struct {
	mu   sync.Mutex
	text []byte
	full bool
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - maxTail; over > 0 {
		t.text, t.full = append(t.text[:0], t.text[over:]...), true
	}
	return len(p), nil
}

// quote is the last lines, parted by bars, with at most limit bytes. The places of a stack are left out.
func (t *tail) quote(limit int) string {
	t.mu.Lock()
	all := strings.Split(string(t.text), "\n")
	if t.full {
		all = all[1:] // its beginning is lost, and a secret in it would not be known
	}
	t.mu.Unlock()
	var kept []string
	size := 0
	for i := len(all) - 1; i >= 0; i-- {
		line := strings.TrimSpace(all[i])
		if line == "" || strings.HasPrefix(line, "at ") {
			continue
		}
		if size += len(line) + 3; size > limit && len(kept) > 0 {
			break
		}
		kept = append([]string{line}, kept...)
	}
	return strings.Join(kept, " | ")
}
