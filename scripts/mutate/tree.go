package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tree is the code, with a folder for what is made of it.
type tree struct {
	root string // where go runs
	dir  string
}

func (t tree) command(args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = t.root
	return cmd
}

// faults are all of the packages, folders below root. Tests, and files of other systems, have none.
func (t tree) faults(pkgs []string) (all []fault, err error) {
	out, err := t.command(append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, pkgs...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = file
	}
	set := token.NewFileSet()
	from := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, pkg := range pkgs {
		found, err := t.faultsOf(set, from, filepath.ToSlash(filepath.Clean(pkg)))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (t tree) faultsOf(set *token.FileSet, from types.Importer, pkg string) (all []fault, err error) {
	p, err := build.ImportDir(filepath.Join(t.root, pkg), 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	var finders []*finder
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	for _, name := range p.GoFiles {
		source, err := os.ReadFile(filepath.Join(t.root, pkg, name))
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(set, name, source, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
		finders = append(finders, &finder{set: set, info: info, pkg: pkg, file: pkg + "/" + name, source: source, whole: map[ast.Expr]types.Type{}})
	}
	own, err := (&types.Config{Importer: from}).Check(pkg, set, files, info)
	if err != nil {
		return nil, err
	}
	for i, w := range finders {
		w.own = own
		ast.Inspect(files[i], w.visit)
		all = append(all, w.all...)
	}
	return all, nil
}

// switches is the file that each package with faults gets. The number of the fault that holds stands in a file, not in the environment,
// for the tests and hermes give their children environments of their own. With -1 none holds, and each that is asked for leaves its name.
const switches = `package %[1]s

import (
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
)

var faultReached [%[3]d]atomic.Bool // what is noted allocates once: some tests count allocations

var faultHolds = func() int {
	raw, _ := os.ReadFile(filepath.Join(%[2]q, "holds"))
	n, _ := strconv.Atoi(string(raw))
	return n
}()

func faultIs(n int) bool {
	if faultHolds == -1 && !faultReached[n].Swap(true) {
		_ = os.WriteFile(filepath.Join(%[2]q, "reached", strconv.Itoa(n)), nil, 0o600)
	}
	return n == faultHolds
}

func faultAdd(n int) int {
	if faultIs(n) {
		return 1
	}
	return 0
}
`

// build writes the code with the switches of all faults, numbered from 1, and an overlay of the tree for the go command. The numbers of
// those that do not compile come back, and then nothing can be run.
func (t tree) build(faults []fault) (broken []int, err error) {
	files := map[string][]int{}
	pkgs := map[string]bool{}
	replace := map[string]string{}
	for i, f := range faults {
		files[f.file] = append(files[f.file], i+1)
		pkgs["./"+f.pkg] = true
	}
	where := map[string]map[int][]int{}
	put := func(file string, text []byte, lines map[int][]int) error {
		name, err := filepath.Abs(filepath.Join(t.root, file))
		if err != nil {
			return err
		}
		base := strconv.Itoa(len(replace)) + ".go" // the compiler complains about this name
		replace[name], where[base] = filepath.Join(t.dir, base), lines
		return os.WriteFile(replace[name], text, 0o600)
	}
	for file, numbers := range files {
		text, lines := switched(faults, numbers)
		if err := put(file, text, lines); err != nil {
			return nil, err
		}
	}
	args := []string{"build", "-overlay", t.overlay(), allErrors}
	for pkg := range pkgs {
		p, err := build.ImportDir(filepath.Join(t.root, pkg), 0)
		if err != nil {
			return nil, err
		}
		if err := put(filepath.Join(pkg, "faultswitch.go"), fmt.Appendf(nil, switches, p.Name, t.dir, len(faults)+1), nil); err != nil {
			return nil, err
		}
		args = append(args, pkg)
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(t.overlay(), raw, 0o600); err != nil {
		return nil, err
	}
	out, err := t.command(args...).CombinedOutput()
	if err == nil {
		return nil, nil
	}
	for _, at := range complaint.FindAllStringSubmatch(string(out), -1) {
		line, _ := strconv.Atoi(at[2])
		broken = append(broken, where[filepath.Base(at[1])][line]...)
	}
	if broken == nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	slices.Sort(broken)
	return slices.Compact(broken), nil
}

func (t tree) overlay() string { return filepath.Join(t.dir, "overlay.json") }

// allErrors makes the compiler tell more than ten. Each build has it, so that what one compiled the next need not.
const allErrors = "-gcflags=-e"

// complaint is a line of the compiler.
var complaint = regexp.MustCompile(`(?m)^(\S+\.go):(\d+):\d+: `)

// switched is the file of these faults with their switches, and which of them stand on which of its lines.
func switched(faults []fault, numbers []int) (text []byte, lines map[int][]int) {
	type piece struct {
		at, order, number int
		text              string
	}
	var pieces []piece
	for _, n := range numbers {
		f := faults[n-1]
		pieces = append(pieces, piece{f.from, f.order + 1, n, f.open}, piece{f.to, -f.order - 1, n, f.shut})
	}
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Or(a.at-b.at, a.order-b.order) }) // what ends comes before what begins, the inner first
	source := faults[numbers[0]-1].source
	lines = map[int][]int{}
	done := 0
	for _, p := range pieces {
		text = append(text, source[done:p.at]...)
		done = p.at
		first := bytes.Count(text, []byte("\n")) + 1
		text = append(text, strings.ReplaceAll(p.text, number, strconv.Itoa(p.number))...)
		for line := first; line <= bytes.Count(text, []byte("\n"))+1; line++ {
			lines[line] = append(lines[line], p.number)
		}
	}
	return append(text, source[done:]...), lines
}
