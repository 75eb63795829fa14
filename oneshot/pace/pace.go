// Package pace gives the requests of all processes of a home their turn, so that they stay together under the limits of the key
// that they share.
//
// A limit comes from the user (--rpm, --tpm), from the server's headers, or is learned from its refusals (429). What is known stands
// in one small file a key, in a folder of the home; its name is a hash of origin and key. Each lane, requests and tokens, is a
// bucket that fills at the rate of its limit (GCRA): a request takes what it costs and waits where that is not there. A refusal stops
// all of them for as long as the server says; then they leave one by one at the rate, not in a crowd.
//
// What a caller should know:
//
//   - As long as no limit is in sight nothing is opened: a look whether the file exists is all that a request costs.
//   - A turn is taken at most 0.25 s ahead, and the block is looked at again after the sleep. Who would take one far ahead would
//     sleep through a refusal and send into it.
//   - The file is held for microseconds, never during a sleep. A process that dies holds nothing. What a crash or a step of the clock
//     leaves in it is put right by who reads it; what is no state begins anew.
//   - Where the file cannot be used (read-only, a disk without locks, a network file system) a process paces itself alone, with a
//     notice. Across hosts nothing is shared: give each a part of the limit.
package pace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"hermes/oneshot/guard"
)

const (
	// ahead is how long before its time a turn may be taken.
	ahead = 250 * time.Millisecond
	// nap is the longest sleep before the state is read again.
	nap = time.Second
	// lookEvery is how often it is looked whether another process has made the file.
	lookEvery = 10 * time.Millisecond
	// Longest is the longest block that is shared: a reset further away is for each run to decide.
	Longest = time.Minute
	// long is a wait that a person is told of.
	long = 2 * time.Second
	// patience is how many refusals of all in a row, with no answer between, a patient caller bears.
	patience = 10
)

// Options say whose requests are paced.
type Options struct {
	// Dir is the folder of the files; "" paces this process alone.
	Dir string
	// Origin is the server, Account who asks where that is no key that stays the same (a login); "" means the key itself.
	Origin, Account string
	// RPM and TPM are the limits that the user told, for a minute; 0 for none.
	RPM, TPM int
	// Probe sends one request first where nothing is known yet, and the others when the server has told its limits.
	Probe bool
	// Notice writes a line for a person; may be nil.
	Notice func(line string)
}

// Pace gives turns. A nil *Pace has no limits. It may be used by several goroutines.
type Pace struct {
	o     Options
	turn  chan struct{} // held while a goroutine of this process waits for its turn, so that the others need not poll
	first chan struct{} // closed when the first answer came
	probe sync.Once     // the first request of all
	heard sync.Once     // closes first
	told  sync.Once     // of a long wait

	looked atomic.Int64 // when it was last looked for the file
	known  atomic.Bool  // there is a file, or a limit
	waves  atomic.Int64 // of the state, as last seen

	use   chan struct{} // held while store is used
	store store
}

// New paces by these options. It opens nothing.
func New(o Options) *Pace {
	p := &Pace{o: o, turn: make(chan struct{}, 1), first: make(chan struct{}), use: make(chan struct{}, 1)}
	p.store.notice = o.Notice
	if o.RPM > 0 || o.TPM > 0 {
		p.known.Store(true)
	}
	return p
}

// Turn is the right to send one request.
type Turn struct {
	at     int64 // its time, in nanoseconds since 1970
	tokens int64 // what was reserved of the tokens
}

// Wait waits for a turn. key is the credential that will be sent, tokens estimates what the request takes and is only called where
// tokens are limited, waiting is called once before a wait that can be felt; both may be nil. The error is the cause of ctx.
func (p *Pace) Wait(ctx context.Context, key string, tokens func() int64, waiting func()) (Turn, error) {
	if p == nil {
		return Turn{}, nil
	}
	p.name(key)
	if !p.limited() {
		if err := p.probed(ctx); err != nil || !p.limited() {
			return Turn{at: time.Now().UnixNano()}, err
		}
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return Turn{}, context.Cause(ctx)
	}
	defer func() { <-p.turn }()
	for {
		t, wait, ok := p.reserve(tokens)
		if ok && wait <= 0 {
			return t, nil
		}
		if waiting != nil && wait > ahead/2 {
			waiting()
			waiting = nil
		}
		if wait > long && !p.o.Probe {
			p.told.Do(func() {
				p.store.tell(fmt.Sprintf("waiting up to %s: the rate limit of this key is used up", wait.Round(time.Second)))
			})
		}
		if err := guard.Sleep(ctx, min(wait, nap)); err != nil {
			if ok {
				p.giveBack(t)
			}
			return Turn{}, err
		}
		if ok && !p.giveBackIfBlocked(t) {
			return t, nil
		}
	}
}

// name finds the file of the key.
func (p *Pace) name(key string) {
	if p.o.Dir == "" {
		return
	}
	p.use <- struct{}{}
	defer func() { <-p.use }()
	if who := p.o.Account; who != "" {
		key = "account " + who
	}
	if p.store.name != "" && p.store.key == key {
		return
	}
	sum := sha256.Sum256([]byte(p.o.Origin + "\x00" + key))
	p.store.close()
	p.store.key, p.store.name = key, filepath.Join(p.o.Dir, hex.EncodeToString(sum[:8]))
}

// limited reports whether a limit may hold. A file that another process made is found within some milliseconds.
func (p *Pace) limited() bool {
	if p.known.Load() {
		return true
	}
	now := time.Now().UnixNano()
	if last := p.looked.Load(); p.o.Dir == "" || now-last < int64(lookEvery) && now >= last || !p.looked.CompareAndSwap(last, now) {
		return false
	}
	p.use <- struct{}{}
	defer func() { <-p.use }()
	if !p.store.exists() {
		return false
	}
	p.known.Store(true)
	return true
}

// probed lets the first request of all go and holds the others until it was answered, for a second at most.
func (p *Pace) probed(ctx context.Context) error {
	if !p.o.Probe {
		return nil
	}
	mine := false
	p.probe.Do(func() { mine = true })
	if mine {
		return nil
	}
	select {
	case <-p.first:
		return nil
	default:
	}
	late := time.NewTimer(nap)
	defer late.Stop()
	select {
	case <-p.first:
	case <-late.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// reserve takes a turn that is at most ahead away. wait is how long to sleep: until the turn, or until it is worth asking again.
func (p *Pace) reserve(tokens func() int64) (t Turn, wait time.Duration, ok bool) {
	p.change(func(s *state, now int64) bool {
		cost := int64(0)
		if tokens != nil && s.tok.rate(now, p.own(p.o.TPM)) > 0 {
			cost = max(tokens(), 1)
		}
		var at int64
		at, ok = s.reserve(now, p.own(p.o.RPM), p.own(p.o.TPM), cost)
		t, wait = Turn{at: at, tokens: cost}, time.Duration(at-now)
		if !ok { // not all at one time
			wait = max(wait-ahead, time.Millisecond) + rand.N(10*time.Millisecond)
		}
		return ok
	})
	return t, wait, ok
}

func (p *Pace) own(perMinute int) float64 { return float64(perMinute) / 60 }

// giveBackIfBlocked reports whether the turn is lost, because the server refused another request in the meantime.
func (p *Pace) giveBackIfBlocked(t Turn) (blocked bool) {
	p.change(func(s *state, now int64) bool {
		if blocked = s.blocked > now; blocked {
			s.giveBack(now, t, p.own(p.o.RPM), p.own(p.o.TPM))
		}
		return blocked
	})
	return blocked
}

func (p *Pace) giveBack(t Turn) {
	p.change(func(s *state, now int64) bool {
		s.giveBack(now, t, p.own(p.o.RPM), p.own(p.o.TPM))
		return true
	})
}

// Room is one limit as a server tells it: how much a minute, how much is left, and when all of it is there again. Limit is 0, and
// Reset zero, where that was not told.
type Room struct {
	Limit, Remaining int64
	Reset            time.Time
}

// told reports whether the limit can be one of a minute: of such a one all is there again within a minute.
func (r Room) told() bool { return r.Limit > 0 && time.Until(r.Reset) <= time.Minute+2*time.Second }

// used reports whether so much of the limit is gone that it is in sight. One that is far away costs nobody a file.
func (r Room) used() bool { return r.told() && r.Remaining < r.Limit/2 }

// Heard takes what a response says of the limits; answered says that it is no refusal.
func (p *Pace) Heard(requests, tokens Room, answered bool) {
	if p == nil {
		return
	}
	known := p.known.Load()
	if requests.used() || tokens.used() || known && (requests.told() || tokens.told() || answered && p.waves.Load() > 0) {
		p.change(func(s *state, now int64) bool {
			a := s.req.hear(now, requests, p.own(p.o.RPM))
			b := s.tok.hear(now, tokens, p.own(p.o.TPM))
			c := answered && s.waves > 0
			if c {
				s.waves = 0
			}
			return a || b || c
		})
	}
	p.heard.Do(func() { close(p.first) })
}

// Refused says that the server refused a request for its limit. after is how long it asks to wait, 0 where it did not say. For
// longer than Longest nobody waits here: whoever asks hears of it from the server.
func (p *Pace) Refused(t Turn, after time.Duration) {
	if p == nil {
		return
	}
	if after > Longest {
		p.heard.Do(func() { close(p.first) })
		return
	}
	p.change(func(s *state, now int64) bool {
		s.refuse(now, t, after, p.own(p.o.RPM))
		return true
	})
	p.heard.Do(func() { close(p.first) })
}

// Bears reports whether a patient caller goes on waiting: it does not when ten times in a row nothing at all got through.
func (p *Pace) Bears() bool { return p != nil && p.waves.Load() < patience }

// Spent corrects the estimate of tokens by what the request took.
func (p *Pace) Spent(t Turn, tokens int64) {
	if p == nil || t.tokens == 0 || tokens <= 0 || t.tokens == tokens {
		return
	}
	p.change(func(s *state, now int64) bool {
		s.tok.take(now, float64(tokens-t.tokens), p.own(p.o.TPM))
		return true
	})
}

// change reads the state, and writes it where it has changed.
func (p *Pace) change(do func(s *state, now int64) (changed bool)) {
	p.use <- struct{}{}
	defer func() { <-p.use }()
	p.known.Store(true)
	p.store.change(func(s *state) bool {
		now := time.Now().UnixNano()
		s.mend(now)
		changed := s.req.tell(now, p.own(p.o.RPM))
		changed = s.tok.tell(now, p.own(p.o.TPM)) || changed
		changed = do(s, now) || changed
		p.waves.Store(s.waves)
		return changed
	})
}
