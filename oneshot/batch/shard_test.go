package batch

import (
	"strings"
	"testing"

	"hermes/oneshot/batch/journal"
)

// TestShard: each row is of one shard, which follows from the last 8 bytes of its key alone, and the whole has all.
func TestShard(t *testing.T) {
	t.Parallel()
	for last := range 256 {
		k := journal.Key{0: 1, 7: 1, 15: byte(last)}
		for i := range uint64(3) {
			if got := (Shard{i, 3}).has(k); got != (uint64(last)%3 == i) {
				t.Errorf("%d in %d of 3: %v", last, i, got)
			}
		}
		if !(Shard{}).has(k) {
			t.Errorf("%d is not in the whole", last)
		}
	}
	if (Shard{0, 1 << 9}).has(journal.Key{14: 1}) { // 256
		t.Error("byte 14 does not count")
	}
}

func TestParseShard(t *testing.T) {
	t.Parallel()
	slurm := func(id, count, least, most, step string) map[string]string {
		return map[string]string{
			"SLURM_ARRAY_TASK_ID": id, "SLURM_ARRAY_TASK_COUNT": count, "SLURM_ARRAY_TASK_MIN": least, "SLURM_ARRAY_TASK_MAX": most, "SLURM_ARRAY_TASK_STEP": step,
		}
	}
	const form, gaps = "--shard %s: it is I/N with I from 0 to N-1, auto, or auto/N", "--shard auto: the numbers of this Slurm array have gaps; use --array=0-N"
	for _, c := range []struct {
		in   string
		env  map[string]string
		want string
	}{
		{"", nil, ""},
		{"0/1", nil, "0-of-1"},
		{"2/3", nil, "2-of-3"},
		{"3/3", nil, form},
		{"-1/3", nil, form},
		{"1", nil, form},
		{"a/3", nil, form},
		{"1/b", nil, form},
		{"0/0", nil, form},
		{"1/a", nil, form},
		{"a/11", nil, form},
		{"1/4294967295", nil, "1-of-4294967295"},
		{"1/4294967296", nil, form},
		{"4294967296/4294967297", nil, form},
		{"auto", slurm("4", "3", "1", "7", "3"), "1-of-3"},
		{"auto", slurm("0", "4", "0", "3", "1"), "0-of-4"},
		{"auto", slurm("3", "4", "0", "3", "1"), "3-of-4"},
		{"auto", slurm("1", "4", "1", "4", "1"), "0-of-4"},
		{"auto", slurm("11", "4", "5", "11", "2"), "3-of-4"},
		{"auto", slurm("5", "1", "5", "5", "1"), "0-of-1"},
		{"auto/9", slurm("3", "4", "0", "3", "1"), "3-of-9"},
		{"auto", slurm("5", "3", "3", "11", "1"), gaps},
		{"auto", slurm("6", "4", "5", "11", "2"), gaps},
		{"auto", slurm("0", "1", "0", "0", "0"), gaps},
		{"auto", slurm("0", "4", "0", "3", ""), "--shard auto: neither SLURM_ARRAY_TASK_STEP nor JOB_COMPLETION_INDEX is a number here"},
		{"auto", nil, "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is a number here"},
		{"auto", map[string]string{"JOB_COMPLETION_INDEX": "2"}, "--shard auto: Kubernetes does not tell how many completions the job has; say --shard auto/N"},
		{"auto/3", map[string]string{"JOB_COMPLETION_INDEX": "2"}, "2-of-3"},
		{"auto/", map[string]string{"JOB_COMPLETION_INDEX": "2"}, "--shard auto: Kubernetes does not tell how many completions the job has; say --shard auto/N"},
	} {
		s, err := parseShard(c.in, func(name string) string { return c.env[name] })
		got := s.name()
		if err != nil {
			got = err.Error()
		}
		if want := strings.ReplaceAll(c.want, "%s", c.in); got != want {
			t.Errorf("%q of %v: %s, want %s", c.in, c.env, got, want)
		}
	}
}
