// Package txtar is what the scripts in testdata/script can do beside testscript's own commands: serve answers, run a line of shell or a
// terminal, and hold what came out against the schemas.
package txtar

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/scripts/rogue"
	"hermes/scripts/tty"
)

// Commands are the commands, by name.
func Commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"sandbox": startSandbox, "status": wantStatus, "events": checkEvents, "valid": checkLines, "class": walkClass, "sh": runShell,
		"tty": runOnTerminal, "rogue": startRogue, "asked": wantAsked,
	}
}

// Setup readies what the commands of one script share.
func Setup(env *testscript.Env) {
	env.Values[lastRogue{}] = make([]*rogue.Server, 1)
	env.Values[metClasses{}] = new([]class.Class)
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
// before the server at $URL; rogue strict, which is that for one client alone, leaves the client's certificate and key in client.pem too.
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
	} else if args[0] == "front" || args[0] == "strict" {
		s, err = rogue.Front(ts.Getenv("URL"), args[0] == "strict")
	} else {
		s, err = rogue.Canned([]byte(ts.ReadFile(args[0])), pause)
	}
	ts.Check(err)
	ts.Defer(s.Close)
	for name, text := range map[string][]byte{"ca.pem": s.CA, "client.pem": s.Client} {
		if text != nil {
			ts.Check(os.WriteFile(ts.MkAbs(name), text, 0o600))
		}
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

// metClasses is the key of the error classes that walkClass has met in a script.
type metClasses struct{}

// walkClass runs a line of shell that ends in an error of a class, and wants its exit code, one line on stderr with the
// hint, and the class in run.end where the line asks for events in ev: class CLASS 'LINE', class --all-but CLASS ….
func walkClass(ts *testscript.TestScript, _ bool, args []string) {
	met := ts.Value(metClasses{}).(*[]class.Class)
	if args[0] == "--all-but" {
		for _, c := range class.All() {
			if !slices.Contains(*met, c) && !slices.Contains(args[1:], string(c)) {
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
	hint, _, _ = strings.Cut(hint, "{provider}")
	if strings.Contains(args[1], "--events ev") { // its hint fits the cause, and may say more than that of the class
		events := validLines(ts, "events", "ev")
		var end struct {
			Error struct {
				Class class.Class
				Hint  string
			}
		}
		ts.Check(json.Unmarshal([]byte(events[len(events)-1]), &end))
		if hint = end.Error.Hint; end.Error.Class != want || hint == "" {
			ts.Fatalf("run.end has the class %s and the hint %q", end.Error.Class, hint)
		}
	}
	if want == class.PipeClosed {
		hint, lines = "", 0
	}
	if strings.Count(said, "\n") != lines || lines == 1 && !strings.HasPrefix(said, "hermes: ") || !strings.Contains(said, hint) {
		ts.Fatalf("stderr %q, want one line with %q", said, hint)
	}
	*met = append(*met, want)
}

func compiled(ts *testscript.TestScript, name string) *jsonschema.Schema {
	text := ""
	if strings.HasSuffix(name, ".json") { // a file of the script
		text = ts.ReadFile(name)
	} else {
		raw, err := output.Schema(name)
		ts.Check(err)
		text = string(raw)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("s.json", doc))
	schema, err := c.Compile("s.json")
	ts.Check(err)
	return schema
}
