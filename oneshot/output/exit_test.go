package output

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hermes/oneshot/class"
)

// TestExits holds the table of exit codes against the closed list of classes.
func TestExits(t *testing.T) {
	t.Parallel()
	var classes []class.Class
	last := 0
	for _, x := range Exits() {
		classes = append(classes, x.Class)
		if x.Hint == "" || x.Code == 0 {
			t.Errorf("%s: code %d, hint %q", x.Class, x.Code, x.Hint)
		}
		if !strings.HasSuffix(x.Means, ".") || !strings.HasSuffix(x.Why, ".") {
			t.Errorf("%s: %q %q: sentences are missing", x.Class, x.Means, x.Why)
		}
		if x.Code < last && x.Code != 1 {
			t.Errorf("%s: code %d stands behind %d", x.Class, x.Code, last)
		}
		last = x.Code
	}
	for _, c := range class.All() {
		if !slices.Contains(classes, c) {
			t.Errorf("%s has no row", c)
		}
	}
	if len(classes) != len(class.All()) {
		t.Errorf("%d rows for %d classes", len(classes), len(class.All()))
	}
}

// documented is a row of README's table of exit codes, for one class.
type documented struct {
	code  int
	again string
}

// exitTable reads the table: a cell holds classes of one code with commas between them, or as many as codes with dots
// between them; behind a colon stands what a class means.
func exitTable(t *testing.T, readme string) map[class.Class]documented {
	t.Helper()
	_, section, _ := strings.Cut(readme, "\n## Exit codes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[class.Class]documented{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || !strings.ContainsAny(cells[0], "0123456789") {
			continue
		}
		codes := strings.Split(strings.TrimSpace(cells[0]), " · ")
		names, _, _ := strings.Cut(strings.TrimSpace(cells[1]), ":")
		classes := strings.Split(names, " · ")
		if len(codes) == 1 {
			classes = strings.Split(names, ", ")
			codes = slices.Repeat(codes, len(classes))
		}
		if codes[0] == "0" { // success has no class
			continue
		}
		if len(codes) != len(classes) {
			t.Fatalf("%d codes for %d classes in %q", len(codes), len(classes), line)
		}
		for i, word := range classes {
			code, err := strconv.Atoi(codes[i])
			if _, twice := rows[class.Class(word)]; twice || err != nil {
				t.Errorf("%q stands twice, or its code is none: %v", word, err)
			}
			rows[class.Class(word)] = documented{code, strings.TrimSpace(cells[2])}
		}
	}
	return rows
}

// TestReadme holds README's table of exit codes against the one that the program has.
func TestReadme(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := exitTable(t, string(raw))
	for _, x := range Exits() {
		row, there := rows[x.Class]
		again := strings.HasPrefix(row.again, "yes") || row.again == "maybe"
		if !there || row.code != x.Code || again != x.Retry {
			t.Errorf("README says %+v of %s, the table %+v", row, x.Class, x)
		}
		delete(rows, x.Class)
	}
	for class, row := range rows {
		t.Errorf("README names %q (%d), which is no class", class, row.code)
	}
}
