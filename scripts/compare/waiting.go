package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	waiters   = 100
	waitFor   = 5 * time.Second // the processes are watched that long
	waitStart = 30 * time.Second
	tick      = 10 * time.Millisecond // of /proc/PID/stat
)

// slow is the cpu of a short answer that takes long: what it costs to wait for a delta, 200 times.
func (b *bench) slow(on wire) ([]row, error) {
	s, stop, err := b.hostSite(on, func(w http.ResponseWriter, r *http.Request) { drip(w, r, on) })
	if err != nil {
		return nil, err
	}
	defer stop()
	all, err := b.compete(b.share(10), s.pair(), nil)
	if err != nil {
		return nil, err
	}
	name := on.row(fmt.Sprintf("%d deltas 5 ms apart", lagDeltas))
	return []row{processes(name, all, most("cpu", ratio(all[0].CPU, all[1].CPU), 1.1))}, nil
}

// waiting is the cpu of processes whose model is silent, as a share of one core.
func (b *bench) waiting() ([]row, error) {
	if runtime.GOOS != "linux" || b.diff { // the cpu of a process that runs is told by /proc alone
		return nil, nil
	}
	var here atomic.Int64
	s, stop, err := b.hostSite(messages(), func(w http.ResponseWriter, r *http.Request) {
		swallow(r)
		here.Add(1)
		<-r.Context().Done()
		here.Add(-1)
	})
	if err != nil {
		return nil, err
	}
	defer stop()
	jobs := s.pair()
	shares := make([]float64, len(jobs))
	for i, j := range jobs {
		if shares[i], err = waitTogether(j, &here); err != nil {
			return nil, err
		}
	}
	percent := func(i int) string { return fmt.Sprintf("%.1f %% of a core", 100*shares[i]) }
	r := row{
		name: fmt.Sprintf("%d processes that wait for a model", waiters), hermes: percent(0), floor: percent(1),
		limits: []limit{most("", 100*shares[0], 2)},
	}
	if len(jobs) > 2 {
		r.curl = percent(2)
	}
	return []row{r}, nil
}

// waitTogether starts the processes, and when all are asking, sees what they take in waitFor. They are killed at the end.
func waitTogether(j job, here *atomic.Int64) (share float64, err error) {
	var all []*exec.Cmd
	defer func() {
		for _, cmd := range all {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		for end := time.Now().Add(waitStart); here.Load() > 0 && time.Now().Before(end); time.Sleep(tick) {
		}
	}()
	for range waiters {
		cmd := exec.Command(j.Args[0], j.Args[1:]...)
		cmd.Env = j.Env
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		all = append(all, cmd)
	}
	for end := time.Now().Add(waitStart); here.Load() < waiters; time.Sleep(tick) {
		if time.Now().After(end) {
			return 0, fmt.Errorf("%d of %d processes asked within %v", here.Load(), waiters, waitStart)
		}
	}
	time.Sleep(time.Second) // what a start leaves behind is over
	before, err := ticksOf(all)
	if err != nil {
		return 0, err
	}
	time.Sleep(waitFor)
	after, err := ticksOf(all)
	return float64(time.Duration(after-before)*tick) / float64(waitFor), err
}

// ticksOf is the cpu that the processes took so far: fields 14 and 15 of /proc/PID/stat, see proc_pid_stat(5).
func ticksOf(all []*exec.Cmd) (sum int64, err error) {
	for _, cmd := range all {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		if err != nil {
			return 0, err
		}
		fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:]) // from the third on
		if len(fields) < 13 {
			return 0, errors.New("/proc/PID/stat is short")
		}
		for _, f := range fields[11:13] {
			n, err := strconv.ParseInt(string(f), 10, 64)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}

const family = 300

// children are so many processes that one parent starts at once: how long the last of them wait for their first text.
func (b *bench) children() ([]row, error) {
	s, stop, err := b.sandbox()
	if err != nil {
		return nil, err
	}
	defer stop()
	jobs := s.pair()
	for i := range jobs {
		jobs[i].Procs, jobs[i].AtOnce = family, family
	}
	all, err := b.compete(b.share(20), jobs, nil)
	if err != nil {
		return nil, err
	}
	r := row{
		name: fmt.Sprintf("first text of %d children started at once, p99", family), hermes: ms(all[0].Late), floor: ms(all[1].Late),
		ratio: fmt.Sprintf("%.2f", ratio(all[0].Late, all[1].Late)),
	}
	if len(all) > 2 {
		over := ratio(all[0].Late, all[2].Late)
		r.curl, r.over, r.limits = ms(all[2].Late), fmt.Sprintf("%.2f", over), []limit{most("hermes/curl", over, 2)}
	}
	return []row{r}, nil
}
