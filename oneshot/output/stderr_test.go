package output

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestStderr: a notice begins a line of its own, whatever stands there; the progress line comes back behind it.
func TestStderr(t *testing.T) {
	t.Parallel()
	const again = "\r\x1b[K"
	for name, c := range map[string]struct {
		play func(s *Stderr, p *Progress)
		want string
	}{
		"alone": {func(s *Stderr, _ *Progress) { s.Notice("%s\nb\x1b[2J", "a") }, "hermes: a b\\u001b[2J\n"},
		"in the progress line": {func(s *Stderr, p *Progress) {
			p.Set("waiting")
			time.Sleep(time.Second)
			s.Notice("a")
			s.Notice("b")
			time.Sleep(time.Second)
		}, again + "waiting… 0s" + again + "hermes: a\nhermes: b\n" + again + "waiting… 1s" + again},
		"in a line of reasoning": {func(s *Stderr, _ *Progress) {
			fmt.Fprint(s, "let me")
			s.Notice("a")
			fmt.Fprint(s, " think\n")
			s.Notice("b")
		}, "let me\nhermes: a\n think\nhermes: b\n"},
		"nothing written": {func(s *Stderr, _ *Progress) {
			fmt.Fprint(s, "x")
			fmt.Fprint(s, "")
			s.Notice("a")
		}, "x\nhermes: a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var screen bytes.Buffer
				s := NewStderr(&screen)
				p := NewProgress(s)
				c.play(s, p)
				p.Stop()
				if got := screen.String(); got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
			})
		})
	}
}
