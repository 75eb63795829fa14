package guard

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"hermes/oneshot/class"
)

// TestDo: an error passes, and a panic becomes one that says where it was.
func TestDo(t *testing.T) {
	t.Parallel()
	if err := Do(func() error { return io.EOF }); err != io.EOF {
		t.Error(err)
	}
	err := Do(func() error { panic("oops") })
	p, ok := errors.AsType[*PanicError](err)
	if !ok || !class.Is(err, class.Internal) || err.Error() != "internal error: oops" || !strings.Contains(string(p.Stack), "TestDo") {
		t.Errorf("%v", err)
	}
}

// TestUntil: work is left behind when the context ends; its own end, or a panic, is told otherwise.
func TestUntil(t *testing.T) {
	t.Parallel()
	if n, err := Until(t.Context(), func(context.Context) (int, error) { return 7, io.EOF }); n != 7 || err != io.EOF {
		t.Error(n, err)
	}
	if _, err := Until(t.Context(), func(context.Context) (int, error) { panic("oops") }); !class.Is(err, class.Internal) {
		t.Error(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	release := make(chan struct{})
	defer close(release)
	if _, err := Until(ctx, func(context.Context) (int, error) { stop(io.ErrClosedPipe); <-release; return 0, nil }); err != io.ErrClosedPipe {
		t.Error(err)
	}
}
