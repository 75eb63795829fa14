// Command compare times whole processes side by side: hermes, gofloor and curl, in turns within one run. The ratios of
// the medians are the claim, the milliseconds only this machine's.
//
//	compare [-n ROUNDS] [-run REGEXP] [-json FILE] HERMES GOFLOOR
//
// The server is hermes sandbox. Where that does not suffice (a TLS certificate, a clock that the server and the reader share, counted
// requests, prompts larger than the sandbox takes) the server runs inside of this process.
//
// Wall, CPU and RSS are taken by the launcher, a small program of its own: a child's ru_maxrss is never below the resident
// set of the process that started it. The line under the table says below which value the column shows nothing.
//
// Both Go programs are measured as installed copies. Every program gets the same small environment and its own home, with config.yaml
// and auth.json.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == toolServer {
		serveTools()
		return
	}
	if err := compare(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// group is a measurement of one or more rows.
type group struct {
	name string // what -run is matched with: what is measured (start, stream, prompt, crowd, batch, failure), and the names of its rows
	run  func(*bench) ([]row, error)
}

// groups are all that is measured, in the order of the table.
func groups() []group {
	return slices.Concat(
		onEach("start · 1-token answer · first byte into a pipe", (*bench).token),
		[]group{
			{"https · the same over https, the system's bundle and folders of roots · the bundle alone", (*bench).https},
			{"start · --version · --help · completion bash", (*bench).alone},
		},
		onEach("stream · lag of a token, p50 · lag of a token, p99 · writes for 200 deltas", (*bench).lag),
		onEach("stream · 200 deltas 5 ms apart", (*bench).slow),
		onEach("stream · 20k deltas, text · 5 MB in 100k deltas, text · 100k deltas over 20k", (*bench).deltas),
		[]group{
			{"stream · 100k deltas, stream-json", (*bench).streamJSON},
			{"stream · answer cut inside UTF-8", (*bench).utf8},
			{"prompt · 10 MB on stdin · 100 MB on stdin · 100 MB over 10 MB", (*bench).prompts},
			{"crowd · one of 200 one-shots, 32 at a time", (*bench).crowd},
			{"crowd · 100 processes that wait for a model", (*bench).waiting},
			{"crowd · first text of 300 children started at once", (*bench).children},
			{"batch · rows through batch --jobs 64 · beside one process a row (xargs -P 64)", (*bench).batch},
			{"batch · 10,000 and 100,000 rows with a journal · 100,000 finished rows resumed", (*bench).scale},
			{"tools · a call of a stdio server, of 100 in a loop", (*bench).loop},
			{"failure · 429, Retry-After 1 · 401 · 500 · stdout closed early", (*bench).failures},
			{"start · binary, stripped", (*bench).binary},
		},
	)
}

// onEach is a measurement on each of the wires.
func onEach(name string, run func(*bench, wire) ([]row, error)) (all []group) {
	for _, w := range wires() {
		all = append(all, group{name + " · " + w.transport, func(b *bench) ([]row, error) { return run(b, w) }})
	}
	return all
}

func compare(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("compare", flag.ExitOnError)
	rounds := flags.Int("n", 100, "rounds of the short workloads; the long ones get a share")
	only := flags.String("run", "", "measure only what matches `REGEXP`: start, https, stream, prompt, crowd, batch, failure, a wire, names of rows, or peers")
	lines := flags.String("json", os.DevNull, "write each row as a JSON line into `FILE` too")
	diff := flags.Bool("diff", false, "the second program is an earlier hermes: compare with it")
	_ = flags.Parse(args) // exits
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return errors.New("usage: compare [-n ROUNDS] [-run REGEXP] [-json FILE] HERMES GOFLOOR, or compare -diff HERMES BASE")
	}
	b, err := newBench(flags.Arg(0), flags.Arg(1), *rounds)
	if err != nil {
		return err
	}
	defer b.close()
	fmt.Fprintf(out, "%s, %s/%s, %d CPUs, medians of paired rounds\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if b.diff = *diff; b.diff {
		b.compareBase(out, wanted)
		return nil
	}
	file, err := os.Create(*lines)
	if err != nil {
		return err
	}
	wrong, err := b.table(out, file, wanted)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if wanted.MatchString("peers") {
		if err := b.peers(out); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d answers or prompts are not the bytes that were sent", wrong)
	}
	return nil
}

// table prints the rows of the groups that are wanted, in Markdown and as JSON lines, and counts the bytes that went wrong.
func (b *bench) table(out, lines io.Writer, wanted *regexp.Regexp) (wrong int, err error) {
	all := slices.DeleteFunc(groups(), func(g group) bool { return !wanted.MatchString(g.name) })
	if len(all) == 0 {
		return 0, nil
	}
	version, err := b.version()
	if err != nil {
		return 0, err
	}
	fmt.Fprint(out, tableHead)
	for _, g := range all {
		rows, err := b.measure(g)
		if err != nil {
			return wrong, err
		}
		for _, r := range rows {
			fmt.Fprintln(out, r)
			wrong += r.wrong
			if err := r.write(lines, g.kind(), version); err != nil {
				return wrong, err
			}
		}
	}
	if len(b.leastRSS) > 0 {
		fmt.Fprintf(out, "\nWhat needs nothing would show an rss of %s, behind the busiest row %s.\n", megabytes(median(b.leastRSS)), megabytes(slices.Max(b.leastRSS)))
	}
	return wrong, nil
}
