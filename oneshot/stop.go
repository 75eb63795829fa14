package oneshot

import (
	"context"
	"time"
)

const (
	// grace is how long a cancelled run may take to end by itself.
	grace = 800 * time.Millisecond
	// watchAfter is how long a run lasts before it watches whether a reader of its output goes away.
	watchAfter = 10 * time.Millisecond
	// lastWrite is how long the end of an abandoned run may take to be written.
	lastWrite = 50 * time.Millisecond
)

// await waits for the run's own end, and ends a run that does not react to its context.
func (r *run) await(ctx context.Context, done <-chan error) error {
	var kill <-chan struct{}
	if r.job.Kill != nil {
		kill = r.job.Kill.Done()
	}
	cancelled, late := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case err := <-done:
			return err
		case <-cancelled:
			cancelled, late = nil, time.After(grace)
		case <-late:
			return r.abandon(context.Cause(ctx))
		case <-kill:
			return r.abandon(context.Cause(r.job.Kill))
		}
	}
}

// watchReaders ends the run when one of its readers is gone. A short run is over before the watch begins, and pays nothing
// for it. The returned function ends the wait for that.
func (r *run) watchReaders(ctx context.Context) (stop func() bool) {
	return time.AfterFunc(watchAfter, func() { context.AfterFunc(ctx, r.em.Watch(r.stop)) }).Stop
}

// abandon writes the run's end while the run itself is still stuck somewhere.
func (r *run) abandon(cause error) error {
	r.em.Abandon(r.start(), r.summary(cause), lastWrite)
	_ = r.report(cause, false)
	r.record(cause)
	r.job.Progress.Stop()
	return cause
}
