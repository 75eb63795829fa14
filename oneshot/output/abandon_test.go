package output

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// stuck is a pipe that nobody reads: a write does not come back before it is let go.
type stuck struct{ let, in chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	s.in <- struct{}{}
	<-s.let
	return len(p), nil
}

// types are the event types of a stream, its numbers checked.
func types(t *testing.T, stream string) string {
	t.Helper()
	var all []string
	for i, line := range strings.Split(strings.TrimSuffix(stream, "\n"), "\n") {
		var e struct {
			Seq  int
			Type string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq != i {
			t.Errorf("line %d: %v %s", i, err, line)
		}
		all = append(all, e.Type)
	}
	return strings.Join(all, " ")
}

// TestAbandon: where a sink blocks, the others get their end at once, whatever the blocked call goes on to do.
func TestAbandon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		begun bool
		want  string
	}{{"before run.start", false, "run.start run.end"}, {"in the answer", true, "run.start text.delta run.end"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var events bytes.Buffer
			var ends []RunEnd
			pipe := stuck{make(chan struct{}), make(chan struct{}, 9)}
			em := NewEmitter(&Sink{Name: "stdout", Encoder: NewStreamJSON(pipe)}, &Sink{
				Name: "events", Encoder: NewStreamJSON(&events),
				Done: func(end RunEnd, _ error) error { ends = append(ends, end); return nil },
			})
			if c.begun {
				em.sinks[0].Encoder = NewText(pipe, TextOptions{})
				_ = em.Emit(RunStart{})
			}
			var held sync.WaitGroup
			held.Go(func() {
				if !c.begun {
					_ = em.Emit(RunStart{})
				}
				_ = em.Text([]byte("a piece"))
				_ = em.Flush()
				_ = em.Emit(RunEnd{Status: StatusOK})
			})
			<-pipe.in
			begun := time.Now()
			em.Abandon(RunStart{}, RunEnd{Status: StatusCancelled}, time.Second)
			if took := time.Since(begun); took < time.Second || took > 10*time.Second {
				t.Errorf("it took %v, want the patience", took)
			}
			close(pipe.let)
			held.Wait()
			if got := types(t, events.String()); got != c.want {
				t.Errorf("events %s, want %s", got, c.want)
			}
			if len(ends) != 1 || ends[0].Status != StatusCancelled {
				t.Errorf("ends %+v", ends)
			}
		})
	}
}

// TestAbandonAfterTheEnd changes nothing.
func TestAbandonAfterTheEnd(t *testing.T) {
	t.Parallel()
	var w bytes.Buffer
	em := NewEmitter(&Sink{Name: "stdout", Encoder: NewStreamJSON(&w)})
	_ = em.Emit(RunStart{})
	_ = em.Emit(RunEnd{Status: StatusOK})
	whole := w.String()
	em.Abandon(RunStart{}, RunEnd{Status: StatusCancelled}, time.Minute)
	if w.String() != whole {
		t.Errorf("%s\nbecame\n%s", whole, w.String())
	}
}

// TestOpenWaitsForAReader of a named pipe, but no longer than the run.
func TestOpenWaitsForAReader(t *testing.T) {
	t.Parallel()
	name := t.TempDir() + "/fifo"
	if err := mkfifo(name); err != nil {
		t.Skip(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("stopped")
	go stop(why)
	var out bytes.Buffer
	em, err := Open(ctx, Spec{Format: "json", Stdout: &out, Events: name})
	if !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
	_ = em.Emit(RunStart{})
	_ = em.Emit(RunEnd{Status: StatusCancelled})
	if !strings.Contains(out.String(), "run.end") {
		t.Errorf("stdout heard %q", out.String())
	}
}
