package authfile

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// helperDeadline is how long a helper process may take. It ends by itself long before.
	helperDeadline = 40 * time.Second
	// lastWait is how long the process stays busy with its helper when the run has ended: a token that was sent before that is
	// answered by then, and the answer is saved.
	lastWait = postDeadline + 2*time.Second
)

// detach lets a helper process of its own session renew, so that a kill of
// this one, or of its whole group, does not come between the answer and the
// save. The helper shares the lock; this process keeps its own hold, waits,
// and then looks as any waiter does. Whatever the helper did not do, or could
// not, is done here.
func (r *renewal) detach(ctx context.Context, e Entry) (Entry, error) {
	if err := r.h.mayRenew(); err != nil { // here, since nobody hears what the helper warns of
		return Entry{}, r.notRenewing(err)
	}
	lock := r.h.Share()
	r.detached = true
	if lock == nil {
		return r.exchange(ctx, e)
	}
	ended := make(chan struct{})
	r.s.busy.Add(1) // as the first process of a container this one takes the helper along when it ends
	free := sync.OnceFunc(func() { r.s.busy.Add(-1) })
	go func() {
		defer free()
		defer close(ended)
		defer lock.Close()
		err := r.s.o.Detach(context.WithoutCancel(ctx), r.id, r.rejected, lock)
		var status interface{ ExitCode() int }
		if err != nil && !errors.As(err, &status) { // what a helper met that ran is in the files
			r.s.warn("helper_failed", "the helper process for a renewal failed: "+err.Error())
		}
	}()
	late := time.NewTimer(helperDeadline)
	defer late.Stop()
	select {
	case <-ended:
	case <-ctx.Done():
		r.h.ReleaseAfter(ended)
		time.AfterFunc(lastWait, free)
		return Entry{}, context.Cause(ctx)
	case <-late.C:
		r.h.ReleaseAfter(ended)
		free()
		return Entry{}, errorf(classLockTimeout, r.h.place.link, nil, "the helper process for the renewal of %s did not end in %v; the login is not lost", r.id, helperDeadline)
	}
	after, _, err := r.current()
	if err == nil && after.AccessToken != e.AccessToken && usable(after, r.rejected) {
		r.Renewed = true
	}
	return r.run(ctx)
}
