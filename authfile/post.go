package authfile

import (
	"context"
	"errors"
	"time"

	"hermes/authfile/atomicfile"
	"hermes/authfile/journal"
)

const (
	repeatAfter  = 250 * time.Millisecond
	longestPause = 5 * time.Second // that a server may ask for while others wait for the lock
	repeatUntil  = 6 * time.Second // later than this nothing is sent again: Hermes Agent waits 15 s for the lock
)

// exchange reserves the room for an answer, sends the token, and saves what
// comes.
func (r *renewal) exchange(ctx context.Context, e Entry) (Entry, error) {
	store, j, err := r.prepare(e)
	if err != nil {
		return Entry{}, err
	}
	defer store.Discard()
	if err := r.alone(e); err != nil {
		j.Undo(r.cut)
		return Entry{}, err
	}
	r.s.busy.Add(1)
	defer r.s.busy.Add(-1)
	shielded, stop := context.WithTimeout(context.WithoutCancel(ctx), postDeadline)
	defer stop()
	r.s.reached("prepared")
	raw, failure := r.post(shielded, e, j)
	if failure != nil {
		store.Discard() // nothing of it is needed, and a kill from here on leaves less
		return r.failed(ctx, e, j, failure)
	}
	r.s.reached("answered")
	jerr := j.Answer(raw)
	r.s.reached("journalled")
	e2, err := r.x.parse(e, raw, j.At)
	if err != nil {
		store.Discard()
		return r.failed(ctx, e, j, withAnswer(err))
	}
	return r.keep(ctx, store, e, e2, j, jerr)
}

// alone looks once more before the token is spent. The holder of a lock file
// that was deleted is not the only one; from here on the lock of the journal
// keeps others from the token, if it still is the one to send.
func (r *renewal) alone(e Entry) error {
	if !r.h.Current() {
		return journal.ErrInFlight
	}
	now, _, err := r.current()
	if err == nil && now.RefreshToken != e.RefreshToken {
		err = journal.ErrInFlight
	}
	return err
}

// prepare proves that an answer can be saved. Whatever a disk can refuse, it
// refuses here, and no token is spent.
func (r *renewal) prepare(e Entry) (*atomicfile.Pending, *journal.Journal, error) {
	r.s.reached("locked")
	if err := r.h.mayRenew(); err != nil {
		return nil, nil, r.notRenewing(err)
	}
	store, err := r.h.begin()
	if err != nil {
		return nil, nil, r.notRenewing(err)
	}
	sn, err := r.s.Read()
	if err == nil {
		_, _, err = r.h.edit(sn, r.id, renewed(e)) // the edit itself must be possible
	}
	if err != nil {
		store.Discard()
		return nil, nil, err
	}
	if err := store.Reserve(max(journal.Reserved, int64(len(sn.data))+journal.Reserved/2)); err != nil {
		store.Discard()
		return nil, nil, r.notRenewing(r.h.cannotSave(err))
	}
	line := r.cut
	line.RT, line.Provider = journal.Fingerprint(e.RefreshToken), r.id
	j, err := journal.Open(r.h.place.journal(r.id), line, r.h.place.owner())
	if err != nil {
		store.Discard()
		if errors.Is(err, journal.ErrInFlight) {
			return nil, nil, err
		}
		return nil, nil, r.notRenewing(r.h.cannotSave(err))
	}
	return store, j, nil
}

func (r *renewal) notRenewing(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return errorf(e.Kind, e.Path, e.Err, "%s, so the login of %s is not renewed; it is not lost", e.Message, r.id)
	}
	return err
}

// post sends the token, and again where that cannot hurt: when nothing was
// sent, when the server said to wait a little, and once when no answer came,
// since then the new pair is lost unless the server forgives a repetition. An
// answer that reports a failure of the server is not repeated by this process.
func (r *renewal) post(ctx context.Context, e Entry, j *journal.Journal) ([]byte, *PostError) {
	began := time.Now()
	for try := 1; ; try++ {
		before := j.Attempt
		if err := j.Note(time.Now()); err != nil {
			return nil, &PostError{Outcome: NotSent, Message: r.h.cannotSave(err).Error(), ErrClass: classIO}
		}
		r.s.reached("noted")
		raw, err := r.x.Post(ctx, e)
		if err == nil {
			return raw, nil
		}
		failure := asPostError(ctx, err)
		if !noAnswer(failure) {
			j.Attempt = before // this attempt spent nothing that we know of
		}
		pause := again(failure, try, j.Tries)
		if pause == 0 || time.Since(began)+pause > repeatUntil || !wait(ctx, pause) {
			return nil, failure
		}
	}
}

// again is the pause before a repetition, 0 for none. tries counts sends
// without answer, those of dead processes too.
func again(e *PostError, try, tries int) time.Duration {
	switch {
	case e.Outcome == NotSent && try <= 2:
		return repeatAfter * time.Duration(try)
	case noAnswer(e) && tries == 1:
		return repeatAfter
	case e.Outcome == Transient && try == 1 && e.RetryAfter <= longestPause:
		return max(e.RetryAfter, 0)
	}
	return 0
}

func noAnswer(e *PostError) bool { return e.Outcome == Unknown && e.HTTPStatus == 0 }

func asPostError(ctx context.Context, err error) *PostError {
	if e, ok := errors.AsType[*PostError](err); ok {
		return e
	}
	e := &PostError{Outcome: Unknown, Message: err.Error()}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		e.Message, e.ErrClass = "the server did not answer in time", "timeout"
	}
	return e
}

// withAnswer is a failure to make sense of a 200.
func withAnswer(err error) *PostError {
	if e, ok := errors.AsType[*PostError](err); ok {
		return e
	}
	return &PostError{Outcome: Unknown, HTTPStatus: 200, Message: "the answer is not understood: " + err.Error(), ErrClass: "protocol"}
}

// keep saves a new pair. From here on nothing makes it lost: where the save
// fails the journal has the answer for the next run.
func (r *renewal) keep(ctx context.Context, store *atomicfile.Pending, old, e Entry, j *journal.Journal, jerr error) (Entry, error) {
	r.Renewed = true
	other, err := r.saveRenewed(store, old, e)
	if err != nil {
		j.Hold()
		if jerr != nil {
			r.s.warn("login_lost", "the renewed login can be used now but was saved nowhere: the next run needs a login")
		}
		r.unsaved(err)
		return e, context.Cause(ctx)
	}
	j.Drop()
	r.s.reached("dropped")
	if other != nil { // a login arrived that did not wait for the lock: it wins
		r.Renewed, r.Adopted = false, true
		return *other, context.Cause(ctx)
	}
	r.h.forget(r.id)
	r.h.keepLast(e, old.RefreshToken)
	return e, context.Cause(ctx)
}

// saveRenewed edits the bytes that are in the file now. If they hold another
// grant than the one we sent, that one stays and is returned.
func (r *renewal) saveRenewed(store *atomicfile.Pending, old, e Entry) (*Entry, error) {
	if !r.h.Current() {
		store.Discard() // whoever has the lock may have swept it away
		err := lockError(r.h.Regain())
		if err == nil {
			store, err = r.h.begin()
		}
		if err != nil {
			return nil, err
		}
		defer store.Discard()
	}
	sn, err := r.s.Read()
	if err != nil {
		return nil, err
	}
	now, found, _ := sn.entry(r.id)
	if found && now.RefreshToken != "" && now.RefreshToken != old.RefreshToken && usable(now, r.rejected) {
		return &now, nil
	}
	if !found {
		return nil, errorf(classIO, r.h.place.link, nil, "%s has no login of %s any more", r.h.place.link, r.id)
	}
	data, _, err := r.h.edit(sn, r.id, renewed(e))
	if err != nil || data == nil {
		return nil, err
	}
	r.h.share(e, false)
	return nil, r.h.save(store, data)
}

// renewed puts a renewed pair in the place of the old one.
func renewed(e Entry) func(Block) (Block, error) {
	return func(b Block) (Block, error) {
		b.Entry = e
		return b, nil
	}
}
