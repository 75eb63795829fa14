package output

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgressLine: what stands in the line, and what goes first where the terminal is narrow.
func TestProgressLine(t *testing.T) {
	t.Parallel()
	retry := func(p *Progress) { p.Await("retry after rate_limit", "MiniMax-M2.7", time.Now().Add(69*time.Second)) }
	answer := func(p *Progress) {
		p.Answer("MiniMax-M2.7", 1)
		p.Answer("MiniMax-M2.7", 84)
	}
	for name, c := range map[string]struct {
		say     func(p *Progress)
		columns int
		want    string // after two seconds
	}{
		"model":          {func(p *Progress) { p.Await("waiting for lab", "phi", time.Time{}) }, 80, "waiting for lab… 2s · phi"},
		"no model":       {func(p *Progress) { p.Set("running clock") }, 80, "running clock… 2s"},
		"retry":          {retry, 80, "retry after rate_limit… 1m7s left · MiniMax-M2.7"},
		"retry, narrow":  {retry, 40, "retry after rate_limit… 1m7s left"},
		"retry, past":    {func(p *Progress) { p.Await("retry", "", time.Now().Add(time.Second)) }, 80, "retry… 0s left"},
		"answer":         {answer, 80, "answering… 2s · 42 tokens/s · MiniMax-M2.7"},
		"answer, narrow": {answer, 40, "answering… 2s · 42 tokens/s"},
		"cut":            {func(p *Progress) { p.Set(strings.Repeat("ab ", 30)) }, 20, "ab ab ab ab ab … 2s"},
		"hardly any":     {retry, 6, "… 1m7s left"},
		"a line break":   {func(p *Progress) { p.Await("running a\nb", "\x1b[2J", time.Time{}) }, 80, `running a b… 2s · \u001b[2J`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var screen bytes.Buffer
				p := NewProgress(NewStderr(&screen))
				defer p.Stop()
				c.say(p)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if got := p.line(c.columns); got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestProgressCountdown: one redraw a second, down to the end of the wait; a line that is as wide as the terminal would wrap.
func TestProgressCountdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		s := NewStderr(&screen)
		s.Columns = func() int { return 17 }
		p := NewProgress(s)
		p.Await("approval", "", time.Now().Add(2500*time.Millisecond))
		time.Sleep(2600 * time.Millisecond)
		p.Stop()
		const again = "\r\x1b[K"
		if got, want := screen.String(), again+"approva… 3s left"+again+"approva… 2s left"+again+"approva… 1s left"+again; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestProgressBegan: the line goes when the answer begins, and stays where that comes out elsewhere.
func TestProgressBegan(t *testing.T) {
	t.Parallel()
	for _, beside := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var screen bytes.Buffer
			p := NewProgress(NewStderr(&screen))
			p.Beside = beside
			p.Answer("phi", 1)
			p.Began()
			time.Sleep(time.Second)
			p.Stop()
			if drawn := screen.Len() > 0; drawn != beside {
				t.Errorf("beside %v: %q", beside, screen.String())
			}
		})
	}
}
