package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTooLong(t *testing.T) {
	t.Parallel()
	body := func(lines int) string {
		return "package p\n\nfunc F() {\n" + strings.Repeat("\t_ = 0\n", lines-2) + "}\n"
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fits.go": body(60), "long.go": body(61), "large_test.go": "package p\n" + strings.Repeat("\n", 400), "full.go": "package p\n" + strings.Repeat("\n", 399),
		"notes.txt": strings.Repeat("\n", 500), "testdata/x.go": body(90), ".hidden/x.go": body(90),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := tooLong(dir)
	want := []string{
		filepath.Join(dir, "large_test.go") + " has 401 lines, more than 400",
		filepath.Join(dir, "long.go") + ":3: F has 61 lines, more than 60",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
