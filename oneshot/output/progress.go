package output

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Progress is a line on a terminal that says what a run waits for. It appears after 400 ms, is drawn once a second, and is erased at
// the end. A nil Progress does nothing.
type Progress struct {
	// Beside says that the answer comes out elsewhere than on this terminal, so that the line may stay while it does.
	Beside bool

	w      *Stderr
	mu     sync.Mutex
	state  string
	detail string
	since  time.Time
	until  time.Time // of a wait whose end is known, else zero
	tokens int64     // of the answer so far
	first  time.Time // when tokens began to come
	over   bool
	timer  *time.Timer
}

// NewProgress draws on w, which is a terminal.
func NewProgress(w *Stderr) *Progress {
	p := &Progress{w: w, since: time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(400*time.Millisecond, p.draw)
	return p
}

// Set says what the run waits for now. The line counts the seconds of the run.
func (p *Progress) Set(state string) { p.Await(state, "", time.Time{}) }

// Await is Set with a detail, such as the model, or ""; where until is not zero the line counts down to it.
func (p *Progress) Await(state, detail string, until time.Time) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state, p.detail, p.until, p.tokens = state, detail, until, 0
}

// Answer says that the answer comes, and how many tokens of it there are, counted from its begin.
func (p *Progress) Answer(model string, tokens int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == 0 {
		p.state, p.detail, p.until, p.first = "answering", model, time.Time{}, time.Now()
	}
	p.tokens = tokens
}

// Began says that a part of the answer is out: the line goes, unless the answer is elsewhere.
func (p *Progress) Began() {
	if p != nil && !p.Beside {
		p.Stop()
	}
}

func (p *Progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	if p.state != "" {
		p.w.draw(p.line(p.w.columns()))
	}
	p.timer.Reset(time.Second)
}

// line is what there is to say within so many columns, of which the last stays free. A detail that does not fit is left out, then
// the state is cut, never the time.
func (p *Progress) line(columns int) string {
	state, clock := printed(p.state), span(time.Since(p.since))
	if !p.until.IsZero() {
		clock = span(time.Until(p.until)+time.Second-1) + " left"
	}
	room := columns - 1 - utf8.RuneCountInString("… "+clock)
	if all := []rune(state); len(all) > max(room, 0) {
		state = string(all[:max(room, 0)])
	}
	text := state + "… " + clock
	rate := ""
	if took := time.Since(p.first); p.tokens > 0 && took >= time.Second {
		rate = fmt.Sprintf("%.0f tokens/s", float64(p.tokens)/took.Seconds())
	}
	for _, d := range [...]string{rate, printed(p.detail)} {
		if d != "" && utf8.RuneCountInString(text+" · "+d) < columns {
			text += " · " + d
		}
	}
	return text
}

// printed is a text of others as a terminal may show it.
func printed(text string) string {
	return strings.ReplaceAll(string(appendPrintable(nil, []byte(text))), "\n", " ")
}

// span is a duration in whole seconds, as 5s or 1m5s.
func span(d time.Duration) string { return max(d, 0).Truncate(time.Second).String() }

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
