package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const code = `package p

import "time"

const size = 4

func F(a, b int, wait time.Duration) (c int) {
	if a < b && a != 3 {
		c = a + b
	}
	print("x" + "y")
	m := make(map[string]int, 7)
	_, _ = m, wait+5
	return c
}

func Add(a, b int) int { return a + b }

func Idle() (l []int) {
	l = make([]int, 0, 9)
	return l
}

var fixed [2]int
`

const tests = `package p

import "testing"

func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fail()
	}
}

func TestIdle(t *testing.T) { Idle() }

func TestRed(t *testing.T) { t.Fail() }
`

// TestMutate: what each fault of a file becomes, which compile, which tests come by one, and what finds it.
func TestMutate(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.26\n", "p/p.go": code, "p/p_test.go": tests} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	try := tree{root: root, dir: t.TempDir()}
	all, err := try.faults([]string{"./p"})
	if err != nil {
		t.Fatal(err)
	}
	if got := words(all); !slices.Equal(got, []string{
		`print("x" + "y")>`, "a < b && a != 3>true", "a < b && a != 3>false", "&&>||", "<><=", "!=>==", "3>4", "c = a + b>", "+>-",
		"+>-", "5>6", // 7 is room in a map
		"+>-", "l = make([]int, 0, 9)>", "0>1", "2>3",
	}) {
		t.Errorf("%q", got)
	}
	chosen, err := try.choose(all, len(all)-1)
	if err != nil {
		t.Fatal(err)
	}
	if got := words(chosen); len(got) != len(all)-1 || slices.Contains(got, "2>3") {
		t.Errorf("an array of no constant size compiles: %q", got)
	}
	units, err := try.units([]string{"./p"})
	if err != nil {
		t.Fatal(err)
	}
	if units, err = try.record(units, time.Minute); err != nil || len(units) != 2 {
		t.Fatalf("%v, %v: TestRed is red without a fault", units, err)
	}
	for i, want := range map[int]string{0: "", 11: "its own package", 12: ""} { // nobody asks F; nobody looks at what Idle says
		got, err := try.finds(i+1, chosen[i], units, time.Minute)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", chosen[i], got, err, want)
		}
		if reached := slices.ContainsFunc(units, func(u unit) bool { return u.reaches[i+1] }); reached != (i > 0) {
			t.Errorf("%s: reached is %v", chosen[i], reached)
		}
	}
}

func words(faults []fault) (all []string) {
	for _, f := range faults {
		all = append(all, f.what+">"+f.with)
	}
	return all
}
