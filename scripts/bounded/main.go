// bounded runs go test and ends it when a test does not end, naming the test: bounded [-within D] go test [FLAG...] PACKAGE...
//
// The -timeout of go test is for a whole package, so it must be long. Here each test may be silent for a minute: a line of output, such
// as one of t.Log, shows that it is alive. A test that waits for its turn or for its subtests is not counted. When the machine has
// more to do than processors, the minute is as many times longer, so that a slow test is not taken for a hanging one.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	within := flag.Duration("within", time.Minute, "how long a test may be silent")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args(), os.Stdout, func() time.Duration { return time.Duration(float64(*within) * crowd()) }); err != nil {
		fmt.Fprintln(os.Stderr, "bounded:", err)
		os.Exit(1)
	}
}

// crowd is the machine's load divided by its processors, at least 1; 1 where the load is unknown.
func crowd() float64 {
	load := 0.0
	if raw, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(raw), &load)
	}
	return max(1, load/float64(runtime.NumCPU()))
}

// event is a line of go test -json.
type event struct{ Action, Package, Test, Output string }

// run starts the command and shows what go test would without -v. The error is a test that hangs, or that go test failed.
func run(ctx context.Context, args []string, out io.Writer, patience func() time.Duration) error {
	i := slices.Index(args, "test")
	if i < 1 {
		return errors.New("no go test in the line: bounded [-within D] go test [ARGUMENT]")
	}
	cmd := exec.Command(args[0], slices.Insert(slices.Clone(args[1:]), i, "-json")...)
	cmd.Stderr = os.Stderr
	group(cmd)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	events := make(chan event)
	go read(pipe, events)
	hung := follow(ctx, events, out, patience, func(hard bool) { end(cmd, hard) })
	if err := cmd.Wait(); hung == nil && err != nil {
		return err
	}
	return hung
}

func read(pipe io.Reader, events chan<- event) {
	defer close(events)
	lines := bufio.NewReader(pipe)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 && json.Unmarshal(line, &e) != nil {
			e = event{Action: "build-output", Output: string(line)}
		}
		if events <- e; err != nil {
			return
		}
	}
}

// follow shows events until there are no more, and asks for the end of all when a test is silent for too long.
func follow(ctx context.Context, events <-chan event, out io.Writer, patience func() time.Duration, end func(hard bool)) (hung error) {
	t := tests{heard: map[string]time.Time{}, waits: map[string]bool{}, said: map[string][]string{}}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var hard <-chan time.Time
	done := ctx.Done()
	stop := func(err error) {
		t.loud = true
		hung, done, hard = err, nil, time.After(5*time.Second)
		end(false)
	}
	for {
		select {
		case e, more := <-events:
			if !more {
				return hung
			}
			t.take(e, out)
		case <-tick.C:
			if name := t.silent(patience()); name != "" && hung == nil {
				stop(fmt.Errorf("%s does not end: nothing was heard of it for %v", name, patience().Round(time.Second)))
			}
		case <-done:
			stop(ctx.Err())
		case <-hard:
			end(true)
		}
	}
}

// tests is what is known of those that have begun and not ended, by package and name.
type tests struct {
	heard map[string]time.Time
	waits map[string]bool // for its turn, or to be told of
	said  map[string][]string
	loud  bool // a hang was found: what is said from here on is where everything stands
}

func (t *tests) take(e event, out io.Writer) {
	key := strings.TrimSuffix(e.Package+" "+e.Test, " ")
	switch e.Action {
	case "start", "run", "pause", "cont":
		t.heard[key] = time.Now()
		t.waits[key] = e.Action == "pause"
	case "output":
		if _, begun := t.heard[key]; begun {
			t.heard[key] = time.Now()
		}
		if strings.HasPrefix(strings.TrimLeft(e.Output, " "), "--- ") { // it is over; the event for that comes with the next line
			t.waits[key] = true
		}
		if t.loud || e.Test == "" && e.Output != "PASS\n" && !strings.HasPrefix(e.Output, "coverage:") {
			fmt.Fprint(out, e.Output)
		} else if !strings.HasPrefix(e.Output, "=== ") {
			t.said[key] = append(t.said[key], e.Output)
		}
	case "build-output":
		fmt.Fprint(out, e.Output)
	case "pass", "skip", "fail":
		if e.Action == "fail" {
			fmt.Fprint(out, strings.Join(t.said[key], ""))
		}
		delete(t.heard, key)
		delete(t.said, key)
		for up := strings.LastIndexByte(key, '/'); up > len(e.Package); up = strings.LastIndexByte(key[:up], '/') {
			if _, begun := t.heard[key[:up]]; begun { // it has the word again; a name may have a / of its own
				t.heard[key[:up]] = time.Now()
				break
			}
		}
		if _, begun := t.heard[e.Package]; begun && e.Test != "" {
			t.heard[e.Package] = time.Now()
		}
	}
}

// silent names a test that was last heard of too long ago, "" where there is none.
func (t *tests) silent(patience time.Duration) string {
	names := slices.Sorted(maps.Keys(t.heard))
	for i, name := range names {
		inner := slices.ContainsFunc(names[i+1:], func(other string) bool {
			return strings.HasPrefix(other, name+"/") || !strings.Contains(name, " ") && strings.HasPrefix(other, name+" ")
		})
		if !inner && !t.waits[name] && time.Since(t.heard[name]) > patience {
			return name
		}
	}
	return ""
}
