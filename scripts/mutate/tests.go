package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unit is what can be run alone: a test, or a script of TestScripts.
type unit struct {
	pkg, binary string
	name        string
	took        time.Duration
	reaches     map[int]bool
}

// units builds the tests of the packages and lists them.
func (t tree) units(pkgs []string) (all []unit, err error) {
	for i, pkg := range pkgs {
		binary := filepath.Join(t.dir, strconv.Itoa(i)+".test")
		if out, err := t.command("test", "-c", "-vet=off", allErrors, "-overlay", t.overlay(), "-o", binary, pkg).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go test -c %s: %w\n%s", pkg, err, out)
		}
		if _, err := os.Stat(binary); err != nil {
			continue // it has no tests
		}
		list := exec.Command(binary, "-test.list", "^(Test|Fuzz|Example)")
		list.Dir = filepath.Join(t.root, pkg)
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("tests of %s: %w", pkg, err)
		}
		for name := range strings.FieldsSeq(string(out)) {
			names := []string{name}
			if name == "TestScripts" {
				names, err = filepath.Glob(filepath.Join(list.Dir, "testdata/script/*.txtar"))
				if err != nil {
					return nil, err
				}
			}
			for _, name := range names {
				all = append(all, unit{pkg: pkg, binary: binary, name: strings.TrimSuffix(filepath.Base(name), ".txtar"), reaches: map[int]bool{}})
			}
		}
	}
	return all, nil
}

// slow is a test that takes so long alone.
const slow = time.Second

func (u unit) isScript() bool { return !nameOfTest.MatchString(u.name) }

var nameOfTest = regexp.MustCompile("^(Test|Fuzz|Example)")

// run runs units of one package, all tests or all scripts, with the fault that holds. What fails first has its name in red; what outlasts
// the limit is red without one.
func (t tree) run(holds int, limit time.Duration, units ...unit) (green bool, red string, err error) {
	if err := os.WriteFile(filepath.Join(t.dir, "holds"), []byte(strconv.Itoa(holds)), 0o600); err != nil {
		return false, "", err
	}
	tmp := filepath.Join(t.dir, "tmp")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return false, "", err
	}
	defer os.RemoveAll(tmp)
	var names []string
	for _, u := range units {
		names = append(names, u.name)
	}
	pattern := "^(" + strings.Join(names, "|") + ")$"
	if units[0].isScript() {
		pattern = "^TestScripts$/" + pattern
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit+time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, units[0].binary, "-test.failfast", "-test.timeout", limit.String(), "-test.run", pattern)
	cmd.Dir, cmd.WaitDelay = filepath.Join(t.root, units[0].pkg), time.Second
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if cmd.Run() == nil {
		return true, "", nil
	}
	if at := failed.FindStringSubmatch(out.String()); at != nil {
		red = at[1]
	}
	return false, red, nil
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// record runs each unit alone without a fault, and notes how long it takes and which faults it comes by. One that is red is left out.
func (t tree) record(units []unit, limit time.Duration) (good []unit, err error) {
	reached := filepath.Join(t.dir, "reached")
	for _, u := range units {
		if err := os.MkdirAll(reached, 0o700); err != nil {
			return nil, err
		}
		start := time.Now()
		green, _, err := t.run(-1, limit, u)
		if err != nil {
			return nil, err
		}
		u.took = time.Since(start)
		names, err := os.ReadDir(reached)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			n, _ := strconv.Atoi(name.Name())
			u.reaches[n] = true
		}
		if err := os.RemoveAll(reached); err != nil {
			return nil, err
		}
		if !green {
			fmt.Fprintf(os.Stderr, "mutate: %s of %s is red without a fault, and is left out\n", u.name, u.pkg)
			continue
		}
		good = append(good, u)
	}
	return good, nil
}

// finds says what finds the fault, "" for nothing: a unit that comes by it and is red with it, twice, for on a busy machine a test may fail
// for reasons of its own. The quick tests of the fault's package run first, all at once, then those of the others; then what is slow, one by
// one, the quicker first, and the scripts like that, until they have taken as long as budget when there was no fault.
func (t tree) finds(n int, f fault, units []unit, budget time.Duration) (string, error) {
	groups := map[string][]unit{}
	for _, u := range units {
		if !u.reaches[n] {
			continue
		}
		key := "1 " + u.pkg
		switch own := filepath.ToSlash(filepath.Clean(u.pkg)) == f.pkg; {
		case u.isScript():
			key = fmt.Sprintf("3 %020d %s", u.took, u.name)
		case u.took >= slow:
			key = fmt.Sprintf("2 %v %020d %s %s", !own, u.took, u.pkg, u.name)
		case own:
			key = "0"
		}
		groups[key] = append(groups[key], u)
	}
	keys := slices.Sorted(maps.Keys(groups))
	spent := time.Duration(0)
	for _, key := range keys {
		group := groups[key]
		took := time.Duration(0)
		for _, u := range group {
			took += u.took
		}
		if key[0] > '1' {
			if spent += took; spent > budget {
				continue
			}
		}
		limit := 20*time.Second + 4*took
		green, red, err := t.run(n, limit, group...)
		if err != nil {
			return "", err
		}
		if green {
			continue
		}
		if red != "" && !group[0].isScript() {
			group = slices.DeleteFunc(slices.Clone(group), func(u unit) bool { return u.name != red })
		}
		if green, _, err = t.run(n, limit, group...); err != nil {
			return "", err
		}
		if !green {
			switch {
			case red == "":
				return "the end of its time", nil
			case group[0].isScript():
				return "a script", nil
			case filepath.ToSlash(filepath.Clean(group[0].pkg)) == f.pkg:
				return "its own package", nil
			}
			return "another package", nil
		}
	}
	return "", nil
}
