package authfile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"hermes/authfile/atomicfile"
)

const (
	postDeadline = 20 * time.Second // for the request and its one repetition, whatever signals come
	secondTry    = 250 * time.Millisecond
	longestPause = 5 * time.Second // that a server may ask for while others wait for the lock
)

// Renew returns a usable entry. With rejected "" the token on disk is renewed
// only when it is not Fresh. With the access token that a server refused, the
// one on disk is adopted if it is another, else exchanged.
//
// Any number of processes cause one exchange: the lock covers reading again,
// the exchange and the save, and failures are shared. The exchange begins only
// after the room for its answer is reserved, and once begun it is finished and
// saved; a context that ends meanwhile is reported afterwards.
func (s *Store) Renew(ctx context.Context, id, rejected string, x Exchange) (Entry, Renewal, error) {
	snapshot, err := s.Read()
	if err != nil {
		return Entry{}, Renewal{}, err
	}
	e, _ := snapshot.Entry(id)
	if usable(e, rejected) && !s.pending() {
		return e, Renewal{}, nil
	}
	gen := s.readMemo(s.beside(memoName)).Gen
	h, err := s.lock(ctx)
	if err != nil {
		return Entry{}, Renewal{}, err
	}
	defer h.release()
	r := &renewal{h: h, id: id, rejected: rejected, x: x, gen: gen, Renewal: Renewal{Waited: h.waited}}
	e, err = r.run(ctx)
	return e, r.Renewal, err
}

func usable(e Entry, rejected string) bool {
	return e.AccessToken != rejected && e.Fresh(time.Now())
}

// beside is a file in the folder of the store itself, as far as that is known without the lock.
func (s *Store) beside(name string) string {
	if t, err := filepath.EvalSymlinks(s.path); err == nil {
		return filepath.Join(filepath.Dir(t), name)
	}
	return filepath.Join(s.home, name)
}

// renewal is one pass through the lock.
type renewal struct {
	Renewal
	h        *held
	id       string
	rejected string
	x        Exchange
	gen      int64 // of the failure memo before we waited
	tries    int
}

func (r *renewal) run(ctx context.Context) (Entry, error) {
	e, err := r.read()
	if err != nil {
		return Entry{}, err
	}
	if back, ok := r.h.wiped(e); ok {
		if err := r.h.save(back, true); err != nil {
			return Entry{}, err
		}
		e, r.Warning = back, "another program had wiped a login that still worked; it was put back"
		r.h.s.warn("login_restored", r.Warning)
	}
	r.h.sweep()
	if e, err = r.recover(e); err != nil {
		return Entry{}, err
	}
	if usable(e, r.rejected) {
		r.Adopted = true
		return e, nil
	}
	if e.RefreshToken == "" {
		return Entry{}, loggedOut(r.id, e)
	}
	if m := r.h.s.readMemo(r.h.beside(memoName)); m.stands(e.RefreshToken, r.gen, time.Now()) {
		return Entry{}, m.err()
	}
	if err := context.Cause(ctx); err != nil {
		return Entry{}, err
	}
	return r.exchange(ctx, e)
}

func (r *renewal) read() (Entry, error) {
	snapshot, err := r.h.s.Read()
	if err != nil {
		return Entry{}, err
	}
	e, _ := snapshot.Entry(r.id)
	e.Provider = r.id
	return e, nil
}

// loggedOut tells why there is no token: none ever, or one that was taken out.
func loggedOut(id string, e Entry) error {
	if e.LastError != nil {
		return errorf(classReauth, "", nil, "re-authentication required for %s: %s", id, e.LastError.Code)
	}
	return errorf(classNotLoggedIn, "", nil, "not logged in to %s", id)
}

// recover finishes what a dead process began: an answer in the journal is adopted without asking the server again.
func (r *renewal) recover(e Entry) (Entry, error) {
	line, raw, ok := r.h.readJournal()
	if !ok {
		return e, nil
	}
	if line.Provider != r.id {
		return e, nil // another provider's: its own next run finishes it
	}
	if line.RT == fingerprint(e.RefreshToken) && raw != nil {
		if renewed, err := r.x.Parse(e, raw, line.At); err == nil {
			if err := r.h.save(renewed, false); err != nil {
				return e, err
			}
			e = renewed
		}
	}
	r.h.dropJournal()
	return e, nil
}

// exchange reserves the room for the answer, spends the token, and saves what comes.
func (r *renewal) exchange(ctx context.Context, e Entry) (Entry, error) {
	store, j, err := r.prepare(e)
	if err != nil {
		return Entry{}, errorf(classIO, r.h.target, err, "cannot save beside %s, so the login is not renewed", r.h.target)
	}
	defer store.Discard()
	r.h.s.busy.Add(1)
	defer r.h.s.busy.Add(-1)
	shielded, stop := context.WithTimeout(context.WithoutCancel(ctx), postDeadline)
	defer stop()
	began := time.Now()
	raw, failure := r.post(shielded, e)
	if failure != nil {
		return r.failed(shielded, e, j, failure)
	}
	jerr := j.answer(raw)
	renewed, err := r.x.Parse(e, raw, began)
	if err != nil {
		return r.failed(shielded, e, j, asPostError(err))
	}
	r.Renewed = true
	if err := r.h.save(renewed, false); err != nil {
		j.close()
		r.Warning = fmt.Sprintf("the renewed login could not be saved (%v); it waits in %s", err, journalName)
		if jerr != nil {
			r.Warning = fmt.Sprintf("the renewed login could not be saved (%v): the next run needs a login", err)
		}
		r.h.s.warn("login_not_saved", r.Warning)
		return renewed, nil
	}
	j.drop()
	r.h.keepCopy(renewed)
	return renewed, context.Cause(ctx)
}

// prepare proves that the answer can be saved: nothing is spent on a full or read-only disk.
func (r *renewal) prepare(e Entry) (*atomicfile.Pending, *journal, error) {
	if err := r.h.mayWrite(); err != nil {
		return nil, nil, err
	}
	store, err := atomicfile.Create(r.h.target, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := store.Reserve(reserved); err != nil {
		store.Discard()
		return nil, nil, err
	}
	j, err := r.h.openJournal(r.id, e.RefreshToken)
	if err != nil {
		store.Discard()
		return nil, nil, err
	}
	return store, j, nil
}

// post sends the refresh, and once more where the first try cannot have been spent, or may not have been.
func (r *renewal) post(ctx context.Context, e Entry) ([]byte, *PostError) {
	for {
		raw, err := r.x.Post(ctx, e)
		if err == nil {
			return raw, nil
		}
		failure := asPostError(err)
		pause, again := r.again(failure)
		if !again {
			return nil, failure
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, failure
		}
	}
}

// again says whether the same token may be presented once more, and when.
func (r *renewal) again(e *PostError) (time.Duration, bool) {
	r.tries++
	switch {
	case e.Outcome == NotSent && r.tries <= 2:
		return secondTry, true
	case e.Outcome == Unknown && r.tries == 1:
		return secondTry, true
	case e.Outcome == Transient && r.tries == 1 && e.RetryAfter > 0 && e.RetryAfter <= longestPause:
		return e.RetryAfter, true
	}
	return 0, false
}

func asPostError(err error) *PostError {
	if e, ok := errors.AsType[*PostError](err); ok {
		return e
	}
	return &PostError{Outcome: Unknown, Message: err.Error()}
}

// failed leaves the disk as the failure demands: a dead grant is quarantined, an unknown fate stays in the journal.
func (r *renewal) failed(ctx context.Context, e Entry, j *journal, failure *PostError) (Entry, error) {
	if failure.Outcome == Unknown && failure.HTTPStatus == 0 {
		j.close()
	} else {
		j.drop()
	}
	if failure.Outcome == Refused {
		if now, ok := r.changed(ctx, e); ok {
			r.Adopted = true
			return now, nil
		}
		if err := r.h.quarantine(e, failure); err != nil {
			r.h.s.warn("quarantine_not_saved", err.Error())
		}
		r.h.dropCopy()
	}
	if failure.Outcome != Misconfigured {
		r.h.remember(e.RefreshToken, failure)
	}
	if failure.Outcome == Refused {
		return Entry{}, errorf(classReauth, "", nil, "re-authentication required for %s: %s", r.id, failure.Code)
	}
	return Entry{}, failure
}

// changed reads the store again before a refusal is believed: another program may have renewed without the lock.
func (r *renewal) changed(ctx context.Context, e Entry) (Entry, bool) {
	for range 2 {
		if now, err := r.read(); err == nil && now.RefreshToken != "" && now.RefreshToken != e.RefreshToken && usable(now, r.rejected) {
			return now, true
		}
		timer := time.NewTimer(secondTry)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return e, false
		}
	}
	return e, false
}
