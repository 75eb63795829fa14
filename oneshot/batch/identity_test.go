package batch

import (
	"testing"

	"hermes/oneshot/batch/journal"
)

// TestOccurrences: equal rows have keys of their own, also beyond what a byte counts, and the same ones in the next run.
func TestOccurrences(t *testing.T) {
	t.Parallel()
	o := options("", nil, nil)
	o.Journal = "j"
	var first []journal.Key
	for run := range 2 {
		in := &intake{o: &o, seen: map[[7]byte]uint8{}, many: map[[7]byte]uint32{}}
		known := map[journal.Key]bool{}
		for i := range 700 {
			task := in.task(t.Context(), line{n: i + 1, text: []byte(`"the same"`)})
			if run == 0 {
				first = append(first, task.key)
			}
			if known[task.key] || task.key != first[i] {
				t.Fatalf("row %d: the key %s came before, or is another in the next run", i, task.key)
			}
			known[task.key] = true
		}
	}
}
