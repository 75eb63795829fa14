package output

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// pieces notes each write, and fails at the third.
type pieces [][]byte

func (p *pieces) Write(b []byte) (int, error) {
	if len(*p) == 3 {
		return 0, errors.New("full")
	}
	*p = append(*p, bytes.Clone(b))
	return len(b), nil
}

// TestWholeLines: every write ends with a line and is no longer than a pipe takes at once, but for a longer line.
func TestWholeLines(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("a", 999) + "\n"
	long := strings.Repeat("b", 2*pipeBuf) + "\n"
	var got pieces
	n, err := wholeLines{&got}.Write([]byte(strings.Repeat(line, 5) + long + line))
	if n != 5*len(line)+len(long) || err == nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	for i, want := range []string{strings.Repeat(line, 4), line, long} {
		if string(got[i]) != want {
			t.Errorf("write %d has %d bytes, want %d", i, len(got[i]), len(want))
		}
	}
	for in, want := range map[string]int{"": 0, "a": 1, "a\nb": 3, strings.Repeat("a", 5000): 5000, "a\n" + strings.Repeat("b", 5000): 2} {
		if got := piece([]byte(in)); got != want {
			t.Errorf("%d bytes: a piece of %d, want %d", len(in), got, want)
		}
	}
}
