package main

import (
	"go/format"
	"os"
	"path/filepath"
	"testing"
)

const code = `package p

const size = 4

func f(a, b int) (c int) {
	if a < b && a != 3 {
		c = a + b
	}
	print("x" + "y")
	return c
}
`

func TestFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := faultsOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all {
		changed := f.apply()
		if _, err := format.Source(changed); err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if string(changed) == code {
			t.Errorf("%s changes nothing", f)
		}
		got = append(got, string(f.source[f.from:f.to])+">"+f.with)
	}
	want := []string{">true || ", ">false && ", "&&>||", "<><=", "!=>==", "3>4", "c = a + b>", "+>-", `print("x" + "y")>`}
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}

// TestTrial: a test that looks finds a fault, and what does not compile is no fault.
func TestTrial(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module m\n\ngo 1.26\n", "p/p.go": "package p\n\nfunc Add(a, b int) int { return a + b }\n\nfunc Idle() { _ = 1 }\n",
		"p/p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Fail()\n\t}\n}\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := faultsOf(filepath.Join(dir, "p"))
	if err != nil {
		t.Fatal(err)
	}
	try := trial{dir: t.TempDir(), root: dir, limit: patience}
	for i, want := range []verdict{killed, survived, survived} { // a + b, _ = 1, 1
		f := all[i]
		f.pkg = "p"
		if got, err := try.run(f); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", f, got, err, want)
		}
	}
	bad := all[0]
	bad.pkg, bad.with = "p", "+ nothing +"
	if got, err := try.run(bad); got != broken || err != nil {
		t.Errorf("%s: %v, %v", bad, got, err)
	}
}
