package output

import (
	"fmt"
	"sync"
	"time"
)

// Progress is a line on a terminal that says what a run waits for. It appears after 400 ms, counts seconds, and is erased at the
// end. A nil Progress does nothing.
type Progress struct {
	w     *Stderr
	mu    sync.Mutex
	state string
	since time.Time
	over  bool
	timer *time.Timer
}

// NewProgress draws on w, which is a terminal.
func NewProgress(w *Stderr) *Progress {
	p := &Progress{w: w, since: time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(400*time.Millisecond, p.draw)
	return p
}

// Set says what the run waits for now.
func (p *Progress) Set(state string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = string(appendPrintable(nil, []byte(state)))
}

func (p *Progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	if p.state != "" {
		p.w.draw(fmt.Sprintf("%s… %ds", p.state, int(time.Since(p.since).Seconds())))
	}
	p.timer.Reset(time.Second)
}

// Stop erases the line for good.
func (p *Progress) Stop() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.over = true
	p.timer.Stop()
	p.w.wipe()
}
