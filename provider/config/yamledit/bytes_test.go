package yamledit

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// checkBytes holds the text of an edit against what yaml.v3 says of the place of the old value: no other line is lost,
// comment lines included, and line endings and the byte order mark stay.
func checkBytes(t *testing.T, what, before, after string, root *Node, names []string) {
	t.Helper()
	if strings.HasPrefix(before, "\ufeff") != strings.HasPrefix(after, "\ufeff") {
		t.Fatalf("%s: the byte order mark changed", what)
	}
	if n := strings.Count(before, "\n"); n > 0 && n == strings.Count(before, "\r\n") && strings.Count(after, "\n") != strings.Count(after, "\r\n") {
		t.Fatalf("%s: the line endings changed", what)
	}
	if strings.ContainsAny(before, "\u0085\u2028\u2029") || strings.Contains(strings.ReplaceAll(before, "\r\n", ""), "\r") {
		return // what follows counts lines as an editor does
	}
	before, after = strings.TrimPrefix(before, "\ufeff"), strings.TrimPrefix(after, "\ufeff") // the mark alone is no line
	lines := strings.SplitAfter(before, "\n")
	first, last := valueLines(root, names, len(lines))
	now := strings.SplitAfter(after, "\n")
	for i, line := range lines {
		kept := slices.Contains(now, line) || slices.Contains(now, strings.TrimRight(line, "\r\n")) ||
			slices.Contains(now, line+"\n") || slices.Contains(now, line+"\r\n")
		if i+1 >= first && i+1 <= last || kept || strings.TrimSpace(line) == "-" {
			continue
		}
		t.Fatalf("%s: line %d is lost (the value is in lines %d to %d)", what, i+1, first, last)
	}
}

// valueLines gives the lines that an edit of the names may touch: those of the key and its value, of parents that hold
// nothing else, and of a parent between brackets or without a value.
func valueLines(root *Node, names []string, count int) (first, last int) {
	if root == nil {
		return 0, 0
	}
	n, first, last, alone := root, 1, count, false
	for _, name := range names {
		if n.Kind == Scalar || isFlow(n) || len(n.Content) == 0 {
			return first, last
		}
		next, line, end := childLines(n, name, last)
		if next == nil {
			return 0, 0
		}
		if !alone {
			first = line
		}
		alone = single(next)
		n, last = next, end
	}
	return first, last
}

// childLines gives the child of that name, the line of its key and the last line that can be its own.
func childLines(n *Node, name string, last int) (child *Node, line, end int) {
	step := map[yaml.Kind]int{Mapping: 2, Sequence: 1}[n.Kind]
	for i := 0; i+step <= len(n.Content); i += step {
		key := n.Content[i]
		if step == 2 && key.Value != name || step == 1 && strconv.Itoa(i) != name {
			continue
		}
		if i+step < len(n.Content) {
			last = n.Content[i+step].Line
		}
		return n.Content[i+step-1], key.Line, last
	}
	return nil, 0, 0
}
