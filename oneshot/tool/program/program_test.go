package program_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hermes/oneshot/tool"
	"hermes/oneshot/tool/confine"
	"hermes/oneshot/tool/program"
)

// TestMain makes the test binary one that can confine itself.
func TestMain(m *testing.M) {
	if confine.Asked(os.Args) {
		os.Exit(confine.Main())
	}
	os.Exit(m.Run())
}

const canary = "canary-secret-0123456789"

// place is a working folder with a file, and a home with a secret in it.
func place(t *testing.T) program.Options {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.txt": "words", "sub/b.txt": "more", "sub/home/.env": canary, "out/.keep": ""} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return program.Options{Dir: dir, Hide: []string{filepath.Join(dir, "sub", "home")}, Self: self, Env: []string{"PATH=" + os.Getenv("PATH")}}
}

// call runs the command with arguments.
func call(t *testing.T, o program.Options, c program.Command, args string) (string, bool) {
	t.Helper()
	c.Name = "x"
	s, err := program.New([]program.Command{c}, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Call(t.Context(), "x", json.RawMessage(args))
	if err != nil {
		return err.Error(), true
	}
	return string(r.Plain()), r.Failed
}

func confined(t *testing.T) {
	t.Helper()
	if err := confine.Supported(); err != nil {
		t.Skip(err)
	}
}

// TestConfined: what a command may do, and what it may not.
func TestConfined(t *testing.T) {
	t.Parallel()
	confined(t)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte(canary), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		script string
		row    program.Command
		says   string
		failed bool
	}{
		"reads the folder":            {"cat a.txt sub/b.txt", program.Command{}, "wordsmore", false},
		"lists it":                    {"ls; ls sub", program.Command{}, "a.txt", false},
		"not the home in it":          {"cat sub/home/.env", program.Command{}, "denied", true},
		"not outside":                 {"cat " + outside, program.Command{}, "denied", true},
		"not by way of ..":            {"cd sub && cat ../../*/secret " + outside, program.Command{}, "denied", true},
		"no environment of a process": {"cat /proc/$PPID/environ", program.Command{}, "denied", true},
		"writes nothing":              {"echo x >a.txt", program.Command{}, "denied", true},
		"makes nothing":               {"mkdir d || touch new || ln -s a b", program.Command{}, "denied", true},
		"not in /tmp":                 {"echo x >/tmp/hermes-program-test", program.Command{}, "denied", true},
		"writes where it may":         {"echo x >out/new && cat out/new && mv out/new out/old", program.Command{Write: []string{"out"}}, "x", false},
		"and only there":              {"echo x >a.txt", program.Command{Write: []string{"out"}}, "denied", true},
		"reads more where it may":     {"cat " + outside, program.Command{Read: []string{filepath.Dir(outside)}}, canary, false},
		"/dev/null":                   {"echo x >/dev/null && echo fine", program.Command{}, "fine", false},
		"its own variables":           {"env", program.Command{Env: []string{"GIVEN=1"}}, "GIVEN=1", false},
		"does not rise":               {"grep NoNewPrivs /proc/self/status || echo none", program.Command{}, "none", false},
		"off is off":                  {"cat " + outside, program.Command{Sandbox: "off"}, canary, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := place(t)
			c.row.Argv = []string{"sh", "-c", c.script}
			text, failed := call(t, o, c.row, `{}`)
			if failed != c.failed || !strings.Contains(text, c.says) || c.says != canary && strings.Contains(text, canary) {
				t.Errorf("failed %v: %s", failed, text)
			}
			if raw, err := os.ReadFile(filepath.Join(o.Dir, "a.txt")); err != nil || string(raw) != "words" {
				t.Errorf("a.txt is %q (%v)", raw, err)
			}
		})
	}
}

// TestNoNetwork: neither TCP nor UDP nor a Unix socket.
func TestNoNetwork(t *testing.T) {
	t.Parallel()
	confined(t)
	python := "import socket\nfor f, k in ((socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_UNIX, socket.SOCK_STREAM)):\n try: socket.socket(f, k); print('open')\n except PermissionError: print('shut')\nsocket.socketpair()"
	c := program.Command{Argv: []string{"/usr/bin/python3", "-c", python}}
	c.Name = "x"
	if _, err := program.New([]program.Command{c}, place(t)); err != nil {
		t.Skip(err)
	}
	if text, _ := call(t, place(t), c, `{}`); text != "shut\nshut\nshut\n" {
		t.Errorf("%q", text)
	}
	c.Network = true
	if text, _ := call(t, place(t), c, `{}`); text != "open\nopen\nopen\n" {
		t.Errorf("with network: %q", text)
	}
}

// TestTemplate: arguments become words, and no word becomes an option or a command of a shell.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		argv []string
		args string
		want string // "" is a failure
	}{
		"one word":             {[]string{"{{a}}"}, `{"a":"x; $(id) '\" y"}`, "x; $(id) '\" y"},
		"within a word":        {[]string{"--n={{a}}:{{b}}"}, `{"a":1,"b":true}`, "--n=1:true"},
		"a list":               {[]string{"{{a}}", "end"}, `{"a":["x","y z"]}`, "x|y z|end"},
		"a list within":        {[]string{"k={{a}}"}, `{"a":["x","y"]}`, "k=x,y"},
		"missing":              {[]string{"a", "--b={{a}}", "{{a}}", "c"}, `{}`, "a|c"},
		"a large number":       {[]string{"{{a}}"}, `{"a":12345678901234567890}`, "12345678901234567890"},
		"a negative number":    {[]string{"{{a}}"}, `{"a":-5}`, "-5"},
		"an object":            {[]string{"{{a}}"}, `{"a":{"b":1}}`, `{"b":1}`},
		"no option":            {[]string{"{{a}}"}, `{"a":"-rf"}`, ""},
		"no option in a list":  {[]string{"{{a}}"}, `{"a":["x","--y"]}`, ""},
		"an option after --":   {[]string{"--", "{{a}}"}, `{"a":"-rf"}`, "--|-rf"},
		"an option of the row": {[]string{"--x={{a}}"}, `{"a":"-rf"}`, "--x=-rf"},
		"NUL":                  {[]string{"{{a}}"}, `{"a":"x\u0000y"}`, ""},
		"empty":                {[]string{"{{a}}", ""}, `{"a":""}`, "|"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			argv := append([]string{"sh", "-c", `IFS="|"; printf %s "$*"`, "sh"}, c.argv...)
			schema := json.RawMessage(`{"type":"object","properties":{"a":{},"b":{}}}`)
			text, failed := call(t, place(t), program.Command{Argv: argv, Schema: schema}, c.args)
			if failed != (c.want == "") || !failed && text != c.want {
				t.Errorf("%v: %q", failed, text)
			}
		})
	}
	if text, _ := call(t, place(t), program.Command{Argv: []string{"cat"}, Stdin: "{{a}}"}, `{"a":"in\n"}`); text != "in\n" {
		t.Errorf("stdin %q", text)
	}
}

// TestBadRows are refused before any call.
func TestBadRows(t *testing.T) {
	t.Parallel()
	for part, c := range map[string]program.Command{
		"argv is empty":      {},
		"not found":          {Argv: []string{"no-such-program"}},
		"the program itself": {Argv: []string{"{{a}}"}},
		"without the name":   {Argv: []string{"cat", "{{a"}},
		"{{a}} is not among": {Argv: []string{"cat", "{{a}}"}, Schema: json.RawMessage(`{"type":"object"}`)},
		"schema":             {Argv: []string{"cat"}, Schema: json.RawMessage(`{"type":"nothing"}`)},
	} {
		c.Name = "row"
		_, err := program.New([]program.Command{c}, place(t))
		if err == nil || !strings.Contains(err.Error(), part) || !strings.HasPrefix(err.Error(), "oneshot.tools.row: ") {
			t.Errorf("%s: %v", part, err)
		}
	}
	if _, err := program.New([]program.Command{{Name: "row", Idle: true}}, place(t)); err != nil {
		t.Errorf("a row that is not offered: %v", err)
	}
}

// TestFailure: the model hears how a command ended and what it said.
func TestFailure(t *testing.T) {
	t.Parallel()
	text, failed := call(t, place(t), program.Command{Argv: []string{"sh", "-c", "echo out; echo err >&2; exit 3"}}, `{}`)
	if !failed || text != "sh: exit status 3\nerr\nout\n" {
		t.Errorf("%v %q", failed, text)
	}
	if text, failed := call(t, place(t), program.Command{Argv: []string{"sh", "-c", "echo note >&2"}}, `{}`); failed || text != "note" {
		t.Errorf("%v %q", failed, text)
	}
	if text, failed := call(t, place(t), program.Command{Argv: []string{"sh", "-c", "sleep 30"}, Timeout: 50 * time.Millisecond}, `{}`); !failed || text != "it did not end within 50ms" {
		t.Errorf("%v %q", failed, text)
	}
}

// TestGroup: what a command leaves running is gone with it, and so is a command that is cancelled.
func TestGroup(t *testing.T) {
	t.Parallel()
	gone := func(pid string) {
		t.Helper()
		n, err := strconv.Atoi(strings.TrimSpace(pid))
		if err != nil {
			t.Fatalf("%q: %v", pid, err)
		}
		for range 200 {
			state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n))
			if err != nil || strings.Contains(string(state), ") Z ") {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("process %d is still there", n)
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc")
	}
	o := place(t)
	text, _ := call(t, o, program.Command{Argv: []string{"sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"}}, `{}`)
	gone(text)
	s, err := program.New([]program.Command{{Name: "x", Argv: []string{"sh", "-c", "echo $$ >out/pid; sleep 60 & echo $! >>out/pid; wait"}, Write: []string{"out"}}}, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	if _, err := s.Call(ctx, "x", json.RawMessage(`{}`)); err == nil {
		t.Error("a cancelled command has a result")
	}
	raw, err := os.ReadFile(filepath.Join(o.Dir, "out", "pid"))
	if err != nil {
		t.Fatal(err)
	}
	for pid := range strings.FieldsSeq(string(raw)) {
		gone(pid)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s, err := program.New([]program.Command{{Name: "cat", Argv: []string{"cat", "{{file}}", "{{more}}"}}, {Name: "off", Argv: []string{"cat"}, Sandbox: "off"}}, place(t))
	if err != nil {
		t.Fatal(err)
	}
	tools, err := s.Tools(t.Context())
	if err != nil || len(tools) != 2 || tools[0].Server != tool.Commands || tools[1].ReadOnly {
		t.Fatalf("%+v %v", tools, err)
	}
	var schema struct{ Required []string }
	if err := json.Unmarshal(tools[0].Schema, &schema); err != nil || !slices.Equal(schema.Required, []string{"file", "more"}) {
		t.Errorf("%s", tools[0].Schema)
	}
}
