package main

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"sync/atomic"
	"time"
)

// failures are the rows in which the server or the reader fails. gofloor has no retries and no exit codes.
func (b *bench) failures() ([]row, error) {
	var rows []row
	for _, measure := range []func() (row, error){
		b.tooMany, b.unauthorized, b.broken,
		func() (row, error) { return b.readerGone("a delta each 10 ms", 10*time.Millisecond) },
		func() (row, error) { return b.readerGone("the model silent", time.Minute) },
	} {
		r, err := measure()
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// refuse answers the first `times` requests of each process with an error and the rest with an answer. It returns the median of the
// runs, and the most requests that one of the processes sent.
func (b *bench) refuse(rounds, status int, times int64, headers map[string]string) (s sample, requests int64, err error) {
	var count atomic.Int64
	site, stop, err := b.hostSite(messages(), func(w http.ResponseWriter, r *http.Request) {
		swallow(r)
		if count.Add(1) > times {
			stream(w)(messages().whole("ok\n"))
			return
		}
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type":"error","error":{"type":"api_error","message":"status %d"}}`, status)
	})
	if err != nil {
		return s, 0, err
	}
	defer stop()
	j := site.ask()
	j.MayFail = true
	var all []sample
	for range rounds {
		count.Store(0)
		s, err := b.launch.run(j)
		if err != nil {
			return s, 0, err
		}
		all, requests = append(all, s), max(requests, count.Load())
	}
	return medianOf(all), requests, nil
}

// tooMany is a server that answers 429 with Retry-After 1. Hermes adds up to a second at random, so that a crowd does not come back
// at the same moment.
func (b *bench) tooMany() (row, error) {
	s, requests, err := b.refuse(b.share(25), http.StatusTooManyRequests, 1, map[string]string{"Retry-After": "1"})
	over := s.Wall - time.Second
	return row{
		name: "429, Retry-After 1, and up to 1 s by chance", hermes: fmt.Sprintf("1 s + %s, %s", ms(over), after(requests, s)),
		limits: []limit{within("Retry-After +", over, 1050*time.Millisecond), holds("an answer", s.Code == 0 && over >= 0 && requests == 2)},
	}, err
}

func (b *bench) unauthorized() (row, error) {
	s, requests, err := b.refuse(b.share(5), http.StatusUnauthorized, 1<<30, nil)
	return row{
		name: "401", hermes: fmt.Sprintf("%s, %s", ms(s.Wall), after(requests, s)),
		limits: []limit{within("", s.Wall, 10*time.Millisecond), holds("1 request", requests == 1), holds("exit not 0", s.Code != 0)},
	}, err
}

// broken is a server that always answers 500. The limit is the longest that three retries wait.
func (b *bench) broken() (row, error) {
	s, requests, err := b.refuse(2, http.StatusInternalServerError, 1<<30, nil)
	return row{
		name: "500", hermes: fmt.Sprintf("%s, %s", ms(s.Wall), after(requests, s)),
		limits: []limit{within("", s.Wall, 11*time.Second), holds("4 requests at most", requests <= 4), holds("exit not 0", s.Code != 0)},
	}, err
}

func after(requests int64, s sample) string {
	if requests == 1 {
		return fmt.Sprintf("1 request, exit %d", s.Code)
	}
	return fmt.Sprintf("%d requests, exit %d", requests, s.Code)
}

func within(what string, d, bound time.Duration) limit {
	l := most(what, float64(d), float64(bound))
	l.text = fmt.Sprintf("≤ %s", ms(bound))
	if what != "" {
		l.text = what + " " + l.text
	}
	return l
}

// readerGone is a reader that leaves after the first words of an answer. When the model is silent, no write can fail, and the answer is
// paid for as long as the connection is open.
func (b *bench) readerGone(what string, pause time.Duration) (row, error) {
	dropped := make(chan time.Time, 1)
	site, stop, err := b.hostSite(messages(), func(w http.ResponseWriter, r *http.Request) { dropped <- ramble(w, r, pause) })
	if err != nil {
		return row{}, err
	}
	defer stop()
	var gone, seen []time.Duration
	var code int
	for range b.share(10) {
		closed, ended, exit, err := leave(site.ask())
		if err != nil {
			return row{}, err
		}
		gone, seen, code = append(gone, ended.Sub(closed)), append(seen, (<-dropped).Sub(closed)), exit
	}
	g, s := median(gone), median(seen)
	return row{
		name: "stdout closed early, " + what, hermes: fmt.Sprintf("gone after %s, dropped after %s, exit %d", ms(g), ms(s), code),
		limits: []limit{within("gone", g, 20*time.Millisecond), within("dropped", s, 20*time.Millisecond), holds("exit not 0", code != 0)},
	}, nil
}

// ramble answers without end, a delta after each pause, and reports when the client left.
func ramble(w http.ResponseWriter, r *http.Request, pause time.Duration) time.Time {
	swallow(r)
	say, as := stream(w), messages()
	say(as.opening + as.delta("word "))
	for enough := time.After(10 * time.Second); ; {
		select {
		case <-r.Context().Done():
			return time.Now()
		case <-enough:
			return time.Now()
		case <-time.After(pause):
			say(as.delta("word "))
		}
	}
}

// leave runs the program, reads the beginning of its answer and closes the pipe.
func leave(j job) (closed, ended time.Time, code int, err error) {
	cmd := exec.Command(j.Args[0], j.Args[1:]...)
	cmd.Env = j.Env
	out, err := cmd.StdoutPipe()
	if err != nil {
		return closed, ended, 0, err
	}
	if err := cmd.Start(); err != nil {
		return closed, ended, 0, err
	}
	if _, err := io.ReadFull(out, make([]byte, 4)); err != nil {
		return closed, ended, 0, err
	}
	closed = time.Now()
	out.Close()
	_ = cmd.Wait() // it fails: that is measured
	return closed, time.Now(), cmd.ProcessState.ExitCode(), nil
}
