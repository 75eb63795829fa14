package batch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/output"
)

// firstSlow answers the row "slow" after an hour, others at once.
func firstSlow(asked *atomic.Int64, text string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err == nil && strings.Contains(string(raw), "slow") {
			select {
			case <-time.After(time.Hour):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		asked.Add(1)
		return reply(200, text), err
	}
}

// TestBounds: what waits for a slow row is bounded, by rows and by bytes.
func TestBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows, room  int
		least, most int64 // asked beside the slow one while that is under way
	}{
		"rows":  {window + 50, room, window - 1, window - 1},
		"bytes": {40, 10_000, 9, 9 + 2}, // a row is a little more than 1100 bytes; two may be under way when it is too much
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				var before atomic.Int64
				time.AfterFunc(30*time.Minute, func() { before.Store(asked.Load()) })
				q := newSequence(options("", io.Discard, firstSlow(&asked, strings.Repeat("x", 600))), nil)
				q.room = c.room
				defer q.close()
				in, tasks := &intake{o: &q.o}, make(chan task)
				go func() {
					defer close(tasks)
					tasks <- in.task(t.Context(), line{n: 1, text: []byte(`"slow"`)})
					for n := range c.rows {
						tasks <- in.task(t.Context(), line{n: n + 2, text: []byte(`"x"`)})
					}
				}()
				if err := q.run(t.Context(), tasks); err != nil {
					t.Fatal(err)
				}
				if n := before.Load(); n < c.least || n > c.most {
					t.Errorf("%d rows were asked beside the slow one, want %d to %d", n, c.least, c.most)
				}
				if n := asked.Load(); n != int64(c.rows)+1 || q.w.rows != n || q.bytes != 0 {
					t.Errorf("%d rows were asked, %d written, %d bytes are held", n, q.w.rows, q.bytes)
				}
			})
		})
	}
}

// TestStopped: what is finished when the batch is stopped is written, in its order; what was under way is not.
func TestStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("stopped")
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		var asked atomic.Int64
		var out bytes.Buffer
		in := "\"slow\"\n" + strings.Repeat("\"x\"\n", 9) + "\"slow\"\n{\"prompt\":5}\n"
		if err := Run(ctx, options(in, &out, firstSlow(&asked, "fine"))); !errors.Is(err, cause) {
			t.Errorf("error %v", err)
		}
		rows := rowsOf(t, out.Bytes())
		if len(rows) != 10 {
			t.Fatalf("%d rows: %s", len(rows), out.String())
		}
		for i, row := range rows {
			if line := i + 2 + i/9; row.Line != line || row.Seq != int64(i) || (row.Status == output.StatusOK) != (i < 9) {
				t.Errorf("row %d: %+v", i, row)
			}
		}
	})
}

// TestReaderLeaves: a batch that waits for a slow row hears of it from the kernel.
func TestReaderLeaves(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var asked atomic.Int64
	o := options("\"slow\"\n\"x\"\n", w, func(req *http.Request) (*http.Response, error) {
		r.Close()
		return firstSlow(&asked, "fine")(req)
	})
	if werr, ok := errors.AsType[*output.WriteError](Run(ctx, o)); !ok || werr.Class() != "pipe_closed" {
		t.Errorf("error %v", werr)
	}
}

// TestStoppedReader: whoever reads the rows stops too when the batch is to end, and that is not the end of the input.
func TestStoppedReader(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("told to end")
	stop(why)
	tasks := make(chan task)
	close(tasks)
	for range 100 { // which of two ready channels is taken is a toss
		if err := newSequence(Options{}, nil).run(ctx, tasks); !errors.Is(err, why) {
			t.Fatalf("a batch that was stopped ended with %v", err)
		}
	}
}
