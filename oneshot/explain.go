package oneshot

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/dial"
)

// Explain turns an error into what the events and a person hear of it. The class is the error's own. Without one, a file that
// could not be used is io, and anything else internal. io is pipe_closed where the reader is gone, whoever wrote. An error that
// knows better than its class what to do next says so by its method Hint. provider is who was asked, for the hints.
func Explain(err error, provider string) output.Failure {
	f := output.Failure{Class: class.Internal, Message: err.Error(), Code: 1}
	if c := class.Of(err); c != "" {
		f.Class = c
	} else if _, ok := errors.AsType[*fs.PathError](err); ok {
		f.Class = class.IO
	}
	if f.Class == class.IO && errors.Is(err, syscall.EPIPE) {
		f.Class = class.PipeClosed
	}
	for _, x := range output.Exits() {
		if x.Class == f.Class {
			f.Code, f.Retryable, f.Hint = x.Code, x.Retry, strings.ReplaceAll(x.Hint, "{provider}", provider)
		}
	}
	var own interface{ Hint() string }
	if errors.As(err, &own) && own.Hint() != "" {
		f.Hint = own.Hint()
	}
	if m, ok := errors.AsType[*wire.Error](err); ok {
		f.Retryable, f.HTTPStatus, f.ProviderCode, f.RequestID = m.Retryable, m.HTTPStatus, m.ProviderCode, m.RequestID
		if !m.RetryAt.IsZero() {
			f.RetryAt = &m.RetryAt
		}
		f.Hint = cmp.Or(wireHint(m), f.Hint)
	}
	if f.RetryAt != nil && f.Code == 75 {
		f.Hint = "try again at " + moment(*f.RetryAt, time.Now())
	}
	return f
}

// wireHint is what to do about a server that is not the one that was meant; empty for any other failure.
func wireHint(e *wire.Error) string {
	switch {
	case e.RedirectBase != "":
		return "if you trust that host, set base_url to " + e.RedirectBase
	case e.Redirect != "":
		return "check the base URL; a proxy or a page to log in may stand before the server"
	case e.Page:
		return "check the base URL; a proxy or a page to log in may stand before the server"
	case e.API == wire.Unknown:
		return fmt.Sprintf("check the base URL: the server does not know the path of %s", e.Asked)
	case e.API != "":
		return fmt.Sprintf("check the base URL: the server seems to speak %s, and was asked by %s", e.API, e.Asked)
	}
	return dial.Advice(e.Err)
}

// moment is the first whole minute from a time on, as a person reads it: with its day unless that is today.
func moment(at, now time.Time) string {
	at = at.Add(time.Minute - 1).UTC().Truncate(time.Minute)
	if at.Format(time.DateOnly) == now.UTC().Format(time.DateOnly) {
		return at.Format("15:04 UTC")
	}
	return at.Format("2006-01-02 15:04 UTC")
}
