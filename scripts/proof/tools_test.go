//go:build unix

package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hermes/scripts/toolmodel"
)

const (
	maxTurns = 10
	maxCalls = 50
	retries  = 1
)

// toolsDiffer are scripts of which the contract wants another outcome, with the reason.
var toolsDiffer = map[string]toolmodel.Expect{
	"last-turn-text":      {Exit: 80, Class: "budget", Requests: json.RawMessage("3"), ToolCalls: json.RawMessage("3")},       // three equal calls with equal results
	"http-401-after-call": {Exit: 77, Class: "auth_refused", Requests: json.RawMessage("2"), ToolCalls: json.RawMessage("1")}, // a key cannot be renewed
	"http-500-after-call": {Exit: 69, Class: "server_error", Requests: json.RawMessage(`"2 + retries"`), ToolCalls: json.RawMessage("1")},
}

// elsewhere are scripts that need a server of tools: see TestForeignScripts.
var elsewhere = []string{"tool-embedded", "tool-image", "tool-progress", "tool-structured", "tool-unknown-content"}

// TestScripts plays every script over every API through the binary. What run.end says is the outcome.
func TestToolScripts(t *testing.T) {
	t.Parallel()
	scripts, err := toolmodel.Load("../../testdata/toolscripts")
	if err != nil || len(scripts) != 43 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	server := &toolmodel.Server{Scripts: scripts}
	http := httptest.NewServer(server)
	t.Cleanup(http.Close)
	homes := map[string]string{}
	for _, kind := range []string{"", "mb", "conformance", "none"} {
		homes[kind] = toolHome(t, http.URL, kind)
	}
	for name, script := range scripts {
		for _, wire := range toolmodel.Wires() {
			if script.Wires != nil && !slices.Contains(script.Wires, wire) || slices.Contains(elsewhere, name) {
				continue
			}
			t.Run(name+"/"+wire, func(t *testing.T) {
				t.Parallel()
				kind := script.Client.MCP
				if script.Client.Conformance {
					kind = map[bool]string{true: "none", false: "conformance"}[name == "conf-initialize"]
				}
				playTools(t, server, homes[kind], name, wire, script)
			})
		}
	}
}

// toolEnd is run.end.
type toolEnd struct {
	Status   string
	ExitCode int `json:"exit_code"`
	Text     *string
	Error    *struct{ Class, Message string }
	Attempts int
	Tools    struct{ Calls, Failed int }

	said string // on stderr
}

func playTools(t *testing.T, server *toolmodel.Server, home, name, wire string, script *toolmodel.Script) {
	t.Helper()
	end := runTools(t, home, name, wire, "cmd", script)
	judge(t, end, name, script, server.Play(wire, name))
}

// runTools runs the binary with the tools of a source.
func runTools(t *testing.T, home, name, wire, source string, script *toolmodel.Script) toolEnd {
	t.Helper()
	args := []string{"--provider", "w-" + wire, "--model", name, "--json", "--retries", strconv.Itoa(retries), "--max-turns", strconv.Itoa(maxTurns), "--max-tool-calls", strconv.Itoa(maxCalls)}
	for _, allowed := range script.Client.Allow {
		args = append(args, "--tools", source+":"+allowed)
	}
	if script.Client.Allow == nil {
		args = append(args, "--tools", source)
	}
	cmd := exec.Command(hermes, append(append(args, script.Client.Flags...), "go")...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &said, home
	cmd.Env = []string{"HERMES_HOME=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH")}
	err := cmd.Run()
	var end toolEnd
	if jerr := json.Unmarshal(out.Bytes(), &end); jerr != nil {
		t.Fatalf("%v, %v: %s %s", err, jerr, out.Bytes(), said.Bytes())
	}
	if end.said = said.String(); cmd.ProcessState.ExitCode() != end.ExitCode {
		t.Errorf("%v, and run.end says %d", err, end.ExitCode)
	}
	return end
}

// judge holds what run.end says against the script, and shows what the server found wrong.
func judge(t *testing.T, got toolEnd, name string, script *toolmodel.Script, p toolmodel.Play) {
	t.Helper()
	want := script.Expect
	if other, ok := toolsDiffer[name]; ok {
		want = other
	}
	if got.ExitCode != want.Exit || want.Status != "" && got.Status != want.Status {
		t.Errorf("exit %d, status %s, want %d %s: %s", got.ExitCode, got.Status, want.Exit, want.Status, got.said)
	}
	if want.Class != "" && (got.Error == nil || got.Error.Class != want.Class) {
		t.Errorf("the error is %+v, want %s", got.Error, want.Class)
	}
	if want.Text != nil && (got.Text == nil || *got.Text != *want.Text) {
		t.Errorf("the text is %v, want %q", got.Text, *want.Text)
	}
	for what, n := range map[string]struct {
		got  int
		want json.RawMessage
	}{"requests": {p.Requests, want.Requests}, "attempts": {got.Attempts, want.Requests}, "calls": {got.Tools.Calls, want.ToolCalls}, "failed results": {got.Tools.Failed, want.Errors}} {
		if !expected(n.got, n.want) {
			t.Errorf("%d %s, want %s", n.got, what, n.want)
		}
	}
	for _, w := range p.Wrong {
		t.Error(w)
	}
}

// expected reports whether a number is the expected one: 2, "0 or 1", "<= max_turns", "2 + retries".
func expected(n int, want json.RawMessage) bool {
	var words string
	if len(want) == 0 {
		return true
	}
	if json.Unmarshal(want, &words) != nil {
		return strconv.Itoa(n) == string(want)
	}
	switch words {
	case "<= max_turns":
		return n <= maxTurns
	case "<= max_calls":
		return n <= maxCalls
	case "2 + retries":
		return n == 2+retries
	}
	return slices.Contains(strings.Split(words, " or "), strconv.Itoa(n))
}

// home is one whose config.yaml has the server over each API, and the tools of the scripts as commands.
func toolHome(t *testing.T, url, kind string) string {
	t.Helper()
	dir := t.TempDir()
	echo, tools := `[printf, "echo: %s", "{{text}}"]`, ""
	text := `{type: object, properties: {text: {type: string}}, required: [text]}`
	numbers := `{type: object, properties: {a: {type: integer}, b: {type: integer}}, required: [a, b]}`
	if kind == "mb" {
		echo = `[sh, -c, "head -c 1048576 /dev/zero | tr '\\0' a"]`
	}
	rows := map[string][2]string{
		"echo": {echo, text}, "add": {`[sh, -c, "echo $(($1 + $2))", sh, "{{a}}", "{{b}}"]`, numbers},
		"fail":  {`[sh, -c, "echo it broke >&2; exit 1"]`, `{type: object}`},
		"write": {`[sh, -c, "echo \"$1\" >\"$2\"", sh, "{{text}}", "{{path}}"]`, `{type: object, properties: {text: {type: string}, path: {type: string}}}`},
	}
	switch kind {
	case "conformance":
		rows = map[string][2]string{"add_numbers": rows["add"]}
	case "none":
		rows = nil
	}
	for name, row := range rows {
		tools += fmt.Sprintf("    %s: {argv: %s, schema: %s}\n", name, row[0], row[1])
	}
	var config strings.Builder
	config.WriteString("providers:\n")
	for wire, transport := range map[string]string{"anthropic": "anthropic_messages", "chat": "chat_completions", "responses": "responses", "gemini": "gemini"} {
		fmt.Fprintf(&config, "  w-%s: {base_url: %q, transport: %s, default_model: x}\n", wire, url+"/v1", transport)
	}
	config.WriteString("oneshot:\n  tools:\n" + tools)
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
