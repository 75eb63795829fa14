// Package supervise runs a command beside the signals of its process.
//
// SIGINT, SIGTERM and SIGHUP cancel the command's context with an [Error] as the cause; a command that heeds none within
// a second is left behind, unless it is saving something that must be finished. A second SIGINT ends at once. SIGHUP
// stays ignored where a parent (nohup) ignores it. SIGPIPE is ignored, so that a closed stdout is an error of write and
// not the end of the process.
package supervise

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The time a command has to end after a signal, and between looks at whether it is still busy.
const (
	grace = 900 * time.Millisecond
	again = 100 * time.Millisecond
)

// Error is the cause of a run that a signal ended.
type Error struct{ Name, ErrClass string }

// Error implements error.
func (e *Error) Error() string { return "stopped by " + e.Name }

// Class is interrupt, hangup or terminated.
func (e *Error) Class() string { return e.ErrClass }

// Run gives the exit code of the command, or status(cause) for one that a signal ended and that did not come back.
func Run(command func(context.Context) int, busy func() bool, status func(cause error) int) int {
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	watched := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		watched = append(watched, syscall.SIGHUP)
	}
	signal.Notify(signals, watched...)
	defer signal.Stop(signals)
	return watch(signals, command, busy, status)
}

func watch(signals <-chan os.Signal, command func(context.Context) int, busy func() bool, status func(error) int) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	code := make(chan int, 1)
	go func() { code <- command(ctx) }()
	var late <-chan time.Time
	for cause := error(nil); ; {
		select {
		case n := <-code:
			return n
		case s := <-signals:
			if cause != nil && s == syscall.SIGINT {
				return 130
			}
			cause = causeOf(s)
			cancel(cause)
			late = time.After(grace)
		case <-late:
			if !busy() {
				return status(cause)
			}
			late = time.After(again)
		}
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
