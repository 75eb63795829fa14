package wire_test

import (
	"io"
	"net/http"
	"testing"

	"hermes/oneshot/wire/wiretest"
)

// kept is an answer of a cassette or a cache.
type kept struct{ io.ReadCloser }

func (kept) Cached() bool { return true }

// TestTold: an answer that was kept is told as such, and a page for people too.
func TestTold(t *testing.T) {
	t.Parallel()
	whole := answer(200, wiretest.Message("ok"))
	s := &script{steps: []step{whole, func(r *http.Request) (*http.Response, error) {
		resp, err := whole(r)
		resp.Body = kept{resp.Body}
		return resp, err
	}, answer(200, "<html><title>Log in</title>")}}
	for _, want := range []bool{false, true} {
		if o := wiretest.Collect(t, client(s, 0), wiretest.Hello()); o.Err != nil || o.Ends[0].Cached != want {
			t.Errorf("%+v, %v", o.Ends[0], o.Err)
		}
	}
	if e := wiretest.Collect(t, client(s, 0), wiretest.Hello()).Error(); !e.Page || e.Message != `an HTML page ("Log in") came instead of an answer` {
		t.Errorf("%+v", e)
	}
}
