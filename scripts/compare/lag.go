package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"
)

const (
	lagDeltas = 200
	lagPause  = 5 * time.Millisecond
	lagText   = "word %3d" // all of one length; the last delta ends the line
	lagBytes  = 8
)

// lags holds for each round the p50 and p99 of the deltas' delay, and the number of reads, which are the writes (packets).
type lags struct {
	half, most []time.Duration
	reads      []int64
}

// lag measures from the server's write of a delta to the read from stdout that brings its last byte. Both happen in this
// process, so one clock times them.
func (b *bench) lag(on wire) ([]row, error) {
	sent := make(chan []time.Time, 1)
	s, stop, err := b.hostSite(on, func(w http.ResponseWriter, r *http.Request) { sent <- drip(w, r, on) })
	if err != nil {
		return nil, err
	}
	defer stop()
	jobs := []job{s.ask(), s.least()}
	all := make([]lags, len(jobs))
	for r := range b.share(15) + 1 {
		for k := range jobs {
			i := (r + k) % len(jobs)
			got, err := listen(jobs[i])
			if err != nil {
				return nil, err
			}
			if wrote := <-sent; r > 0 {
				all[i].note(lateness(wrote, got), len(got))
			}
		}
	}
	return lagRows(on, all[0], all[1]), nil
}

func (l *lags) note(late []time.Duration, reads int) {
	l.half, l.most = append(l.half, percentile(late, 50)), append(l.most, percentile(late, 99))
	l.reads = append(l.reads, int64(reads))
}

// lagRows takes the median of the rounds' percentiles: a moment in which the machine was busy spoils one round only.
func lagRows(on wire, h, f lags) []row {
	var rows []row
	for _, p := range []struct {
		name          string
		hermes, floor []time.Duration
	}{{"p50", h.half, f.half}, {"p99", h.most, f.most}} {
		a, c := median(p.hermes), median(p.floor)
		rows = append(rows, row{
			name: on.row(fmt.Sprintf("lag of a token, %s (%d deltas 5 ms apart)", p.name, lagDeltas)), hermes: micros(a), floor: micros(c),
			ratio: fmt.Sprintf("%.2f", ratio(a, c)), limits: []limit{most("", ratio(a, c), 1.1)},
		})
	}
	n := median(h.reads)
	return append(rows, row{
		name: on.row(fmt.Sprintf("writes for %d deltas", lagDeltas)), hermes: fmt.Sprint(n), floor: fmt.Sprint(median(f.reads)),
		limits: []limit{holds("one write a delta", n == lagDeltas)},
	})
}

// drip sends the deltas one by one and reports when it wrote each.
func drip(w http.ResponseWriter, r *http.Request, as wire) (wrote []time.Time) {
	swallow(r)
	say := stream(w)
	say(as.opening)
	for i := range lagDeltas {
		select {
		case <-time.After(lagPause): // no ticker: late, it would make two of them follow at once
		case <-r.Context().Done():
			return wrote
		}
		event := as.delta(lagWord(i))
		wrote = append(wrote, time.Now())
		say(event)
	}
	say(as.closing)
	return wrote
}

func lagWord(i int) string {
	word := fmt.Sprintf(lagText, i)
	if i == lagDeltas-1 {
		word = word[:lagBytes-1] + "\n"
	}
	return word
}

// arrival is a read from stdout: its time, and how many bytes had come by then.
type arrival struct {
	at    time.Time
	bytes int
}

// listen runs the program and notes every read of its stdout.
func listen(j job) (got []arrival, err error) {
	cmd := exec.Command(j.Args[0], j.Args[1:]...)
	cmd.Env = j.Env
	cmd.Stderr = os.Stderr
	out, in, err := packets()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stdout = in
	err = cmd.Start()
	in.Close() // the program has its own
	if err != nil {
		return nil, err
	}
	buf, total := make([]byte, 64<<10), 0
	for {
		n, err := out.Read(buf)
		if total += n; n > 0 {
			got = append(got, arrival{time.Now(), total})
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		return nil, err
	}
	if total != lagDeltas*lagBytes {
		return nil, errors.New("the answer is incomplete")
	}
	return got, nil
}

// lateness is the time from each write to the read that brought its last byte.
func lateness(wrote []time.Time, got []arrival) (late []time.Duration) {
	for i, at := range wrote {
		for len(got) > 0 && got[0].bytes < (i+1)*lagBytes {
			got = got[1:]
		}
		if len(got) == 0 {
			break
		}
		late = append(late, got[0].at.Sub(at))
	}
	return late
}
