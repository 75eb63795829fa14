package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/wire"
)

// Session works on what was sent from one journal. It is one goroutine's.
type Session struct {
	Dir string // the journal's folder
	// Target is asked for the batch API of a provider and a model.
	Target func(provider, model string) oneshot.Candidate
	Limits oneshot.Limits
	// Settle is how long a create without an answer is looked for in the provider's list.
	Settle time.Duration
	// Notice writes a line for a person. May be nil.
	Notice func(line string)

	sent  []*Sent
	conns map[[2]string]*conn
}

func (x *Session) tell(format string, args ...any) {
	if x.Notice != nil {
		x.Notice(fmt.Sprintf(format, args...))
	}
}

// conn is the batch API at which s is. It is an error where the provider is found at another address now.
func (x *Session) conn(ctx context.Context, s *Sent) (*conn, error) {
	key := [2]string{s.Provider, s.Model}
	if c := x.conns[key]; c != nil {
		return c, nil
	}
	t, err := x.Target(s.Provider, s.Model).Resolve(ctx)
	if err != nil {
		return nil, err
	}
	c, err := open(t, x.Limits)
	switch {
	case err != nil:
		return nil, err
	case t.Origin != s.Origin || c.name() != s.Form:
		return nil, &input.Error{
			ErrClass: class.Config, Msg: fmt.Sprintf("the batch %s is at %s, and %s is asked at %s now", s.called(), s.Origin, s.Provider, t.Origin),
			Advice: "set the provider's address back until its batches are collected",
		}
	}
	if x.conns == nil {
		x.conns = map[[2]string]*conn{}
	}
	x.conns[key] = c
	return c, nil
}

// called is the batch's name for people.
func (s *Sent) called() string {
	if s.Batch != "" {
		return s.Batch
	}
	return "of the intent " + s.Intent
}

// load reads what was sent, and removes what processes left that were killed before they sent it.
func (x *Session) load() (err error) {
	if x.sent, err = load(x.Dir); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(x.Dir, "*"+bodySuffix))
	for _, name := range names {
		os.Remove(name)
	}
	return err
}

// open are those that may still get answers.
func (x *Session) open() []*Sent {
	return slices.DeleteFunc(slices.Clone(x.sent), func(s *Sent) bool { return !s.Open() })
}

// errUnsure is a batch that may be ours, which only its results will tell.
var errUnsure = errors.New("whether there is such a batch is not known yet")

// resolve finds out what became of a create without an answer: whether the batch is there, which is noted. errUnsure says that it
// will show later.
func (x *Session) resolve(ctx context.Context, c *conn, s *Sent, since time.Time) (there bool, err error) {
	for {
		st, maybe, err := x.find(ctx, c, s)
		switch {
		case err != nil:
			return false, err
		case st != nil:
			x.tell("the answer to a create was lost: %s has the batch, as %s", s.Provider, st.ID)
			return true, s.note(later{Batch: st.ID})
		case maybe:
			return false, errUnsure
		case time.Since(since) >= x.Settle:
			return false, nil
		}
		if err := guard.Sleep(ctx, min(time.Second, x.Settle/4+time.Millisecond)); err != nil {
			return false, err
		}
	}
}

// find looks for the batch in the provider's list. maybe says that one there may be it.
func (x *Session) find(ctx context.Context, c *conn, s *Sent) (found *State, maybe bool, err error) {
	const skew = time.Hour // between the clocks
	known := map[string]bool{}
	for _, other := range x.sent {
		known[other.Batch] = true
	}
	for after := ""; ; {
		page, more, err := c.list(ctx, after)
		if err != nil {
			return nil, false, err
		}
		for _, st := range page {
			if known[st.ID] || st.made.Before(s.At.Add(-skew)) {
				continue
			}
			sure, perhaps := c.proves(st, s)
			if perhaps && st.Ended {
				if sure, err = c.owns(ctx, st, s); err != nil {
					return nil, false, err
				}
				perhaps = false
			}
			if sure {
				return &st, false, nil
			}
			maybe = maybe || perhaps
		}
		if !more || page[len(page)-1].made.Before(s.At.Add(-skew)) {
			return nil, maybe, nil
		}
		after = page[len(page)-1].ID
	}
}

// owns reads the first result of a batch, whose name says whose it is.
func (c *conn) owns(ctx context.Context, st State, s *Sent) (own bool, err error) {
	for _, at := range c.results(c, st) {
		err = c.client.Do(ctx, wire.Exchange{Method: "GET", URL: at, Read: func(r io.Reader) error {
			var head [4 << 10]byte // a name stands at the begin of its line
			n, err := io.ReadFull(r, head[:])
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				return err
			}
			own = strings.Contains(string(head[:n]), `"`+s.Intent+"-")
			return nil
		}})
		if own || err != nil {
			return own, err
		}
	}
	return false, nil
}

// resolveAll is resolve for all whose create has no answer. What stays unsure stays open.
func (x *Session) resolveAll(ctx context.Context) error {
	since := time.Now()
	for _, s := range x.open() {
		if s.Batch != "" {
			continue
		}
		c, err := x.conn(ctx, s)
		if err != nil {
			return err
		}
		there, err := x.resolve(ctx, c, s, since)
		if err == nil && !there {
			err = s.note(later{Gone: true})
		}
		if err != nil && !errors.Is(err, errUnsure) {
			return err
		}
	}
	return nil
}
