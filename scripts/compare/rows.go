package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// token is an answer of one delta, so it measures the start.
func (b *bench) token(on wire) ([]row, error) {
	s, stop, err := b.sandboxOn(on)
	if err != nil {
		return nil, err
	}
	defer stop()
	all, err := b.compete(b.rounds, s.pair(), nil)
	if err != nil {
		return nil, err
	}
	h, f := all[0], all[1]
	limits := []limit{most("wall", ratio(h.Wall, f.Wall), 1.25), most("cpu", ratio(h.CPU, f.CPU), 1.35), most("rss", ratio(h.RSS, f.RSS), 2)}
	early := row{
		name: on.row("first byte into a pipe"), hermes: ms(h.First), floor: ms(f.First), ratio: fmt.Sprintf("%.2f", ratio(h.First, f.First)),
		limits: []limit{most("", ratio(h.First, f.First), 1.25)},
	}
	if len(all) > 2 {
		c := all[2]
		limits = append(limits, holds("wall below curl", h.Wall < c.Wall))
		early.curl, early.over = ms(c.First), fmt.Sprintf("%.2f", ratio(h.First, c.First))
	}
	return []row{processes(on.row("1-token answer"), all, limits...), early}, nil
}

// alone are the commands that send no request, compared with gofloor's 1-token answer.
func (b *bench) alone() ([]row, error) {
	s, stop, err := b.sandbox()
	if err != nil {
		return nil, err
	}
	defer stop()
	lines := []string{"--version", "--help", "completion bash"}
	command := func(program, line string) job {
		return job{Args: append([]string{program}, strings.Fields(line)...), Env: s.env}
	}
	if b.diff {
		return b.aloneOverBase(lines, command)
	}
	jobs := []job{s.least()}
	for _, line := range lines {
		jobs = append(jobs, command(b.hermes, line))
	}
	all, err := b.compete(b.rounds, jobs, nil)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, line := range lines {
		h := all[i+1]
		rows = append(rows, processes(line, []sample{h, all[0]}, most("wall", ratio(h.Wall, all[0].Wall), 1)))
	}
	return rows, nil
}

// aloneOverBase compares each command with the same one of an earlier hermes.
func (b *bench) aloneOverBase(lines []string, command func(program, line string) job) (rows []row, err error) {
	for _, line := range lines {
		all, err := b.compete(b.rounds, []job{command(b.hermes, line), command(b.floor, line)}, nil)
		if err != nil {
			return nil, err
		}
		rows = append(rows, processes(line, all))
	}
	return rows, nil
}

// deltas are long answers as text. The cost of a delta must not grow with their number.
func (b *bench) deltas(on wire) ([]row, error) {
	few, fewWrong, err := b.big(on, 20_000, b.share(10))
	if err != nil {
		return nil, err
	}
	many, wrong, err := b.big(on, 100_000, b.share(15))
	if err != nil {
		return nil, err
	}
	h, f := many[0], many[1]
	long := processes(on.row("5 MB in 100k deltas, text"), many, most("wall", ratio(h.Wall, f.Wall), 0.12), most("rss", ratio(h.RSS, f.RSS), 1))
	short := processes(on.row("20k deltas, text"), few)
	short.wrong, long.wrong = fewWrong, wrong
	growth := row{name: on.row("100k deltas over 20k"), limits: []limit{most("", ratio(h.Wall, few[0].Wall), 6)}}
	growth.grow(few, many)
	return []row{short, long, growth}, nil
}

// grow fills the cells with how many times longer each program takes for more deltas.
func (r *row) grow(less, more []sample) {
	for i, cell := range []*string{&r.hermes, &r.floor, &r.curl} {
		if i < len(more) {
			*cell = fmt.Sprintf("× %.1f", ratio(more[i].Wall, less[i].Wall))
		}
	}
}

// bigLine is a delta of the sandbox's long answers.
const bigLine = "0123456789012345678901234567890123456789bytes 50.\n"

// big is an answer of n deltas, and how many of the processes did not write just those. All are counted, and one of each
// program, which is not timed, is hashed.
func (b *bench) big(on wire, n, rounds int) (all []sample, wrong int, err error) {
	s, stop, err := b.sandboxOn(on, "--fault", fmt.Sprintf("big=%d", n))
	if err != nil {
		return nil, 0, err
	}
	defer stop()
	want := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Repeat(bigLine, n))))
	for _, j := range []job{s.ask(), s.least()} {
		j.Sum = true
		got, err := b.launch.run(j)
		if err != nil {
			return nil, 0, err
		}
		if got.Out != want {
			wrong++
		}
	}
	all, err = b.compete(rounds, s.pair(), func(i int, s sample) {
		if i < 2 && s.Bytes != int64(len(bigLine)*n) {
			wrong++
		}
	})
	return all, wrong, err
}

func (b *bench) streamJSON() ([]row, error) {
	s, stop, err := b.sandbox("--fault", "big=100000")
	if err != nil {
		return nil, err
	}
	defer stop()
	all, err := b.compete(b.share(15), []job{s.ask("--output-format", "stream-json"), s.least("--output-format", "stream-json")}, nil)
	if err != nil {
		return nil, err
	}
	return []row{processes("100k deltas, stream-json", all, most("wall", ratio(all[0].Wall, all[1].Wall), 0.35), most("rss", ratio(all[0].RSS, all[1].RSS), 1.3))}, nil
}

// utf8 is an answer in which each event is one write, and each character beyond ASCII is cut into two writes.
func (b *bench) utf8() ([]row, error) {
	text := strings.Repeat("grüße, 世界, 🙂 \\ \"ende\"\n", 40)
	script, err := json.Marshal(map[string]any{"answers": []any{map[string]any{"text": text, "fault": "split-utf8"}}})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, "utf8.yaml") // JSON is YAML
	if err := os.WriteFile(file, script, 0o600); err != nil {
		return nil, err
	}
	s, stop, err := b.sandbox("--script", file)
	if err != nil {
		return nil, err
	}
	defer stop()
	jobs := s.pair()
	for i := range jobs {
		jobs[i].Sum = true
	}
	want, wrong := fmt.Sprintf("%x", sha256.Sum256([]byte(text))), 0
	all, err := b.compete(b.share(15), jobs, func(i int, s sample) {
		if i < 2 && s.Out != want {
			wrong++
		}
	})
	if err != nil {
		return nil, err
	}
	r := processes("answer cut inside UTF-8, a write per event", all, holds("exact bytes", wrong == 0))
	r.wrong = wrong
	return []row{r}, nil
}

// crowd is many processes at once: nothing may make their starts wait for each other.
func (b *bench) crowd() ([]row, error) {
	s, stop, err := b.sandbox()
	if err != nil {
		return nil, err
	}
	defer stop()
	jobs := s.pair()
	for i := range jobs {
		jobs[i].Procs = 200
	}
	all, err := b.compete(b.share(20), jobs, nil)
	if err != nil {
		return nil, err
	}
	return []row{processes("one of 200 one-shots, 32 at a time", all, most("wall", ratio(all[0].Wall, all[1].Wall), 1.3))}, nil
}
