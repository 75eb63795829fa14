// Package supervise runs a command and handles the signals of its process.
//
// SIGINT, SIGTERM and SIGHUP cancel the command's context with an [Error] as the cause. When the command has not returned after
// 850 ms, or when a second SIGINT arrives, the command's other context, kill, is cancelled too: the command has 100 ms more to
// report its end, and the process exits without it.
//
// Run waits longer for one thing: work that must be finished, such as saving a login that the server has already changed (busy).
// It waits for that also when the command has returned. A second SIGINT ends this wait, and giveUp tells the user so.
//
// SIGPIPE and SIGXFSZ are ignored: a closed stdout and a file size limit are then errors of a write and do not end the process.
//
// A signal that was ignored when the process started stays ignored: SIGHUP under nohup, SIGINT and SIGQUIT of a command that a
// script starts in the background. Go does not tell this of other signals.
package supervise

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hermes/oneshot/class"
)

const (
	grace = 850 * time.Millisecond // for the command to return after a signal
	last  = 100 * time.Millisecond // for the command to return after kill
	again = 20 * time.Millisecond  // between two calls of busy
)

// Command returns an exit code. A signal cancels ctx; kill is cancelled when the time to return is over. Before the command calls
// catch, a signal ends the process as it would without this package: to catch them costs a tenth of a start.
type Command func(ctx, kill context.Context, catch func()) int

// Error is the cause of a run that a signal ended.
type Error struct {
	Name     string
	ErrClass class.Class
}

// Error implements error.
func (e *Error) Error() string { return "stopped by " + e.Name }

// Class is interrupt, hangup or terminated.
func (e *Error) Class() string { return string(e.ErrClass) }

// Run runs the command and returns its exit code. Where a signal ended the command and it did not return, the process exits with
// status(cause). The signals stay caught: the process is expected to exit with this code.
//
// busy says that something must be finished before the process ends. giveUp is called when a second SIGINT ends the wait for it.
// interrupt hears of a SIGINT first; where it returns true, only a part of the command is over, and the command goes on.
func Run(command Command, busy func() bool, giveUp func(), interrupt func(cause error) bool, status func(cause error) int) int {
	signal.Ignore(ignored...)
	w := newWatch(busy, giveUp)
	w.interrupt, w.status = interrupt, status
	return w.run(command, func() <-chan os.Signal {
		signals := make(chan os.Signal, 2)
		signal.Notify(signals, caught()...)
		return signals
	})
}

// caught are the signals that end the command. A shell without job control ignores SIGINT and SIGQUIT for what it starts in
// the background (POSIX, Shell Command Language, 2.11), but Go replaces an ignored SIGQUIT by its own handler and does not
// tell: an ignored SIGINT stands for both.
func caught() []os.Signal {
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

// watched is a command that is running.
type watched struct {
	ctx, dead    context.Context
	cancel, kill context.CancelCauseFunc
	returned     chan struct{} // closed when the command has returned
	settled      chan struct{} // closed when nothing is left to do for who watches, nil while nobody does
	cause        error         // the last signal
	late         <-chan time.Time
	busy         func() bool
	giveUp       func()
	interrupt    func(error) bool
	status       func(error) int
	exit         func(int)
}

func newWatch(busy func() bool, giveUp func()) *watched {
	w := &watched{returned: make(chan struct{}), busy: busy, giveUp: giveUp, exit: os.Exit}
	w.ctx, w.cancel = context.WithCancelCause(context.Background())
	w.dead, w.kill = context.WithCancelCause(context.Background())
	return w
}

// run runs the command where it stands, and who watches beside it: the stack that the start has grown serves the command.
func (w *watched) run(command Command, catch func() <-chan os.Signal) int {
	code := command(w.ctx, w.dead, func() {
		signals := catch()
		w.settled = make(chan struct{})
		go w.watch(signals)
	})
	close(w.returned)
	if w.settled != nil && w.busy() {
		<-w.settled
	}
	return code
}

func (w *watched) watch(signals <-chan os.Signal) {
	defer close(w.settled)
	for {
		select {
		case <-w.returned:
			w.finish(signals)
			return
		case s := <-signals:
			if s == syscall.SIGINT && w.cause == nil && w.interrupt != nil && w.interrupt(causeOf(s)) {
				continue
			}
			twice := w.cause != nil && s == syscall.SIGINT
			w.cause = causeOf(s)
			if twice {
				w.abandon()
				w.leave()
				return
			}
			w.cancel(w.cause)
			w.late = time.After(grace)
		case <-w.late:
			if !w.busy() {
				w.leave()
				return
			}
			w.late = time.After(again)
		}
	}
}

// finish waits until the command, which has returned, is no longer busy. The exit code stays the command's: its events may have
// told it already.
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

// leave cancels kill, gives the command its last time to return, and ends the process without it.
func (w *watched) leave() {
	w.kill(w.cause)
	select {
	case <-w.returned:
	case <-time.After(last):
		w.exit(w.status(w.cause))
	}
}

func causeOf(s os.Signal) error {
	switch s {
	case syscall.SIGINT:
		return &Error{"SIGINT", class.Interrupt}
	case syscall.SIGHUP:
		return &Error{"SIGHUP", class.Hangup}
	}
	return &Error{"SIGTERM", class.Terminated}
}
