package batch

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
)

// Shard is part I of N parts, from 0 on. The zero value is the whole.
type Shard struct{ I, N uint64 }

// has reports whether a row belongs to the shard. It follows from the row alone, so that N may change between two runs.
func (s Shard) has(k journal.Key) bool { return s.N == 0 || binary.BigEndian.Uint64(k[8:])%s.N == s.I }

// name is what the shard is called in the folder of a journal, "" for the whole.
func (s Shard) name() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d-of-%d", s.I, s.N)
}

// parseShard reads I/N; auto, which takes both from the variables of a Slurm array; or auto/N, which takes I from those or from
// that of a Kubernetes Indexed Job.
func parseShard(s string, getenv func(string) string) (Shard, error) {
	if s == "" {
		return Shard{}, nil
	}
	part, of, split := strings.Cut(s, "/")
	if part == "auto" {
		var count string
		var err error
		if part, count, err = arrayTask(getenv); err != nil {
			return Shard{}, err
		}
		if !split {
			of = count
		}
		if of == "" {
			return Shard{}, misuse("--shard auto: Kubernetes does not tell how many completions the job has; say --shard auto/N")
		}
	}
	i, err := strconv.ParseUint(part, 10, 32)
	n, err2 := strconv.ParseUint(of, 10, 32)
	if err != nil || err2 != nil || i >= n {
		return Shard{}, misuse("--shard %s: it is I/N with I from 0 to N-1, auto, or auto/N", s)
	}
	return Shard{i, n}, nil
}

// arrayTask finds the number of this task, from 0, and how many there are, "" where that is not told.
func arrayTask(getenv func(string) string) (task, count string, err error) {
	if i := getenv("JOB_COMPLETION_INDEX"); i != "" {
		return i, "", nil
	}
	var v [5]int // ID COUNT MIN MAX STEP
	for i, name := range []string{"ID", "COUNT", "MIN", "MAX", "STEP"} {
		if v[i], err = strconv.Atoi(getenv("SLURM_ARRAY_TASK_" + name)); err != nil {
			return "", "", misuse("--shard auto: neither SLURM_ARRAY_TASK_%s nor JOB_COMPLETION_INDEX is a number here", name)
		}
	}
	id, n, least, most, step := v[0], v[1], v[2], v[3], v[4]
	if step < 1 || (most-least)/step+1 != n || (id-least)%step != 0 { // --array=3,5,11
		return "", "", misuse("--shard auto: the numbers of this Slurm array have gaps; use --array=0-N")
	}
	return strconv.Itoa((id - least) / step), strconv.Itoa(n), nil
}

func misuse(format string, args ...any) error {
	return &input.Error{ErrClass: class.Usage, Msg: fmt.Sprintf(format, args...)}
}
