package authfile

import (
	"context"
	"fmt"
	"time"

	"hermes/authfile/journal"
)

// failed leaves on disk what the outcome demands, and shares it.
//
//	refused            the grant is quarantined, if it is still the one on disk
//	unknown, no answer the journal stays: the token may be spent
//	a 200 not read     the journal keeps the answer
//	anything else      the journal is as before
func (r *renewal) failed(ctx context.Context, e Entry, j *journal.Journal, failure *PostError) (Entry, error) {
	switch {
	case failure.Outcome == Refused:
		j.Drop()
		r.cut = j.Attempt
		return Entry{}, r.refused(e, failure)
	case noAnswer(failure), failure.Outcome == Unknown && failure.HTTPStatus == 200:
		j.Keep()
	default:
		j.Undo(j.Attempt)
	}
	r.h.remember(r.id, e.RefreshToken, failure, time.Time{})
	return r.fallBack(ctx, e, failure)
}

// refused shares a refusal that is not confirmed yet: another program, which
// renews without the lock, may have been quicker and need the lock to save the
// newer grant, or a file synchronised from elsewhere may lag behind. The result
// is a *later, for everybody who meets this token meanwhile.
func (r *renewal) refused(e Entry, failure *PostError) error {
	m := r.h.remember(r.id, e.RefreshToken, failure, r.sentBefore(e))
	r.refusal = m
	return &later{until: m.unconfirmed(m.At, r.s.delay), token: e.RefreshToken, cause: failure}
}

// confirm quarantines a grant whose refusal nothing contradicted, and returns
// the one message about it.
//
// Where the pair that we saved last is younger, an old copy of the store came
// back, by a backup or a synchronisation: then that pair is put back and tried.
func (r *renewal) confirm(e Entry, m memo) error {
	failure := m.failure()
	if c, ok := r.h.place.readLast(r.id); ok && c.RefreshToken != e.RefreshToken && c.ObtainedAt.After(e.ObtainedAt) {
		if _, err := r.putBack(c, e); err == nil {
			return &later{until: time.Now(), cause: failure}
		}
	}
	why := "it was renewed or revoked elsewhere, perhaps on another machine or in a container with a copy of the file"
	if !m.CutOff.IsZero() {
		why = "an earlier renewal was cut off at " + m.CutOff.Local().Format(time.DateTime)
	}
	r.h.confirm(m)
	r.h.dropLast(r.id)
	code := failure.Code
	if code == "" {
		code = "refresh_failed"
	}
	r.h.unshare(e)
	if err := r.quarantine(e, failure, code); err != nil {
		r.s.warn("quarantine_not_saved", err.Error())
	}
	return errorf(classReauth, "", nil, "re-authentication required: the server refused the login of %s (%s): %s", r.id, code, why)
}

// sentBefore is when this token was sent once before without a known outcome.
func (r *renewal) sentBefore(e Entry) time.Time {
	if r.cut.Tries > 0 {
		return r.cut.At
	}
	if m := r.h.place.readMemo(r.id); m.about(e.RefreshToken) && m.Outcome == Unknown.String() {
		return m.At
	}
	return time.Time{}
}

func (r *renewal) quarantine(e Entry, failure *PostError, code string) error {
	return r.h.update(r.id, func(b Block) (Block, error) {
		if b.RefreshToken != e.RefreshToken {
			return b, nil // only the grant that was refused goes
		}
		return quarantined(LastError{
			Code: code, Message: fmt.Sprintf("%s: %s", r.id, failure.Error()),
			Reason: "runtime_refresh_failure", ReloginRequired: true, At: formatTime(time.Now()),
		})(b)
	})
}

// quarantined is a block whose tokens were taken out, and why. Where there is none it stays so.
func quarantined(why LastError) func(Block) (Block, error) {
	return func(b Block) (Block, error) {
		if b.Provider == "" {
			return b, nil
		}
		b.AccessToken, b.RefreshToken, b.LastError = "", "", &why
		return b, nil
	}
}
