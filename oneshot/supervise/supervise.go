// Package supervise runs a command beside the signals of its process.
//
// SIGINT, SIGTERM and SIGHUP cancel the command's context with an [Error] as the cause. A command that has not ended
// after most of a second, and one that is sent a second SIGINT, has its other context, kill, cancelled: it has a last
// moment to say that it ended, and is then left behind. A command that is saving something that must be finished is
// waited for, except by the second SIGINT. SIGHUP stays ignored where a parent (nohup) ignores it. SIGPIPE is ignored,
// and so is SIGXFSZ, so that a closed stdout and a file size limit are errors of write and not the end of the process.
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

// Command gets a context that signals cancel, and one that says that time is up.
type Command func(ctx, kill context.Context) int

// Error is the cause of a run that a signal ended.
type Error struct{ Name, ErrClass string }

// Error implements error.
func (e *Error) Error() string { return "stopped by " + e.Name }

// Class is interrupt, hangup or terminated.
func (e *Error) Class() string { return e.ErrClass }

// Run gives the exit code of the command, or status(cause) for one that a signal ended and that did not come back.
func Run(command Command, busy func() bool, status func(cause error) int) int {
	signal.Ignore(ignored...)
	signals := make(chan os.Signal, 2)
	heeded := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		heeded = append(heeded, syscall.SIGHUP)
	}
	signal.Notify(signals, heeded...)
	defer signal.Stop(signals)
	return watch(signals, command, busy, status)
}

func watch(signals <-chan os.Signal, command Command, busy func() bool, status func(error) int) int {
	w := newWatch(command, busy)
	defer w.cancel(nil)
	defer w.kill(nil)
	for {
		select {
		case n := <-w.code:
			w.finish()
			return n
		case s := <-signals:
			twice := w.cause != nil && s == syscall.SIGINT
			w.cause = causeOf(s)
			if twice {
				return w.leave(status(w.cause))
			}
			w.cancel(w.cause)
			w.late = time.After(grace)
		case <-w.late:
			if !busy() {
				return w.leave(status(w.cause))
			}
			w.late = time.After(again)
		}
	}
}

// watched is a command under way.
type watched struct {
	code         chan int
	cancel, kill context.CancelCauseFunc
	cause        error // of the last signal
	late         <-chan time.Time
	busy         func() bool
}

func newWatch(command Command, busy func() bool) *watched {
	w := &watched{code: make(chan int, 1), busy: busy}
	ctx, cancel := context.WithCancelCause(context.Background())
	over, kill := context.WithCancelCause(context.Background())
	w.cancel, w.kill = cancel, kill
	go func() { w.code <- command(ctx, over) }()
	return w
}

// finish waits until what must be saved is saved: a command may end before that.
func (w *watched) finish() {
	for w.busy() {
		<-time.After(again)
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
