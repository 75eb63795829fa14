package authfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"hermes/authfile/journal"
)

// restore puts a pair back that another program wiped, or wrote an older one
// over, after we saved it.
func (r *renewal) restore(e Entry) (Entry, error) {
	c, ok := r.h.place.readLast(r.id)
	if !ok || !c.undone(e) {
		return e, nil
	}
	return r.putBack(c, e)
}

func (r *renewal) putBack(c lastGood, e Entry) (Entry, error) {
	back := c.into(e)
	if err := r.h.update(r.id, renewed(back)); err != nil {
		return e, err
	}
	r.Warning = "another program had overwritten the login of " + r.id + " after it was renewed; it was put back"
	r.s.warn("login_restored", r.Warning)
	return back, nil
}

// recover finishes what a process that died began. An answer in the journal is
// saved without asking the server again. A journal without one means that
// nobody knows whether the token was spent: see tryNow and exchange.
//
// The journal stays while the store has no block for its answer: the file may
// have been moved away, and come back.
func (r *renewal) recover(e Entry, block bool) (Entry, error) {
	unlock, err := journal.Claim(r.h.place.journal(r.id))
	if err != nil {
		return e, err
	}
	defer unlock()
	path := r.h.place.journal(r.id)
	line, raw, found, err := journal.Read(path, r.id)
	if err != nil {
		return e, errorf(classIO, path, err, "cannot read the journal of a renewal")
	}
	if !found {
		r.h.dropJournal(r.id)
		return e, nil
	}
	if !block {
		return e, nil
	}
	if line.RT != journal.Fingerprint(e.RefreshToken) && (!e.wiped() || raw == nil) {
		r.h.dropJournal(r.id) // about a token that is no longer here
		return e, nil
	}
	if raw == nil {
		r.cut = line
		return e, nil
	}
	e2, err := r.x.parse(e, raw, line.At)
	if err != nil {
		return e, r.unusable(e, line, err)
	}
	if err := r.h.update(r.id, renewed(e2)); err != nil {
		r.unsaved(err)
		return e2, nil
	}
	r.h.dropJournal(r.id)
	r.h.keepLast(e2, e.RefreshToken)
	return e2, nil
}

// unusable decides about a journalled answer that gives no pair. One that says
// why is an outcome; one that nobody understands leaves the token's fate open.
func (r *renewal) unusable(e Entry, line journal.Attempt, err error) error {
	p, ok := errors.AsType[*PostError](err)
	if !ok || p.Outcome == Unknown {
		r.cut = line
		return nil
	}
	r.h.dropJournal(r.id)
	if p.Outcome == Refused {
		return r.refused(e, p)
	}
	return nil
}

// unsaved tells of a good pair that only the journal has.
func (r *renewal) unsaved(err error) {
	r.Warning = fmt.Sprintf("the renewed login of %s is used but could not be saved; it waits in %s (%v)", r.id, r.h.place.journal(r.id), err)
	r.s.warn("login_not_saved", r.Warning)
}

// tryNow says whether a token that was sent without an answer should be sent
// again though the access token still works: only while a server's grace
// window for lost answers may be open, and once.
func (r *renewal) tryNow() bool {
	age := time.Since(r.cut.At)
	return r.cut.Tries == 1 && age >= 0 && age < graceWindow && !r.detached
}

// dropJournal forgets what a renewal of the provider left.
func (h *held) dropJournal(id string) { os.Remove(h.place.journal(id)) }

// wait sleeps under the shielded context.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
