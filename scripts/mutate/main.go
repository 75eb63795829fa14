// Command mutate says how many small faults the tests find.
//
//	mutate [-n 200] [-seed N] [-also PACKAGES] PACKAGE...
//
// Each fault is one change in one file of the packages: a comparison or a condition turned, an operator swapped, a number one higher, a
// statement left out. It is put before the compiler by the flag -overlay of go, so no file of the tree changes. The tests of the package run
// with it; where they stay green, those of the packages after -also do. A fault that does not compile is replaced by another. What no
// test finds is printed; some of it changes nothing that a test could see.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// patience with the tests that run with one fault.
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
	also := flags.String("also", "", "packages whose tests run where those of the fault's own package stay green, joined by commas")
	limit := flags.Duration("timeout", patience, "of the tests with one fault; what takes longer is found")
	_ = flags.Parse(args) // exits
	var all []fault
	for _, pkg := range flags.Args() {
		found, err := faultsOf(pkg)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return errors.New("no package with code is named")
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := trial{dir: dir, limit: *limit}
	if *also != "" {
		t.also = strings.Split(*also, ",")
	}
	dice := rand.New(rand.NewPCG(*seed, 0))
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	tried, found := 0, 0
	for _, f := range all {
		if tried == *n {
			break
		}
		switch verdict, err := t.run(f); {
		case err != nil:
			return err
		case verdict == broken:
			continue
		case verdict == killed:
			found++
		default:
			fmt.Printf("not found: %s\n", f)
		}
		tried++
	}
	fmt.Printf("%d of %d faults found (%.0f %%), of %d places\n", found, tried, 100*float64(found)/float64(max(tried, 1)), len(all))
	return nil
}

// verdict on a fault.
type verdict int

const (
	survived verdict = iota
	killed
	broken // it does not compile
)

// trial runs tests with faults.
type trial struct {
	dir   string // for the changed file
	root  string // where go runs; "" is here
	also  []string
	limit time.Duration
}

func (t trial) run(f fault) (verdict, error) {
	changed := filepath.Join(t.dir, "changed.go")
	if err := os.WriteFile(changed, f.apply(), 0o600); err != nil {
		return broken, err
	}
	name, err := filepath.Abs(f.file)
	if err != nil {
		return broken, err
	}
	raw, err := json.Marshal(map[string]map[string]string{"Replace": {name: changed}})
	if err != nil {
		return broken, err
	}
	overlay := filepath.Join(t.dir, "overlay.json")
	if err := os.WriteFile(overlay, raw, 0o600); err != nil {
		return broken, err
	}
	build := exec.Command("go", "build", "-overlay", overlay, "./"+f.pkg)
	build.Dir = t.root
	if build.Run() != nil {
		return broken, nil
	}
	for _, pkg := range append([]string{"./" + f.pkg}, t.also...) {
		if !t.green(overlay, pkg) {
			return killed, nil
		}
	}
	return survived, nil
}

// green runs the tests of a package. Tests that hang are ended, and red.
func (t trial) green(overlay, pkg string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), t.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-failfast", "-timeout", t.limit.String(), pkg)
	cmd.Dir, cmd.WaitDelay = t.root, time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd.Run() == nil
}
