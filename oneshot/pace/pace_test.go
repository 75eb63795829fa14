package pace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// server is a token bucket of 600 requests a minute that answers after 200 ms, as a provider counts.
type server struct {
	mu                sync.Mutex
	begun, at         time.Time
	level, most       float64
	admitted, refused int
	headers           bool // tells its limits
}

const perSecond = 10.0

func (s *server) ask() (ok bool, room Room, after time.Duration) {
	s.mu.Lock()
	now := time.Now()
	s.level = min(s.level+now.Sub(s.at).Seconds()*perSecond, s.most)
	s.at = now
	if ok = s.level >= 1; ok {
		s.level--
		s.admitted++
	} else {
		s.refused++
		after = time.Duration((1 - s.level) / perSecond * float64(time.Second))
	}
	if s.headers {
		room = Room{600, int64(s.level), now.Add(time.Duration((s.most - s.level) / perSecond * float64(time.Second)))}
	}
	s.mu.Unlock()
	if ok {
		time.Sleep(200 * time.Millisecond)
	}
	return ok, room, after
}

// crowd is 6 processes of 8 workers, which send so many requests together.
func (s *server) crowd(t *testing.T, dir string, rpm, rows int) {
	s.level, s.begun, s.at = s.most, time.Now(), time.Now()
	var all sync.WaitGroup
	for range 6 {
		p := New(Options{Dir: dir, Origin: "http://x", RPM: rpm, Probe: true, Notice: func(line string) { t.Error(line) }})
		left := make(chan struct{}, rows/6)
		for range rows / 6 {
			left <- struct{}{}
		}
		close(left)
		for range 8 {
			all.Go(func() {
				for range left {
					for ok := false; !ok; {
						turn, err := p.Wait(t.Context(), "key", nil, nil)
						if err != nil {
							t.Error(err)
							return
						}
						var room Room
						var after time.Duration
						ok, room, after = s.ask()
						p.Heard(room, Room{}, ok)
						if !ok {
							p.Refused(turn, after)
						}
					}
				}
			})
		}
	}
	all.Wait()
}

// TestCrowd holds the shares that issue 20 asks for, in virtual time.
func TestCrowd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rpm             int
		headers         bool
		burst           float64 // seconds
		rows            int
		utilised, wrong float64
	}{
		"told":                {600, false, 5, 1200, .95, .02},
		"told half too much":  {900, false, 5, 600, .90, .08},
		"headers":             {0, true, 5, 480, .95, .02},
		"headers, strict":     {0, true, 1, 480, .95, .02},
		"headers and told":    {600, true, 5, 480, .95, .02},
		"learned":             {0, false, 5, 480, .90, .08},
		"learned, strict":     {0, false, 1, 1200, .85, .08},
		"learned, by minutes": {0, false, 60, 1800, .90, .08},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "limits")
			synctest.Test(t, func(t *testing.T) {
				s := &server{most: tc.burst * perSecond, headers: tc.headers}
				s.crowd(t, dir, tc.rpm, tc.rows)
				allowed := s.most + time.Since(s.begun).Seconds()*perSecond
				used, refused := float64(s.admitted)/allowed, float64(s.refused)/float64(s.refused+s.admitted)
				t.Logf("%d rows in %v, %.1f %% of the limit used, %.1f %% refused", s.admitted, time.Since(s.begun).Round(time.Second), 100*used, 100*refused)
				if s.admitted != tc.rows || used < tc.utilised || refused > tc.wrong {
					t.Errorf("%d of %d rows, %.2f of the limit used, want %.2f; %.3f refused, want %.3f", s.admitted, tc.rows, used, tc.utilised, refused, tc.wrong)
				}
			})
		})
	}
}

// TestTokens: what is reserved is corrected by what was taken, so that the limit holds for what is really taken.
func TestTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{TPM: 60000})
		begun := time.Now()
		for range 100 {
			turn, err := p.Wait(t.Context(), "", func() int64 { return 100 }, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Spent(turn, 1000)
		}
		if took := time.Since(begun); took < 95*time.Second || took > 101*time.Second { // 100,000 at 1000 a second
			t.Errorf("100,000 tokens took %v at 60,000 a minute", took)
		}
	})
}

// TestNothing: without a limit in sight no file is made, and nothing waits.
func TestNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "limits")
	synctest.Test(t, func(t *testing.T) {
		p, begun := New(Options{Dir: dir, Origin: "x", Probe: true}), time.Now()
		for range 100 {
			if _, err := p.Wait(t.Context(), "k", nil, func() { t.Error("waits") }); err != nil {
				t.Fatal(err)
			}
			p.Heard(Room{Limit: 10000, Remaining: 9000, Reset: time.Now().Add(time.Second)}, Room{}, true)
			p.Heard(Room{Limit: 10, Remaining: 1, Reset: time.Now().Add(time.Hour)}, Room{}, true) // it is no limit of a minute
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

// TestRefused: one process hears of another's refusal, sends nothing before the time that the server named, and then not all at once.
func TestRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := Options{Dir: dir, Origin: "x"}
		one, two := New(o), New(o)
		turn, _ := one.Wait(t.Context(), "k", nil, nil)
		one.Refused(turn, 3*time.Second)
		begun := time.Now()
		var all sync.WaitGroup
		times := make(chan time.Duration, 5)
		for range 5 {
			all.Go(func() {
				_, _ = two.Wait(t.Context(), "k", nil, nil)
				times <- time.Since(begun)
			})
		}
		all.Wait()
		close(times)
		last := 2999 * time.Millisecond
		for at := range times {
			if at < last {
				t.Errorf("sent at %v, after %v", at, last)
			}
			last = at + 50*time.Millisecond
		}
		ctx, stop := context.WithCancelCause(t.Context())
		one.Refused(Turn{at: time.Now().UnixNano()}, 30*time.Second)
		why := errors.New("why")
		time.AfterFunc(time.Second, func() { stop(why) })
		if _, err := two.Wait(ctx, "k", nil, nil); !errors.Is(err, why) {
			t.Errorf("the end of the context: %v", err)
		}
	})
}

// TestGivenBack: a turn whose run ended while it waited is the next one's; nobody waits for a request that was never sent.
func TestGivenBack(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", t.TempDir()} {
		synctest.Test(t, func(t *testing.T) {
			p := New(Options{Dir: dir, Origin: "x", RPM: 300, TPM: 300_000}) // one in 200 ms
			wait := func(ctx context.Context) (time.Duration, error) {
				begun := time.Now()
				_, err := p.Wait(ctx, "k", func() int64 { return 1000 }, nil)
				return time.Since(begun), err
			}
			for took, err := wait(t.Context()); took == 0; took, err = wait(t.Context()) { // what may be sent at once
				if err != nil {
					t.Fatal(err)
				}
			}
			why := errors.New("why")
			for range 5 {
				ctx, stop := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Millisecond, func() { stop(why) })
				if _, err := wait(ctx); !errors.Is(err, why) {
					t.Fatalf("%v", err)
				}
			}
			if took, err := wait(t.Context()); err != nil || took > 200*time.Millisecond {
				t.Errorf("waits %v, %v", took, err)
			}
		})
	}
}

// TestLongWait: of a wait that a person feels he is told, once; a refusal until far away holds nobody.
func TestLongWait(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]int{time.Second: 0, 30 * time.Second: 1, 2 * time.Minute: 0} {
		synctest.Test(t, func(t *testing.T) {
			told := 0
			p := New(Options{Origin: "x", Notice: func(string) { told++ }})
			turn, err := p.Wait(t.Context(), "k", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Refused(turn, after)
			for range 2 {
				if turn, err = p.Wait(t.Context(), "k", nil, nil); err != nil {
					t.Fatal(err)
				}
				p.Refused(turn, after)
			}
			if told != want {
				t.Errorf("after %v: told %d times, want %d", after, told, want)
			}
		})
	}
}

// TestDamage: what is no state begins anew, and what cannot be used leaves the process alone; both are told, and neither waits.
func TestDamage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make func(name string) error
		want string
	}{
		"torn":          {func(name string) error { return os.WriteFile(name, encode(&state{blocked: 1 << 62})[:40], 0o600) }, "was broken"},
		"long":          {func(name string) error { return os.WriteFile(name, []byte(strings.Repeat("x", 4000)), 0o600) }, "was broken"},
		"empty":         {func(name string) error { return os.WriteFile(name, nil, 0o600) }, ""},
		"later version": {func(name string) error { return os.WriteFile(name, []byte("hermes-pace-2 1"), 0o600) }, "alone"},
		"folder":        {func(name string) error { return os.Mkdir(name, 0o700) }, "alone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, told := t.TempDir(), ""
			p := New(Options{Dir: dir, Origin: "x", RPM: 60000, Notice: func(line string) { told += line }})
			p.name("k")
			if err := tc.make(p.store.name); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := p.Wait(t.Context(), "k", nil, nil); err != nil {
					t.Fatal(err)
				}
			}
			if !strings.Contains(told, tc.want) || tc.want == "" && told != "" || strings.Count(told, p.store.name) > 1 {
				t.Errorf("told %q, want %q", told, tc.want)
			}
		})
	}
}

// TestClock: a clock that was set back, or absurd numbers, hold nobody for longer than a limit of a minute can.
func TestClock(t *testing.T) {
	t.Parallel()
	now := time.Now().UnixNano()
	far := now + int64(24*time.Hour)
	s := state{
		blocked: far, wave: far, waves: 3, learned: rate{10, far},
		req: lane{empty: far, told: rate{10, far}, heard: rate{10, far}, burst: 1}, tok: lane{empty: far, told: rate{10, far}},
	}
	got, ok := decode(encode(&s))
	if !ok || got != s {
		t.Fatalf("read %+v, wrote %+v", got, s)
	}
	got.mend(now)
	if at, _ := got.reserve(now, 0, 0, 1); at > now+int64(time.Second) {
		t.Errorf("the next turn is in %v", time.Duration(at-now))
	}
	s.blocked = now - int64(24*time.Hour)
	s.req.empty = s.blocked
	s.mend(now)
	if level := s.req.level(now, 10, s.req.most(now, 10, 0)); level > 1 {
		t.Errorf("after a leap forward the bucket holds %v", level)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(&state{blocked: 7, slow: true}))
	f.Add([]byte("hermes-pace-1 1 2 3"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, ok := decode(raw); ok {
			if again, ok := decode(encode(&s)); len(encode(&s)) == size && (!ok || again.blocked != s.blocked) {
				t.Errorf("%q", raw)
			}
		}
	})
}

// BenchmarkWait is what the limiter costs a request of one process alone: the turn, and a response that tells its limits. Issue 20:
// at most 20 µs.
func BenchmarkWait(b *testing.B) {
	for name, o := range map[string]Options{
		"file":  {Dir: b.TempDir(), Origin: "x", RPM: 1e9},
		"none":  {Dir: filepath.Join(b.TempDir(), "limits"), Origin: "x"},
		"alone": {RPM: 1e9},
	} {
		b.Run(name, func(b *testing.B) {
			p := New(o)
			room := Room{}
			if o.RPM > 0 {
				room = Room{Limit: 1e9, Remaining: 1e9}
			}
			for b.Loop() {
				if _, err := p.Wait(b.Context(), "k", nil, nil); err != nil {
					b.Fatal(err)
				}
				p.Heard(room, Room{}, true)
			}
		})
	}
}
