package authfile

import (
	"context"
	"fmt"
	"time"
)

// failed leaves on disk what the outcome demands, and shares it.
//
//	refused            the grant is quarantined, if it is still the one on disk
//	unknown, no answer the journal stays: the token may be spent
//	a 200 not read     the journal keeps the answer
//	anything else      the journal is as before
func (r *renewal) failed(ctx, shielded context.Context, e Entry, j *journal, failure *PostError) (Entry, error) {
	switch {
	case failure.Outcome == Refused:
		j.drop()
		r.cut = j.line
		return r.refused(ctx, shielded, e, failure)
	case noAnswer(failure), failure.Outcome == Unknown && failure.HTTPStatus == 200:
		j.keep()
	default:
		j.undo(j.line)
	}
	r.h.remember(r.id, e.RefreshToken, failure)
	return r.fallBack(ctx, e, failure)
}

// refused believes a refusal only after reading again, twice: another program
// may have renewed without the lock, or a file synchronised from elsewhere may
// lag behind.
func (r *renewal) refused(ctx, shielded context.Context, e Entry, failure *PostError) (Entry, error) {
	for i := range 2 {
		if i > 0 && !wait(shielded, repeatAfter) {
			break
		}
		now, err := r.current()
		if err != nil || now.RefreshToken == "" || now.RefreshToken == e.RefreshToken {
			continue
		}
		if usable(now, r.rejected) {
			r.Adopted = true
			return now, context.Cause(ctx)
		}
		r.cut = attempt{}
		return r.exchangeOther(ctx, now, failure)
	}
	return Entry{}, r.refuse(e, failure)
}

// exchangeOther goes on with a pair that appeared while ours was refused, once.
func (r *renewal) exchangeOther(ctx context.Context, e Entry, failure *PostError) (Entry, error) {
	if r.again {
		return Entry{}, failure
	}
	r.again = true
	if err := r.forbidden(e); err != nil {
		return r.fallBack(ctx, e, err)
	}
	return r.exchange(ctx, e)
}

// refuse quarantines the grant and returns the one message about it.
func (r *renewal) refuse(e Entry, failure *PostError) error {
	why := "it was renewed or revoked elsewhere, perhaps on another machine or in a container with a copy of the file"
	if at := r.sentBefore(e); !at.IsZero() {
		why = "an earlier renewal was cut off at " + at.Local().Format(time.DateTime)
	}
	r.h.remember(r.id, e.RefreshToken, failure)
	if last, ok := r.h.place.readLast(r.id); ok && last.RefreshToken == e.RefreshToken {
		r.h.dropLast()
	}
	code := failure.Code
	if code == "" {
		code = "refresh_failed"
	}
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
	if m := r.h.place.readMemo(); m.about(r.id, e.RefreshToken) && m.Outcome == Unknown.String() {
		return m.At
	}
	return time.Time{}
}

func (r *renewal) quarantine(e Entry, failure *PostError, code string) error {
	sn, err := r.s.Read()
	if err != nil {
		return err
	}
	if now, _ := sn.Entry(r.id); now.RefreshToken != e.RefreshToken {
		return nil // only the grant that was refused goes
	}
	return r.h.update(sn, quarantined(r.id, LastError{
		Code: code, Message: fmt.Sprintf("%s: %s", r.id, failure.Error()),
		Reason: "runtime_refresh_failure", ReloginRequired: true, At: formatTime(time.Now()),
	}))
}
