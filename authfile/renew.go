package authfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"hermes/authfile/journal"
	"hermes/authfile/lock"
)

const (
	postDeadline = 20 * time.Second // for a request and its repetition, whatever signals come
	graceWindow  = 60 * time.Second // in which servers may take a token twice, after a lost answer
)

// Renew returns a usable entry. With rejected "" the pair on disk is renewed
// only when it is not Fresh. With the access token that a server refused, the
// pair on disk is taken if it is another one by now, else exchanged.
//
// A fresh entry costs one open, one read and one stat. Otherwise any number of
// processes cause one exchange, whose result or failure they share. It begins
// only after the room for its answer is reserved; once begun it is finished
// and saved, and a context that ended meanwhile is reported after that.
//
// Where a provider has several logins, the first that may be asked with is
// renewed; one that was refused gives way to the next, and one whose server
// has trouble to the next that needs no renewal.
//
// Errors: *Error of class not_logged_in, reauth_required, lock_timeout, io,
// config; *PostError for a failed exchange; the cause of ctx.
func (s *Store) Renew(ctx context.Context, id, rejected string, x Exchange) (Entry, Renewal, error) {
	all := s.logins(id)
	now := time.Now()
	switch {
	case len(all) == 0:
		return s.renew(ctx, id, rejected, x)
	case !all[0].Usable(now) && all[0].LoggedIn() && !all[0].Dead:
		return Entry{}, Renewal{}, errorf(classQuota, "", nil, "the login of %s is not asked with until %s: its quota was used up", id, formatTime(all[0].Rests))
	case all[0].Dead && all[0].LoggedIn():
		return Entry{}, Renewal{}, errorf(classReauth, "", nil, "re-authentication required: Hermes Agent noted that the server refused the login of %s", id)
	case !all[0].Usable(now):
		return s.renew(ctx, all[0].key(), rejected, x)
	}
	var first error
	var troubled bool
	for _, l := range all {
		if !l.Usable(now) || troubled && !usable(l, rejected) {
			continue
		}
		got, r, err := s.renew(ctx, l.key(), rejected, x)
		if err == nil || ctx.Err() != nil {
			if troubled {
				r.Warning = "another login of " + id + " is used: " + first.Error()
				s.warn("renewal_failed", r.Warning)
			}
			return got, r, err
		}
		if first == nil {
			first = err
		}
		var own *Error
		if post, ok := errors.AsType[*PostError](err); ok && post.Outcome != Refused {
			troubled = true
		} else if errors.As(err, &own) && own.Kind != classReauth && own.Kind != classNotLoggedIn {
			break
		}
	}
	return Entry{}, Renewal{}, first
}

// logins are those of a provider as they were seen last.
func (s *Store) logins(id string) []Entry {
	sn := s.recent()
	if sn == nil {
		var err error
		if sn, err = s.Read(); err != nil {
			return nil
		}
	}
	return sn.Logins(id)
}

// renew is Renew of one login.
func (s *Store) renew(ctx context.Context, id, rejected string, x Exchange) (Entry, Renewal, error) {
	e, p, need, broken := s.look(id, rejected)
	if need == nothing {
		return e, Renewal{}, broken
	}
	r := &renewal{s: s, id: id, rejected: rejected, x: x, gen: p.readMemo(id).Gen, seen: e.AccessToken}
	for began := time.Now(); ; {
		got, err := r.pass(ctx, e, need)
		if err != nil && broken != nil && ctx.Err() == nil {
			err = broken
		}
		l, ok := errors.AsType[*later](err)
		switch {
		case !ok:
			return got, r.Renewal, err
		case time.Since(began) > s.o.LockTimeout:
			return Entry{}, r.Renewal, l.cause
		}
		if err := l.wait(ctx, s, id); err != nil {
			return Entry{}, r.Renewal, err
		}
	}
}

// pass takes the lock, does what can be done, and lets the lock go. e is what
// was seen without the lock.
func (r *renewal) pass(ctx context.Context, e Entry, need need) (Entry, error) {
	var err error
	r.h, err = r.s.acquireNow(ctx)
	if errors.Is(err, lock.ErrBusy) {
		if need == finishing || r.rejected == "" && e.works(time.Now()) {
			return e, nil // somebody is on it; a token that works does not wait
		}
		r.h, err = r.s.acquire(ctx)
	}
	if err != nil {
		return Entry{}, err
	}
	defer r.h.Release()
	r.Waited += r.h.Waited
	r.detached, r.cut = false, journal.Attempt{}
	got, err := r.run(ctx)
	err = r.postponed(err)
	if err == nil || need != finishing || ctx.Err() != nil {
		return got, err
	}
	if _, ok := errors.AsType[*later](err); !ok { // what was to be finished is no reason to stop a token that works
		r.s.warn("renewal_not_finished", err.Error())
	}
	return e, nil
}

// RenewLocked is Renew in the helper process of Options.Detach: inherited is the
// descriptor that the parent handed on, whose lock both processes share. It is
// closed, not unlocked.
func (s *Store) RenewLocked(ctx context.Context, id, rejected string, inherited *os.File, x Exchange) (Entry, Renewal, error) {
	p, err := s.place()
	if err != nil {
		return Entry{}, Renewal{}, err
	}
	l, err := s.mutex.Inherit(ctx, inherited, p.locks()...)
	if err != nil {
		return Entry{}, Renewal{}, lockError(err)
	}
	h := &held{s, p, l}
	defer h.Release()
	r := &renewal{s: s, h: h, id: id, rejected: rejected, x: x, gen: p.readMemo(id).Gen, detached: true}
	e, err := r.run(ctx)
	return e, r.Renewal, err
}

// need is what a look without the lock shows.
type need int

const (
	nothing   need = iota // the entry is usable
	finishing             // it is usable, and a renewal is under way or was cut off
	renewing
)

func (s *Store) look(id, rejected string) (Entry, place, need, error) {
	if sn := s.recent(); sn != nil {
		if e, p, need, err := s.judge(sn, id, rejected); need == nothing && err == nil {
			return e, p, need, nil
		}
	}
	sn, err := s.Read()
	if err != nil {
		p, perr := s.place()
		if e, ok := errors.AsType[*Error](err); !ok || !e.torn || perr != nil {
			return Entry{}, p, nothing, err
		}
		return Entry{}, p, renewing, err // torn? the lock keeps writers out, and a save in place can be finished
	}
	return s.judge(sn, id, rejected)
}

func (s *Store) judge(sn *Snapshot, id, rejected string) (Entry, place, need, error) {
	e, found, twice := sn.entry(id)
	if twice != "" {
		return Entry{}, place{}, nothing, duplicate(s.path, twice)
	}
	pending := exists(sn.place.journal(id)) || exists(sn.place.oldJournal())
	switch {
	case usable(e, rejected) && !pending:
		return e, sn.place, nothing, nil
	case usable(e, rejected):
		return e, sn.place, finishing, nil
	case !found || e.RefreshToken == "" && !pending && !sn.place.leftBehind(e):
		return Entry{}, sn.place, nothing, loggedOut(id, e)
	}
	return e, sn.place, renewing, nil
}

// leftBehind says whether there may be a pair to put back.
func (p place) leftBehind(e Entry) bool {
	_, shared := p.newerShared(e)
	return shared || exists(p.lastGood(e.key())) || exists(p.oldLastGood())
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func usable(e Entry, rejected string) bool {
	return e.AccessToken != rejected && e.Fresh(time.Now())
}

// loggedOut tells why there is no token: never any, or one that was refused.
func loggedOut(id string, e Entry) error {
	if e.LastError != nil && e.LastError.ReloginRequired {
		when := ""
		if e.LastError.At != "" {
			when = " at " + e.LastError.At
		}
		return errorf(classReauth, "", nil, "re-authentication required: the server refused the login of %s%s (%s)", id, when, e.LastError.Code)
	}
	if e.LoggedIn() {
		return errorf(classNotLoggedIn, "", nil, "the login of %s has ended and has no refresh token", id)
	}
	return errorf(classNotLoggedIn, "", nil, "not logged in to %s", id)
}

// renewal is one pass under the lock.
type renewal struct {
	Renewal
	s        *Store
	h        *held
	id       string
	rejected string
	x        Exchange
	gen      int64           // of the failure memo before we waited
	seen     string          // access token before we waited
	cut      journal.Attempt // an earlier one whose outcome nobody knows; Tries 0: none
	refusal  memo            // that this call has met
	detached bool
}

func (r *renewal) run(ctx context.Context) (Entry, error) {
	if err := r.h.tidy(); err != nil {
		return Entry{}, err
	}
	e, block, err := r.current()
	if err != nil {
		return Entry{}, err
	}
	if e, err = r.restore(e); err != nil {
		return Entry{}, err
	}
	if e, err = r.recover(e, block); err != nil {
		return Entry{}, err
	}
	helped := r.s.o.Detach != nil && !r.detached // then the helper takes the other lock
	if !helped {
		release, err := r.h.lockShared(ctx, e)
		if err != nil {
			return Entry{}, err
		}
		defer release()
	}
	if e, err = r.adoptShared(e); err != nil {
		return Entry{}, err
	}
	if usable(e, r.rejected) && !r.tryNow() {
		r.Adopted = !r.Renewed && e.AccessToken != r.seen
		return e, nil
	}
	if e.RefreshToken == "" {
		return Entry{}, loggedOut(r.id, e)
	}
	if err := r.forbidden(e); err != nil {
		return r.fallBack(ctx, e, err)
	}
	if err := context.Cause(ctx); err != nil {
		return Entry{}, err
	}
	if helped {
		return r.detach(ctx, e)
	}
	return r.exchange(ctx, e)
}

// current reads the entry under the lock: its refresh token is the one to
// send, never that of an earlier read.
func (r *renewal) current() (e Entry, block bool, err error) {
	sn, err := r.s.Read()
	if err != nil {
		return Entry{}, false, err
	}
	e, block, twice := sn.entry(r.id)
	if twice != "" {
		return Entry{}, false, duplicate(r.s.path, twice)
	}
	e.Provider = ProviderOf(r.id)
	return e, block, nil
}

// forbidden is a failure that was met with this very token and holds for us
// too, or a token whose fate was unknown twice: that one rests for a minute.
func (r *renewal) forbidden(e Entry) error {
	m := r.h.place.readMemo(r.id)
	if r.refusal.about(e.RefreshToken) && !m.about(e.RefreshToken) {
		m = r.refusal // it could not be written
	}
	if m.about(e.RefreshToken) && m.binds(r.gen, time.Now()) {
		if m.terminal() {
			return r.dead(e, m)
		}
		return m.failure()
	}
	if age := time.Since(r.cut.At); r.cut.Tries >= 2 && age >= 0 && age < graceWindow {
		return &PostError{Outcome: Unknown, Message: "the server did not answer twice; the next attempt is possible in " +
			(graceWindow - age).Round(time.Second).String()}
	}
	return nil
}

// dead is about a token that was refused: some seconds later, if nothing
// contradicts it, the grant is quarantined.
func (r *renewal) dead(e Entry, m memo) error {
	if until := m.unconfirmed(time.Now(), r.s.delay); !until.IsZero() {
		return &later{until: until, token: e.RefreshToken, cause: m.failure()}
	}
	if !m.Confirmed {
		return r.confirm(e, m)
	}
	return errorf(classReauth, "", nil, "re-authentication required: the server refused the login of %s at %s (%s)", r.id, formatTime(m.At), m.Code)
}

// fallBack uses a token that is due but still works, if the failure does not
// say that the login is dead.
func (r *renewal) fallBack(ctx context.Context, e Entry, failure error) (Entry, error) {
	if err := context.Cause(ctx); err != nil {
		return Entry{}, err
	}
	if p, ok := errors.AsType[*PostError](failure); ok && p.Outcome != Refused && r.rejected == "" && e.works(time.Now()) {
		r.Warning = "the login could not be renewed and still works until " + formatTime(e.ExpiresAt) + ": " + failure.Error()
		r.s.warn("renewal_failed", r.Warning)
		return e, nil
	}
	return Entry{}, failure
}
