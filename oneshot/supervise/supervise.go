// Package supervise runs a command beside the signals of its process.
//
// SIGINT, SIGTERM and SIGHUP cancel the command's context with an [Error] as the cause. A command that has not ended
// after most of a second, and one that is sent a second SIGINT, has its other context, kill, cancelled: it has a last
// moment to say that it ended, and is then left behind. A command that is saving something that must be finished is
// waited for, also when it has returned, until a second SIGINT: then the caller is told what was given up. SIGPIPE is
// ignored, and so is SIGXFSZ, so that a closed stdout and a file size limit are errors of write and not the end of the
// process.
//
// A signal that the parent ignores stays ignored: SIGHUP of nohup, and SIGINT with SIGQUIT of a command that a script
// starts in the background. Of other signals Go does not tell whether they were ignored at the start.
package supervise

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The time a command has to end after a signal, between looks at whether it is still busy, and after its kill.
const (
	grace = 850 * time.Millisecond
	again = 20 * time.Millisecond
	last  = 100 * time.Millisecond
)

// Command gets a context that signals cancel, one that says that time is up, and a channel that is closed once signals
// are caught: before that it begins nothing that a signal must not cut short.
type Command func(ctx, kill context.Context, caught <-chan struct{}) int

// Error is the cause of a run that a signal ended.
type Error struct{ Name, ErrClass string }

// Error implements error.
func (e *Error) Error() string { return "stopped by " + e.Name }

// Class is interrupt, hangup or terminated.
func (e *Error) Class() string { return e.ErrClass }

// Run gives the exit code of the command, or status(cause) for one that a signal ended and that did not come back. The
// process is expected to end with it: the signals stay caught.
//
// busy says that something must be finished before the process ends; giveUp is called where a second SIGINT does not
// wait for it.
//
// The command begins before the signals are caught: each costs two switches of threads, some tenths of a millisecond in
// all, in which settings can already be read. A signal within that time ends the process as one before its start does.
func Run(command Command, busy func() bool, giveUp func(), status func(cause error) int) int {
	signal.Ignore(ignored...)
	w := newWatch(command, busy, giveUp)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, heeded()...)
	close(w.caught)
	return w.watch(signals, status)
}

// heeded are the signals that end the command. A shell without job control ignores SIGINT and SIGQUIT for what it starts in
// the background (POSIX, 2.11 of the shell), but Go replaces an ignored SIGQUIT by its own handler and does not tell.
func heeded() []os.Signal {
	all := []os.Signal{syscall.SIGTERM}
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			all = append(all, s)
		}
	}
	if signal.Ignored(syscall.SIGINT) {
		signal.Ignore(syscall.SIGQUIT)
	}
	return all
}

func (w *watched) watch(signals <-chan os.Signal, status func(error) int) int {
	defer w.cancel(nil)
	defer w.kill(nil)
	for {
		select {
		case n := <-w.code:
			w.finish(signals)
			return n
		case s := <-signals:
			twice := w.cause != nil && s == syscall.SIGINT
			w.cause = causeOf(s)
			if twice {
				w.abandon()
				return w.leave(status(w.cause))
			}
			w.cancel(w.cause)
			w.late = time.After(grace)
		case <-w.late:
			if !w.busy() {
				return w.leave(status(w.cause))
			}
			w.late = time.After(again)
		}
	}
}

// watched is a command under way.
type watched struct {
	code         chan int
	caught       chan struct{}
	cancel, kill context.CancelCauseFunc
	cause        error // of the last signal
	late         <-chan time.Time
	busy         func() bool
	giveUp       func()
}

func newWatch(command Command, busy func() bool, giveUp func()) *watched {
	w := &watched{code: make(chan int, 1), caught: make(chan struct{}), busy: busy, giveUp: giveUp}
	ctx, cancel := context.WithCancelCause(context.Background())
	over, kill := context.WithCancelCause(context.Background())
	w.cancel, w.kill = cancel, kill
	go func() {
		stretch()
		w.code <- command(ctx, over, w.caught)
	}()
	return w
}

// finish waits until what must be saved is saved: a command may end before that. The exit code stays the command's, which
// may have told it.
func (w *watched) finish(signals <-chan os.Signal) {
	for w.busy() {
		select {
		case s := <-signals:
			if w.cause != nil && s == syscall.SIGINT {
				w.abandon()
				return
			}
			w.cause = causeOf(s)
		case <-time.After(again):
		}
	}
}

func (w *watched) abandon() {
	if w.busy() {
		w.giveUp()
	}
}

// leave gives the command its last moment.
func (w *watched) leave(code int) int {
	w.kill(w.cause)
	select {
	case n := <-w.code:
		return n
	case <-time.After(last):
		return code
	}
}

func causeOf(s os.Signal) error {
	switch s {
	case syscall.SIGINT:
		return &Error{"SIGINT", "interrupt"}
	case syscall.SIGHUP:
		return &Error{"SIGHUP", "hangup"}
	}
	return &Error{"SIGTERM", "terminated"}
}
