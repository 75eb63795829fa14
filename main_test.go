package main

import (
	"flag"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"hermes/scripts/oddmcp"
	"hermes/scripts/tty"
	"hermes/scripts/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected output of the scripts")

// coverDir is where scripts/cover.sh has each process write what it counted. The linker sets it, for a script may start hermes with an
// empty environment.
var coverDir string

// TestMain makes the test binary the hermes of PATH. With the race detector it would sleep a second at each exit.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	if coverDir != "" {
		os.Setenv("GOCOVERDIR", coverDir)
	}
	testscript.Main(m, map[string]func(){
		"hermes": main, "ask": main, // the same program, called by another name
		"oddmcp": func() { oddmcp.Serve(strings.Join(os.Args[1:], ",")) },
	})
}

// TestScripts runs the real binary. Each script has a home of its own and no key in its environment.
func TestScripts(t *testing.T) {
	t.Parallel()
	tty.DefaultSignals()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			txtar.Setup(env)
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv("HERMES_HOME", filepath.Join(env.WorkDir, "home"))
			golden, err := filepath.Abs("testdata/golden")
			env.Setenv("GOLDEN", golden)
			return err
		},
		Cmds: txtar.Commands(),
	})
}

// imports is the whole table: a package, and everything beyond the standard library that it may import.
var imports = map[string][]string{
	".": {"hermes/oneshot/cli"},
	"oneshot/cli": {
		"hermes/authfile", "hermes/authfile/atomicfile", "hermes/authfile/lock", "hermes/oneshot", "hermes/oneshot/batch", "hermes/oneshot/batch/provider", "hermes/oneshot/cache", "hermes/oneshot/cassette", "hermes/oneshot/class", "hermes/oneshot/bill", "hermes/oneshot/guard", "hermes/oneshot/input", "hermes/oneshot/ledger", "hermes/oneshot/pace",
		"hermes/oneshot/output", "hermes/oneshot/shell", "hermes/oneshot/supervise",
		"hermes/oneshot/tool", "hermes/oneshot/tool/confine", "hermes/oneshot/tool/mcp", "hermes/oneshot/tool/program",
		"hermes/oneshot/wire", "hermes/oneshot/wire/anthropic", "hermes/oneshot/wire/chat", "hermes/oneshot/wire/dial", "hermes/oneshot/wire/gemini", "hermes/oneshot/wire/responses",
		"hermes/provider", "hermes/provider/config", "hermes/provider/doctor", "hermes/provider/login", "hermes/provider/prompts", "hermes/provider/rows", "hermes/provider/sandbox",
		"hermes/provider/setup",
		"github.com/alecthomas/kong", "github.com/mattn/go-isatty", "golang.org/x/term",
	},
	"authfile":              {"hermes/authfile/atomicfile", "hermes/authfile/journal", "hermes/authfile/lock", "github.com/tidwall/gjson", "golang.org/x/sys/unix"},
	"authfile/atomicfile":   nil,
	"authfile/journal":      {"hermes/authfile/atomicfile", "hermes/authfile/lock"},
	"authfile/lock":         {"hermes/authfile/atomicfile", "github.com/gofrs/flock", "golang.org/x/sys/unix"},
	"provider":              {"hermes/authfile", "hermes/provider/command", "hermes/provider/config", "hermes/provider/facts", "hermes/provider/login", "hermes/provider/rows"},
	"provider/facts":        {"hermes/authfile/atomicfile", "hermes/provider/config", "hermes/provider/rows", "github.com/tidwall/gjson"},
	"provider/command":      nil,
	"provider/config":       {"hermes/provider/command", "hermes/authfile/atomicfile", "hermes/authfile/lock", "hermes/provider/config/dotenv", "hermes/provider/config/yamledit"},
	"provider/doctor":       {"hermes/authfile", "hermes/provider", "hermes/provider/config", "hermes/provider/login", "hermes/provider/rows"},
	"provider/oauth":        nil,
	"provider/login":        {"hermes/authfile", "hermes/provider/config", "hermes/provider/oauth"},
	"provider/rows":         {"hermes/authfile", "hermes/provider/config", "hermes/provider/oauth"},
	"provider/sandbox":      nil,
	"provider/prompts":      {"hermes/provider/config"},
	"provider/setup":        {"hermes/provider", "hermes/provider/config", "hermes/provider/login", "hermes/provider/rows"},
	"oneshot":               {"hermes/oneshot/tool", "hermes/oneshot/bill", "hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/input", "hermes/oneshot/messages", "hermes/oneshot/output", "hermes/oneshot/pace", "hermes/oneshot/schema", "hermes/oneshot/wire", "hermes/oneshot/wire/dial"},
	"oneshot/batch/journal": nil,
	"oneshot/batch":         {"hermes/oneshot", "hermes/oneshot/batch/journal", "hermes/oneshot/messages", "hermes/oneshot/strict", "hermes/oneshot/wire", "hermes/oneshot/bill", "hermes/oneshot/class", "hermes/oneshot/input", "hermes/oneshot/output"},
	"oneshot/bill":          {"hermes/oneshot/class", "hermes/oneshot/output", "hermes/oneshot/wire"},
	"oneshot/messages":      {"hermes/oneshot/strict", "hermes/oneshot/wire"},
	"oneshot/strict":        nil,
	"oneshot/cache":         {"hermes/oneshot/wire"},
	"oneshot/cassette":      {"hermes/oneshot/class", "hermes/oneshot/tool", "hermes/oneshot/wire"},
	"oneshot/class":         nil,
	"oneshot/jsonstring":    nil,
	"oneshot/guard":         {"hermes/oneshot/class"},
	"oneshot/input":         {"hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/output", "hermes/oneshot/wire"},
	"oneshot/ledger":        {"hermes/oneshot/class", "hermes/oneshot/jsonstring", "hermes/oneshot/output"},
	"oneshot/pace":          {"hermes/oneshot/guard"},
	"oneshot/output":        {"hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/jsonstring", "golang.org/x/sys/unix"},
	"oneshot/schema":        nil,
	"oneshot/shell":         nil,
	"oneshot/sse":           nil,
	"oneshot/tool":          {"hermes/oneshot/class", "hermes/oneshot/schema", "hermes/oneshot/wire"},
	"oneshot/tool/program":  {"hermes/oneshot/class", "hermes/oneshot/schema", "hermes/oneshot/tool", "hermes/oneshot/tool/confine"},
	"oneshot/tool/confine":  {"golang.org/x/sys/unix"},
	"oneshot/tool/mcp":      {"hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/sse", "hermes/oneshot/tool", "hermes/oneshot/wire", "hermes/oneshot/wire/dial", "github.com/modelcontextprotocol/go-sdk/jsonrpc"},
	"oneshot/supervise":     {"hermes/oneshot/class", "golang.org/x/sys/unix"},
	"oneshot/wire":          {"hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/pace", "hermes/oneshot/sse", "hermes/oneshot/wire/body", "hermes/oneshot/wire/dial"},
	"oneshot/wire/body":     {"hermes/oneshot/jsonstring"},
	"oneshot/wire/dial":     {"hermes/oneshot/class"},

	"oneshot/batch/provider": {"hermes/oneshot", "hermes/oneshot/batch", "hermes/oneshot/batch/journal", "hermes/oneshot/class", "hermes/oneshot/guard", "hermes/oneshot/input", "hermes/oneshot/output", "hermes/oneshot/wire", "hermes/oneshot/wire/body"},
	"oneshot/wire/anthropic": {"hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/fit", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/apierror":  {"hermes/oneshot/class", "hermes/oneshot/wire", "github.com/tidwall/gjson"},
	"oneshot/wire/chat":      {"hermes/oneshot/class", "hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/fit", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/fit":       nil,
	"oneshot/wire/gemini":    {"hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/fit", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/read":      {"hermes/oneshot/jsonstring", "github.com/tidwall/gjson"},
	"oneshot/wire/responses": {"hermes/oneshot/class", "hermes/oneshot/wire/chat", "hermes/oneshot/sse", "hermes/oneshot/wire", "hermes/oneshot/wire/apierror", "hermes/oneshot/wire/body", "hermes/oneshot/wire/fit", "hermes/oneshot/wire/read", "github.com/tidwall/gjson"},
	"oneshot/wire/wiretest":  {"hermes/oneshot/class", "hermes/oneshot/wire"},

	"provider/config/dotenv":   nil,
	"provider/config/yamledit": {"gopkg.in/yaml.v3"},

	"scripts/engines/k8s": nil, // but for the files of another go.mod

	"scripts/bounded":  nil,
	"scripts/compare":  {"hermes/scripts/launcher/spawn", "hermes/scripts/oddmcp"},
	"scripts/oddmcp":   nil,
	"scripts/parent":   {"github.com/charmbracelet/bubbletea"}, // a module of its own
	"scripts/peer":     nil,                                    // but for its tests, which are a module of their own
	"scripts/proof":    nil,
	"scripts/rogue":    nil,
	"scripts/tty":      {"golang.org/x/sys/unix"},
	"scripts/dist":     nil,
	"scripts/gofloor":  nil,
	"scripts/house":    nil,
	"scripts/launcher": {"hermes/scripts/launcher/spawn"},
	"scripts/mutate":   nil,

	"scripts/launcher/spawn": nil,

	"scripts/toolmodel": nil,

	"scripts/txtar": { // of tests alone
		"hermes/oneshot/class", "hermes/oneshot/output", "hermes/scripts/rogue", "hermes/scripts/tty",
		"github.com/rogpeppe/go-internal/testscript", "github.com/santhosh-tekuri/jsonschema/v6",
	},
}

// TestImports holds the table against the code. A package that is not in it fails: a new room is a decision.
func TestImports(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || path == "bin" || path == "dist") {
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

// TestReadme: README names the files that stand beside config.yaml and auth.json. Its exit table is held in oneshot/output.
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
