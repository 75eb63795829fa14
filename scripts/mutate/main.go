// Command mutate says how many small faults the tests find.
//
//	mutate [-n 200] [-seed N] [-also PACKAGES] PACKAGE...
//
// Each fault is one change in one file of the packages: a comparison or a condition turned, an operator swapped, a number one higher, a
// statement left out. All are compiled at once, each behind a switch, and put before the compiler by the flag -overlay of go, so no file of
// the tree changes. Each test runs once without a fault, and that says which faults it comes by. Then one fault after another holds, and the
// tests that come by it run until one is red: those of its package, of the other packages, then slow ones, the quicker first, for as long as
// -budget; and in the same manner those of the packages after -also, where scripts count as slow. A fault that does not compile is replaced by another. What no test finds is printed; some of it
// changes nothing that a test could see. With -also "" and one package, it is said quickly what the package's own tests do not find.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// patience with one test.
const patience = 3 * time.Minute

func main() {
	if err := mutate(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func mutate(args []string) error {
	flags := flag.NewFlagSet("mutate", flag.ExitOnError)
	n := flags.Int("n", 200, "faults to try")
	seed := flags.Uint64("seed", 1, "chooses the faults")
	also := flags.String("also", ".", "packages whose tests look for what the others left, joined by commas")
	budget := flags.Duration("budget", time.Minute, "how long slow tests and scripts may take for one fault")
	_ = flags.Parse(args) // exits
	if flags.NArg() == 0 {
		return errors.New("no package is named")
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := tree{root: ".", dir: dir}
	all, err := t.faults(flags.Args())
	if err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(*seed, 0))
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	faults, err := t.choose(all, *n)
	if err != nil {
		return err
	}
	groups := [][]string{flags.Args()}
	if *also != "" {
		groups = append(groups, strings.Split(*also, ","))
	}
	found, err := t.try(faults, *budget, groups...)
	if err != nil {
		return err
	}
	fmt.Printf("%d of %d faults found (%.1f %%), of %d places\n", found, len(faults), 100*float64(found)/float64(max(len(faults), 1)), len(all))
	return nil
}

// choose takes the first n that compile, and leaves the tree built with them.
func (t tree) choose(all []fault, n int) ([]fault, error) {
	chosen, rest := all[:min(n, len(all))], all[min(n, len(all)):]
	chosen = slices.Clone(chosen)
	for {
		broken, err := t.build(chosen)
		if err != nil || len(broken) == 0 {
			return chosen, err
		}
		for _, b := range slices.Backward(broken) {
			chosen = slices.Delete(chosen, b-1, b)
			if len(rest) > 0 {
				chosen, rest = append(chosen, rest[0]), rest[1:]
			}
		}
	}
}

// try counts the faults that a test finds, and prints the others. The packages come in groups: the tests of the second one are built and
// run only for what those of the first one left.
func (t tree) try(faults []fault, budget time.Duration, groups ...[]string) (found int, err error) {
	left := make([]int, len(faults)) // numbers
	for i := range left {
		left[i] = i + 1
	}
	by := map[string]int{}
	for _, pkgs := range groups {
		units, err := t.units(pkgs)
		if err != nil {
			return 0, err
		}
		if units, err = t.record(units, patience); err != nil {
			return 0, err
		}
		var still []int
		for i, n := range left {
			red, err := t.finds(n, faults[n-1], units, budget)
			if err != nil {
				return 0, err
			}
			if red == "" {
				fmt.Printf("not found yet: %s (%d of %d)\n", faults[n-1], i+1, len(left))
				still = append(still, n)
				continue
			}
			by[red]++
		}
		left = still
		fmt.Printf("%d faults are left after the tests of %s\n", len(left), strings.Join(pkgs, " "))
	}
	for _, n := range left {
		fmt.Printf("not found: %s\n", faults[n-1])
	}
	fmt.Printf("found by %v\n", by)
	return len(faults) - len(left), nil
}
