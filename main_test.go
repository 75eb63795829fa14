package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/scripts/rogue"
	"hermes/scripts/tty"
)

var update = flag.Bool("update", false, "rewrite the expected output of the scripts")

// TestMain makes the test binary the hermes of PATH. With the race detector it would sleep a second at each exit.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	testscript.Main(m, map[string]func(){"hermes": main})
}

// TestScripts runs the real binary. Each script has a home of its own and no key in its environment.
func TestScripts(t *testing.T) {
	t.Parallel()
	tty.DefaultSignals()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Values[lastRogue{}] = make([]*rogue.Server, 1)
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv("HERMES_HOME", filepath.Join(env.WorkDir, "home"))
			golden, err := filepath.Abs("testdata/golden")
			env.Setenv("GOLDEN", golden)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"sandbox": startSandbox, "status": wantStatus, "events": checkEvents, "valid": checkLines, "class": walkClass, "sh": runShell, "tty": runOnTerminal,
			"rogue": startRogue, "asked": wantAsked,
		},
	})
}

// startSandbox serves until the script ends: sandbox [FLAG...] sets $URL.
func startSandbox(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("hermes", append([]string{"sandbox", "--exit-on-stdin-close"}, args...)...)
	cmd.Dir = ts.Getenv("WORK")
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	ts.Check(err)
	var said struct{ URL string }
	ts.Check(json.Unmarshal(line, &said))
	ts.Setenv("URL", said.URL)
}

// lastRogue is the key of the server that startRogue started last.
type lastRogue struct{}

// startRogue serves answers that no good server gives until the script ends, and sets $URL: rogue FILE [PAUSE], where an
// http2:FRAME in the place of the file also leaves the server's certificate in ca.pem. So does rogue front, which is https
// before the server at $URL.
func startRogue(ts *testscript.TestScript, _ bool, args []string) {
	var pause time.Duration
	var err error
	if len(args) > 1 {
		pause, err = time.ParseDuration(args[1])
		ts.Check(err)
	}
	var s *rogue.Server
	if name, ok := strings.CutPrefix(args[0], "http2:"); ok {
		s, err = rogue.HTTP2(name)
	} else if args[0] == "front" {
		s, err = rogue.Front(ts.Getenv("URL"))
	} else {
		s, err = rogue.Canned([]byte(ts.ReadFile(args[0])), pause)
	}
	ts.Check(err)
	ts.Defer(s.Close)
	if s.CA != nil {
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), s.CA, 0o600))
	}
	ts.Setenv("URL", s.URL)
	rogues(ts)[0] = s
}

// rogues holds the server that a script started last.
func rogues(ts *testscript.TestScript) []*rogue.Server {
	return ts.Value(lastRogue{}).([]*rogue.Server)
}

// wantAsked wants so many requests at the last rogue server: asked N.
func wantAsked(ts *testscript.TestScript, _ bool, args []string) {
	if got := rogues(ts)[0].Requests(); itoa(got) != args[0] {
		ts.Fatalf("%d requests, want %s", got, args[0])
	}
}

// wantStatus runs a command and compares its exit status: status N COMMAND [ARG...]. Streams go to files out and err.
func wantStatus(ts *testscript.TestScript, _ bool, args []string) {
	runShell(ts, false, []string{args[0], strings.Join(quoted(args[1:]), " ")})
}

func quoted(words []string) []string {
	var all []string
	for _, w := range words {
		all = append(all, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	return all
}

// runShell runs a line of shell and compares its exit status: sh N 'LINE'. The streams are left in out and err.
func runShell(ts *testscript.TestScript, _ bool, args []string) {
	cmd := scriptShell(ts, args[1])
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	errs, err := os.Create(ts.MkAbs("err"))
	ts.Check(err)
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.WaitDelay = 20 * time.Second
	_ = cmd.Run()
	if got := cmd.ProcessState.ExitCode(); args[0] != itoa(got) {
		ts.Fatalf("exit status %d, want %s\nstdout: %s\nstderr: %s", got, args[0], ts.ReadFile("out"), ts.ReadFile("err"))
	}
}

// scriptShell is a line of shell in the script's folder, with no more of the environment than $PASS names beside the usual.
func scriptShell(ts *testscript.TestScript, line string) *exec.Cmd {
	cmd := exec.Command("bash", "-c", "set -o pipefail; "+line)
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"PATH", "HERMES_HOME", "GOLDEN", "GORACE", "URL", "WORK"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	for name := range strings.FieldsSeq(ts.Getenv("PASS")) {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// runOnTerminal runs a line of shell on a terminal of its own and types what the file DIALOGUE says (see tty.Run): tty N
// DIALOGUE 'LINE'. The exit status must be N. What the screen showed is left in screen; the line may send stdout and
// stderr elsewhere.
func runOnTerminal(ts *testscript.TestScript, _ bool, args []string) {
	cmd := scriptShell(ts, args[2])
	shown, err := tty.Run(cmd, ts.ReadFile(args[1]), 60*time.Second)
	ts.Check(os.WriteFile(ts.MkAbs("screen"), shown, 0o644))
	if got := cmd.ProcessState.ExitCode(); err != nil || args[0] != itoa(got) {
		ts.Fatalf("exit status %d, want %s; %v\n%s", got, args[0], err, shown)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// checkEvents validates a file of events against our own schema, and the rules that no schema can say: events FILE.
func checkEvents(ts *testscript.TestScript, _ bool, args []string) {
	lines := validLines(ts, "events", args[0])
	for i, line := range lines {
		var e struct {
			Seq  int
			Type string
		}
		ts.Check(json.Unmarshal([]byte(line), &e))
		if e.Seq != i || (e.Type == "run.start") != (i == 0) || (e.Type == "run.end") != (i == len(lines)-1) {
			ts.Fatalf("line %d of %d: seq %d, type %s", i+1, len(lines), e.Seq, e.Type)
		}
	}
}

// checkLines validates each line of a file against one of our schemas: valid events|result|batch FILE.
func checkLines(ts *testscript.TestScript, _ bool, args []string) { validLines(ts, args[0], args[1]) }

func validLines(ts *testscript.TestScript, name, file string) []string {
	schema := compiled(ts, name)
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(file), "\n"), "\n")
	for i, line := range lines {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		ts.Check(err)
		if err := schema.Validate(doc); err != nil {
			ts.Fatalf("line %d: %v\n%s", i+1, err, line)
		}
	}
	return lines
}

// walked are the error classes that walkClass has met.
var walked []class.Class

// walkClass runs a line of shell that ends in an error of a class, and wants its exit code, one line on stderr with the
// hint, and the class in run.end where the line asks for events in ev: class CLASS 'LINE', class --all-but CLASS.
func walkClass(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "--all-but" {
		for _, c := range class.All() {
			if !slices.Contains(walked, c) && string(c) != args[1] {
				ts.Fatalf("%s is missing", c)
			}
		}
		return
	}
	want := class.Class(args[0])
	i := slices.IndexFunc(output.Exits(), func(x output.Exit) bool { return x.Class == want })
	if i < 0 {
		ts.Fatalf("there is no class %s", want)
	}
	row := output.Exits()[i]
	_ = os.Remove(ts.MkAbs("ev"))
	runShell(ts, false, []string{itoa(row.Code), args[1]})
	said, hint, lines := ts.ReadFile("err"), row.Hint, 1
	if want == class.PipeClosed {
		hint, lines = "", 0
	}
	if row.Code == 75 && strings.Contains(said, "; try again at ") { // the server told when
		hint = "try again at "
	}
	hint, _, _ = strings.Cut(hint, "{provider}")
	if strings.Count(said, "\n") != lines || lines == 1 && !strings.HasPrefix(said, "hermes: ") || !strings.Contains(said, hint) {
		ts.Fatalf("stderr %q, want one line with %q", said, hint)
	}
	if strings.Contains(args[1], "--events ev") {
		events := validLines(ts, "events", "ev")
		var end struct{ Error struct{ Class class.Class } }
		ts.Check(json.Unmarshal([]byte(events[len(events)-1]), &end))
		if end.Error.Class != want {
			ts.Fatalf("run.end has the class %s", end.Error.Class)
		}
	}
	walked = append(walked, want)
}

func compiled(ts *testscript.TestScript, name string) *jsonschema.Schema {
	raw, err := output.Schema(name)
	ts.Check(err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("s.json", doc))
	schema, err := c.Compile("s.json")
	ts.Check(err)
	return schema
}

// imports is the whole table: a package, and everything beyond the standard library that it may import.
var imports = map[string][]string{
	".": {"hermes/oneshot/cli"},
	"oneshot/cli": {
		"hermes/authfile", "hermes/authfile/atomicfile", "hermes/oneshot", "hermes/oneshot/batch", "hermes/oneshot/cassette", "hermes/oneshot/class", "hermes/oneshot/bill", "hermes/oneshot/guard", "hermes/oneshot/input", "hermes/oneshot/ledger",
		"hermes/oneshot/output", "hermes/oneshot/shell", "hermes/oneshot/supervise",
		"hermes/oneshot/wire", "hermes/oneshot/wire/anthropic", "hermes/oneshot/wire/chat", "hermes/oneshot/wire/dial", "hermes/oneshot/wire/gemini", "hermes/oneshot/wire/responses",
		"hermes/provider", "hermes/provider/config", "hermes/provider/doctor", "hermes/provider/login", "hermes/provider/rows", "hermes/provider/sandbox",
		"hermes/provider/setup",
		"github.com/alecthomas/kong", "github.com/mattn/go-isatty", "golang.org/x/term",
	},
	"authfile":            {"hermes/authfile/atomicfile", "hermes/authfile/journal", "hermes/authfile/lock", "github.com/tidwall/gjson", "golang.org/x/sys/unix"},
	"authfile/atomicfile": nil,
	"authfile/journal":    {"hermes/authfile/atomicfile", "hermes/authfile/lock"},
	"authfile/lock":       {"hermes/authfile/atomicfile", "github.com/gofrs/flock", "golang.org/x/sys/unix"},
	"provider":            {"hermes/authfile", "hermes/provider/command", "hermes/provider/config", "hermes/provider/login", "hermes/provider/rows"},
	"provider/command":    nil,
	"provider/config":     {"hermes/authfile/atomicfile", "hermes/authfile/lock", "hermes/provider/config/dotenv", "hermes/provider/config/yamledit"},
	"provider/doctor":     {"hermes/authfile", "hermes/provider", "hermes/provider/config", "hermes/provider/login", "hermes/provider/rows"},
	"provider/oauth":      nil,
	"provider/login":      {"hermes/authfile", "hermes/provider/config", "hermes/provider/oauth"},
	"provider/rows":       {"hermes/provider/config", "hermes/provider/oauth"},
	"provider/sandbox":    nil,
	"provider/setup":      {"hermes/provider", "hermes/provider/config", "hermes/provider/login"},
	"oneshot":             {"hermes/oneshot/bill", "hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/input", "hermes/oneshot/output", "hermes/oneshot/schema", "hermes/oneshot/wire", "hermes/oneshot/wire/dial"},
	"oneshot/batch":       {"hermes/oneshot", "hermes/oneshot/messages", "hermes/oneshot/strict", "hermes/oneshot/wire", "hermes/oneshot/bill", "hermes/oneshot/class", "hermes/oneshot/input", "hermes/oneshot/output"},
	"oneshot/bill":        {"hermes/oneshot/class", "hermes/oneshot/output", "hermes/oneshot/wire"},
	"oneshot/messages":    {"hermes/oneshot/strict", "hermes/oneshot/wire"},
	"oneshot/strict":      nil,
	"oneshot/cassette":    {"hermes/oneshot/class", "hermes/oneshot/wire"},
	"oneshot/class":       nil,
	"oneshot/jsonstring":  nil,
	"oneshot/guard":       {"hermes/oneshot/class"},
	"oneshot/input":       {"hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/output", "hermes/oneshot/wire"},
	"oneshot/ledger":      {"hermes/oneshot/class", "hermes/oneshot/output"},
	"oneshot/output":      {"hermes/oneshot/class", "hermes/oneshot/jsonstring", "golang.org/x/sys/unix"},
	"oneshot/schema":      nil,
	"oneshot/shell":       nil,
	"oneshot/sse":         nil,
	"oneshot/supervise":   {"hermes/oneshot/class"},
	"oneshot/wire":        {"hermes/oneshot/class", "hermes/oneshot/sse", "hermes/oneshot/wire/body", "hermes/oneshot/wire/dial"},
	"oneshot/wire/body":   {"hermes/oneshot/jsonstring"},
	"oneshot/wire/dial":   {"hermes/oneshot/class"},

	"oneshot/wire/anthropic": {"hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/apierror":  {"hermes/oneshot/class", "hermes/oneshot/wire", "github.com/tidwall/gjson"},
	"oneshot/wire/chat":      {"hermes/oneshot/class", "hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/gemini":    {"hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/read":      {"hermes/oneshot/jsonstring", "github.com/tidwall/gjson"},
	"oneshot/wire/responses": {"hermes/oneshot/wire/chat", "hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/wiretest":  {"hermes/oneshot/class", "hermes/oneshot/wire"},

	"provider/config/dotenv":   nil,
	"provider/config/yamledit": {"gopkg.in/yaml.v3"},

	"scripts/bounded":  nil,
	"scripts/compare":  {"hermes/scripts/launcher/spawn"},
	"scripts/peer":     nil, // but for its tests, which are a module of their own
	"scripts/proof":    nil,
	"scripts/rogue":    nil,
	"scripts/tty":      {"golang.org/x/sys/unix"},
	"scripts/gofloor":  nil,
	"scripts/launcher": {"hermes/scripts/launcher/spawn"},

	"scripts/launcher/spawn": nil,
}

// TestImports holds the table against the code. A package that is not in it fails: a new room is a decision.
func TestImports(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "dist") {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if err != nil || len(pkg.GoFiles) == 0 {
			return nil
		}
		path = filepath.ToSlash(path)
		allowed, known := imports[path]
		if !known {
			t.Errorf("%s is a room that the table does not know", path)
		}
		seen[path] = true
		for _, imp := range pkg.Imports {
			if outside := strings.Contains(imp, ".") || strings.HasPrefix(imp, "hermes/"); outside && !slices.Contains(allowed, imp) {
				t.Errorf("%s may not import %s", path, imp)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range imports {
		if !seen[path] {
			t.Errorf("the table names %s, which is not there", path)
		}
	}
}

// TestReadme holds README's tables against the code.
func TestReadme(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	for _, w := range []string{"usage.jsonl", "auth.json.pending"} {
		if !strings.Contains(readme, w) {
			t.Errorf("README does not name %s", w)
		}
	}
}
