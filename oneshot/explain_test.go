package oneshot

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/wire"
)

// TestExplain: class, code, hint and what a server said, through any wrapping.
func TestExplain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	path := func(err error) error { return &fs.PathError{Op: "write", Path: "/x", Err: err} }
	for name, c := range map[string]struct {
		err   error
		class class.Class
		code  int
		retry bool
		hint  string
	}{
		"no class":          {errors.New("odd"), class.Internal, 1, false, "bug"},
		"its own class":     {&input.Error{ErrClass: "usage", Msg: "m"}, class.Usage, 2, false, "--help"},
		"wrapped":           {fmt.Errorf("a: %w", &input.Error{ErrClass: "no_input", Msg: "m"}), class.NoInput, 66, false, "prompt"},
		"a file":            {path(syscall.ENOSPC), class.IO, 74, false, "disk"},
		"a reader who left": {path(syscall.EPIPE), class.PipeClosed, 141, false, "gone"},
		"a file with class": {&input.Error{ErrClass: "config", Msg: path(syscall.ENOENT).Error()}, class.Config, 78, false, "setup"},
		"a login":           {&wire.Error{ErrClass: "auth_refused", HTTPStatus: 401}, class.AuthRefused, 77, false, "auth add lab"},
		"the server's word": {&wire.Error{ErrClass: "server_error", HTTPStatus: 500}, class.ServerError, 69, false, "provider"},
		"a passing one":     {&wire.Error{ErrClass: "rate_limit", HTTPStatus: 429, RequestID: "r", ProviderCode: "1002", RetryAt: at, Retryable: true}, class.RateLimit, 75, true, "try again at 2026-11-24 12:00 UTC"},
		"its own hint":      {fmt.Errorf("a: %w", advice{&input.Error{ErrClass: "no_input", Msg: "m"}}), class.NoInput, 66, false, "type it"},
		"a bug":             {&guard.PanicError{Value: "x"}, class.Internal, 1, false, "bug"},
	} {
		f := Explain(c.err, "lab")
		if f.Class != c.class || f.Code != c.code || f.Retryable != c.retry || !strings.Contains(f.Hint, c.hint) || f.Message != c.err.Error() {
			t.Errorf("%s: %+v", name, f)
		}
		if m, ok := errors.AsType[*wire.Error](c.err); ok {
			if f.HTTPStatus != m.HTTPStatus || f.RequestID != m.RequestID || f.ProviderCode != m.ProviderCode || (f.RetryAt == nil) != m.RetryAt.IsZero() {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// TestMoment: a time for people is no earlier than the time that is meant, and has its day where that is not today.
func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 22, 58, 30, 0, time.FixedZone("", 3600))
	for after, want := range map[time.Duration]string{
		0: "21:59 UTC", 29 * time.Second: "21:59 UTC", 30 * time.Second: "21:59 UTC", 31 * time.Second: "22:00 UTC",
		2*time.Hour + 90*time.Second: "2026-11-25 00:00 UTC", 400 * 24 * time.Hour: "2027-12-29 21:59 UTC",
	} {
		if got := moment(now.Add(after), now); got != want {
			t.Errorf("%v: %s, want %s", after, got, want)
		}
	}
}

type advice struct{ error }

func (a advice) Unwrap() error { return a.error }

func (advice) Hint() string { return "type it" }
