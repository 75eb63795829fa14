package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bench holds what all rows need.
type bench struct {
	hermes, floor string
	diff          bool   // floor is an earlier hermes
	curl          string // empty: there is none
	rounds        int
	dir           string // for homes and files, gone at the end
	launcher      string // the program
	launch        *launcher
	leastRSS      []int64 // what the rss column shows of a program that needs nothing, by group
}

func newBench(hermes, floor string, rounds int) (*bench, error) {
	dir, err := os.MkdirTemp("", "hermes-compare-")
	if err != nil {
		return nil, err
	}
	b := &bench{rounds: max(rounds, 1), dir: dir}
	b.curl, _ = exec.LookPath("curl")
	var errs [3]error
	b.hermes, errs[0] = install(hermes, dir)
	b.floor, errs[1] = install(floor, dir)
	b.launcher, errs[2] = buildLauncher(dir)
	if err := errors.Join(errs[:]...); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// install copies a program into the folder, as an installation does. A file that the linker has just written is in the page cache in
// smaller pieces and is slower to map: up to 12 % of a short run.
func install(program, dir string) (string, error) {
	from, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer from.Close()
	name := filepath.Join(dir, filepath.Base(program))
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return name, errors.Join(err, to.Close())
}

// version is what hermes says of itself.
func (b *bench) version() (string, error) {
	cmd := exec.Command(b.hermes, "--version")
	cmd.Env = bare(b.dir)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func (b *bench) close() { os.RemoveAll(b.dir) }

// measure runs a group with a new launcher, which is still small, and notes the rss below which the column shows nothing.
func (b *bench) measure(g group) ([]row, error) {
	var err error
	if b.launch, err = startLauncher(b.launcher); err != nil {
		return nil, err
	}
	defer b.launch.close()
	rows, err := g.run(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.name, err)
	}
	if nothing, err := exec.LookPath("true"); err == nil {
		s, err := b.launch.run(job{Args: []string{nothing}})
		b.leastRSS = append(b.leastRSS, s.RSS)
		return rows, err
	}
	return rows, nil
}

// share is a part of the rounds, for workloads that take long: 1 is all, 10 a tenth.
func (b *bench) share(part int) int { return max(b.rounds/part, 3) }

// compete runs the jobs in turns, once unmeasured and then in each round, and returns the median of each. Each round begins with
// another job, so that no job always follows the same one. check, which may be nil, sees every sample.
func (b *bench) compete(rounds int, jobs []job, check func(i int, s sample)) ([]sample, error) {
	samples := make([][]sample, len(jobs))
	for r := range rounds + 1 {
		for k := range jobs {
			i := (r + k) % len(jobs)
			s, err := b.launch.run(jobs[i])
			if err != nil {
				return nil, err
			}
			if check != nil {
				check(i, s)
			}
			if r > 0 {
				samples[i] = append(samples[i], s)
			}
		}
	}
	medians := make([]sample, len(jobs))
	for i, all := range samples {
		medians[i] = medianOf(all)
	}
	return medians, nil
}

// binary compares the files as they are; make bench builds both without symbols.
func (b *bench) binary() ([]row, error) {
	h, err := os.Stat(b.hermes)
	if err != nil {
		return nil, err
	}
	f, err := os.Stat(b.floor)
	if err != nil {
		return nil, err
	}
	over := ratio(h.Size(), f.Size())
	return []row{{
		name: "binary, stripped", hermes: megabytes(h.Size() / 1024), floor: megabytes(f.Size() / 1024), ratio: fmt.Sprintf("%.2f", over),
		limits: []limit{most("", over, 1.5)},
	}}, nil
}
