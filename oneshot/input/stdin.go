package input

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/guard"
)

// noticeAfter is how long a silent stdin may keep a run that has a prompt before it says what it waits for.
const noticeAfter = 2 * time.Second

// readStdin reads stdin to its end as text. It returns nil when there is nothing to read: never, a terminal, or closed.
func (in Sources) readStdin(ctx context.Context, prompted bool) (*Text, error) {
	return fromStdin(ctx, in, prompted, func(first func()) (*Text, error) { return readText("stdin", in.Stdin, first) })
}

// fromStdin calls read in a goroutine, because a blocked read does not watch its context. read calls first at the first byte.
func fromStdin[T any](ctx context.Context, in Sources, prompted bool, read func(first func()) (*T, error)) (*T, error) {
	if in.Mode == "never" || in.Terminal || in.Stdin == nil {
		return nil, nil
	}
	if isNull(in.Stdin) {
		return read(nil)
	}
	type outcome struct {
		what *T
		err  error
	}
	first, done := make(chan struct{}), make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = guard.Do(func() (err error) {
			o.what, err = read(func() { close(first) })
			return err
		})
		done <- o
	}()
	notice, wait := timers(prompted && in.Notice != nil, in.Wait)
	for {
		select {
		case o := <-done:
			return o.what, o.err
		case <-first:
			first, notice, wait = nil, nil, nil
		case <-notice:
			in.Notice()
		case <-wait:
			return nil, &Error{ErrClass: class.NoInput, Msg: fmt.Sprintf("no byte on stdin within %v (--stdin-wait)", in.Wait)}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// tellShared tells of a stdin that is read from its middle.
func (in Sources) tellShared() {
	f, ok := in.Stdin.(*os.File)
	if !ok || f == nil || in.Shared == nil || in.Mode == "never" || in.Terminal {
		return
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if before, err := f.Seek(0, io.SeekCurrent); err == nil && before > 0 && before < info.Size() {
		in.Shared(before, info.Size()-before)
	}
}

// missing is the error of a flag that names stdin where there is none, or of an empty stdin that was required.
func (in Sources) missing(flag string, there bool, size int64) error {
	switch {
	case !there:
		return &Error{ErrClass: class.NoInput, Msg: flag + ": stdin is a terminal, closed, or refused by --stdin never"}
	case size == 0 && in.Mode == "require":
		return errRequired()
	}
	return nil
}

func errRequired() error {
	return &Error{ErrClass: class.NoInput, Msg: "--stdin require: nothing was on stdin"}
}

// isNull reports the null device, which cron gives. No read of it waits, so it needs no goroutine.
func isNull(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	own, err := f.Stat()
	if err != nil || own.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(own, null)
}

// timers returns the channels of the notice and of the bound; a nil channel never fires.
func timers(notice bool, bound time.Duration) (<-chan time.Time, <-chan time.Time) {
	var n, w <-chan time.Time
	if notice {
		n = time.After(noticeAfter)
	}
	if bound > 0 {
		w = time.After(bound)
	}
	return n, w
}
