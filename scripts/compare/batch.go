package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Rows of the measurements of a batch.
const (
	someRows = 10_000
	manyRows = 100_000
	aProcess = 500 // rows where each is a process
)

// rowsFile makes a file of n rows, each with another prompt.
func (b *bench) rowsFile(n int) (string, error) {
	name := filepath.Join(b.dir, fmt.Sprintf("rows-%d", n))
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(w, "{\"id\":\"r%d\",\"prompt\":\"p%d\"}\n", i, i)
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return name, f.Close()
}

// rowsOf is hermes batch over the file.
func (s *site) rowsOf(file string, flags ...string) job {
	return job{Args: append(append([]string{s.b.hermes, "batch", "--jobs", "64", "-q"}, flags...), file), Env: s.env, Timeout: 10 * time.Minute}
}

// loopOf is gofloor over the file; an earlier hermes in its place does what hermes does.
func (s *site) loopOf(file string) job {
	j := s.rowsOf(file)
	if j.Args[0] = s.b.floor; !s.b.diff {
		j.Args, j.Env = j.Args[:1], append(j.Env[:len(j.Env):len(j.Env)], "FLOOR_ROWS="+file)
	}
	return j
}

// batch is how many rows a second one process answers, beside a bare loop, and beside one process a row.
func (b *bench) batch() ([]row, error) {
	s, stop, err := b.sandbox()
	if err != nil {
		return nil, err
	}
	defer stop()
	file, err := b.rowsFile(someRows)
	if err != nil {
		return nil, err
	}
	all, err := b.compete(b.share(20), []job{s.rowsOf(file), s.loopOf(file)}, nil)
	if err != nil {
		return nil, err
	}
	h, f := all[0], all[1]
	rate := func(n int, d time.Duration) string { return fmt.Sprintf("%.0f rows/s", float64(n)/d.Seconds()) }
	first := row{
		name: "rows through batch --jobs 64", hermes: rate(someRows, h.Wall), floor: rate(someRows, f.Wall), ratio: fmt.Sprintf("%.2f", ratio(f.Wall, h.Wall)),
		samples: all, limits: []limit{most("rows/s ≥ 0.8, its inverse", ratio(h.Wall, f.Wall), 1/0.8)},
	}
	if _, err := exec.LookPath("xargs"); err != nil || b.diff {
		return []row{first}, nil
	}
	one, err := b.launch.run(job{
		Args: []string{"sh", "-c", fmt.Sprintf("seq %d | xargs -P 64 -n 1 %s", aProcess, b.hermes)}, Env: s.env, Timeout: 10 * time.Minute,
	})
	if err != nil {
		return nil, err
	}
	return []row{first, {
		name: "beside one process a row (xargs -P 64)", hermes: rate(someRows, h.Wall), floor: rate(aProcess, one.Wall),
		ratio: fmt.Sprintf("× %.0f", ratio(one.Wall/aProcess, h.Wall/someRows)),
	}}, nil
}

// scale is what a batch with a journal takes for many rows: the time grows with their number, the memory hardly; and how long it takes
// to find that all is done.
func (b *bench) scale() ([]row, error) {
	s, stop, err := b.sandbox()
	if err != nil {
		return nil, err
	}
	defer stop()
	var all, again []sample
	for i, n := range []int{someRows, manyRows} {
		file, err := b.rowsFile(n)
		if err != nil {
			return nil, err
		}
		journal := filepath.Join(b.dir, fmt.Sprint("journal-", i))
		for _, to := range []*[]sample{&all, &again} {
			one, err := b.launch.run(s.rowsOf(file, "--journal", journal))
			if err != nil {
				return nil, err
			}
			*to = append(*to, one)
		}
	}
	few, many := all[0], all[1]
	took := fmt.Sprintf("%s and %s, %s and %s", ms(few.Wall), ms(many.Wall), megabytes(few.RSS), megabytes(many.RSS))
	return []row{
		{name: "10,000 and 100,000 rows with a journal", hermes: took, ratio: fmt.Sprintf("× %.1f", ratio(many.Wall, few.Wall)), limits: []limit{most("×", ratio(many.Wall, few.Wall), 12), most("MB", float64(many.RSS)/1024, 100)}},
		{name: "100,000 finished rows resumed", hermes: again[1].String(), limits: []limit{most("s", again[1].Wall.Seconds(), 2)}, samples: again[1:]},
	}, nil
}
