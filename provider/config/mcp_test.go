package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const mcpText = `
mcp_servers:
  fs:
    command: npx
    args: [-y, "@modelcontextprotocol/server-filesystem", "${workspaceFolder}"]
    env: {TOKEN: "${FS_TOKEN}", N: 7, EMPTY: "${NONE:-x}"}
    cwd: ~/work
    timeout: 1.5
    connect_timeout: 10
    enabled: "yes"
    tools: {include: read_*, exclude: [write, "[ab]?"]}
    trust: untrusted
    supports_parallel_tool_calls: true
    sampling: {enabled: true}
    lazy: true
  net:
    url: https://h.example/mcp
    headers: {Authorization: "Bearer ${env:NET_KEY}"}
    transport: sse
    ssl_verify: /ca.pem
    client_cert: [/c.pem, /k.pem]
    auth: oauth
  off: {command: x, enabled: 0}
  line: {command: x, args: "-a 'b c'", ssl_verify: false}
  json: {command: x, args: '["a", "b c"]', tools: {include: []}}
`

// TestMCPServers reads rows as Hermes Agent writes them (tools.md §d), and as other programs do.
func TestMCPServers(t *testing.T) {
	t.Parallel()
	c, err := Load(write(t, `
mcp_servers:
  fs:
    command: npx
    args: [-y, "@modelcontextprotocol/server-filesystem", "${workspaceFolder}", 7]
`))
	if err != nil || c.MCPServers[0].Err == nil {
		t.Errorf("a number among the arguments: %v, %+v", err, c)
	}
	c, err = Load(write(t, mcpText))
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"FS_TOKEN": "canary", "NET_KEY": "k"}
	lookup := func(name string) string { return vars[name] }
	var got []string
	for _, s := range c.MCPServers {
		s, err := s.Filled(lookup, "/home/me", "/repo")
		if err != nil || s.Err != nil {
			t.Errorf("%s: %v, %v", s.Name, err, s.Err)
		}
		got = append(got, fmt.Sprintf("%s: %s %q %v %s %s %v sse=%v off=%v %v %v %q %q %v %v insecure=%v %s %s %s oauth=%v", s.Name, s.Command, s.Args, s.Env, s.Cwd, s.URL, s.Headers, s.SSE, s.Disabled,
			s.Timeout, s.ConnectTimeout, s.Include, s.Exclude, s.Untrusted, s.Parallel, s.Insecure, s.CAFile, s.ClientCert, s.ClientKey, s.OAuth))
	}
	want := `fs: npx ["-y" "@modelcontextprotocol/server-filesystem" "/repo"] map[EMPTY:x N:7 TOKEN:canary] /home/me/work  map[] sse=false off=false 1.5s 10s ["read_*"] ["write" "[ab]?"] true true insecure=false    oauth=false
net:  [] map[]  https://h.example/mcp map[Authorization:Bearer k] sse=true off=false 0s 0s [] [] false false insecure=false /ca.pem /c.pem /k.pem oauth=true
off: x [] map[]   map[] sse=false off=true 0s 0s [] [] false false insecure=false    oauth=false
line: x ["-a" "b c"] map[]   map[] sse=false off=false 0s 0s [] [] false false insecure=true    oauth=false
json: x ["a" "b c"] map[]   map[] sse=false off=false 0s 0s [] [] false false insecure=false    oauth=false`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if c.MCPServers[4].Include == nil || c.MCPServers[3].Include != nil {
		t.Error("an empty include and none are two things")
	}
	if notes := c.MCPServers[0].Notes; len(notes) != 1 || !strings.HasPrefix(notes[0], "mcp_servers.fs.sampling") {
		t.Errorf("notes %q", notes)
	}
}

// TestMCPServerErrors names file, line and key, and keeps to the row.
func TestMCPServerErrors(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]string{
		"x":                                       ":3: mcp_servers.fs: must be a mapping with command or url, not text",
		"{}":                                      ":3: mcp_servers.fs: must have a command or a url",
		"{command: [a]}":                          ":3: mcp_servers.fs.command: must be text, not a list",
		"{command: a, timeout: soon}":             ":3: mcp_servers.fs.timeout: must be a number of seconds, or a time such as 10s",
		"{command: a, timeout: -1}":               ":3: mcp_servers.fs.timeout: must be a number of seconds, or a time such as 10s",
		"{command: a, enabled: maybe}":            ":3: mcp_servers.fs.enabled: must be true or false",
		"{command: a, ssl_verify: []}":            ":3: mcp_servers.fs.ssl_verify: must be true or false, or a file",
		"{command: a, args: 'b | c'}":             ":3: mcp_servers.fs.args: is one text that is no list of words; write a list",
		"{command: a, env: [b]}":                  ":3: mcp_servers.fs.env: must be a mapping, not a list",
		"{command: a, env: {b: [c]}}":             ":3: mcp_servers.fs.env.b: must be text, not a list",
		"{command: a, tools: {include: {a: b}}}":  ":3: mcp_servers.fs.tools.include: must be a list, not a mapping",
		"{command: a, env: {'b=c': d}}":           ":3: mcp_servers.fs.env: holds a name that cannot be a variable's",
		"{url: http://h, client_cert: [a, b, c]}": ":3: mcp_servers.fs.client_cert: has a key with a password, which this program cannot open",
		"{url: ftp://h}":                          ":3: mcp_servers.fs.url: must be an http or https address with a host",
		"{url: http://h, headers: {'a b': c}}":    ":3: mcp_servers.fs.headers: holds a name or value that cannot be a request header",
	} {
		path := write(t, "mcp_servers:\n  ok: {command: a}\n  fs: "+row+"\n")
		c, err := Load(path)
		if err != nil || c.MCPServers[0].Err != nil || c.MCPServers[1].Err == nil || c.MCPServers[1].Err.Error() != path+want {
			t.Errorf("%s: %v, %v", row, err, c.MCPServers[1].Err)
		}
	}
	path := write(t, "mcp_servers:\n  fs:\n    command: a\n    env:\n      A: b\n      TOKEN: ${NONE}x\n")
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.MCPServers[0].Filled(func(string) string { return "" }, "/h", "/f")
	if class(err) != "config" || err.Error() != path+":6: mcp_servers.fs.env.TOKEN: ${NONE} has no value" {
		t.Errorf("%v", err)
	}
}

// TestMCPFilled: the names that other programs fill in, a value for what has none, and what is no ${…}.
func TestMCPFilled(t *testing.T) {
	t.Parallel()
	c, err := Load(write(t, `
mcp_servers:
  fs:
    command: a
    args: ["${userHome}", "${workspaceFolderBasename}", "a${/}b${pathSeparator}c", "${env:A}${B:-y}", "$A ${", "${open"]
    timeout: 10s
    identity_header: {name: X-Me}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.MCPServers[0].Filled(func(name string) string { return map[string]string{"A": "x", "open": "o"}[name] }, "/home/me", "/work/repo")
	if want := `["/home/me" "repo" "a/b/c" "xy" "$A ${" "${open"]`; err != nil || fmt.Sprintf("%q", s.Args) != strings.ReplaceAll(want, "a/b/c", "a"+string(filepath.Separator)+"b"+string(filepath.Separator)+"c") {
		t.Errorf("%q, %v", s.Args, err)
	}
	if s.Timeout != 10*time.Second || len(s.Notes) != 1 || s.Notes[0] != "mcp_servers.fs.identity_header is not sent here; headers is the place for it" {
		t.Errorf("%v, %q", s.Timeout, s.Notes)
	}
}

// TestCommandRow: a command of a model is read as it is written, its schema as JSON with the keys in their order.
func TestCommandRow(t *testing.T) {
	t.Parallel()
	_, err := Load(write(t, `
oneshot:
  tools:
    say:
      description: says it
      argv: [echo, "{{word}}", $HOME, 7]
      schema: {type: object, required: [word], properties: {word: {type: string, maxLength: 9}}}
      timeout: 5s
      network: true
      sandbox: required
    idle:
`), runFlags()...)
	if err == nil || !strings.Contains(err.Error(), "oneshot.tools.say.argv.3: ") {
		t.Errorf("a number among the words: %v", err)
	}
	c, err := Load(write(t, `
oneshot:
  tools:
    say: {argv: [echo, "{{word}}", $HOME], schema: {type: object, required: [word], properties: {word: {type: string, maxLength: 9}}}, timeout: 5s, sandbox: required}
    idle:
`), runFlags()...)
	if err != nil || len(c.Commands) != 1 {
		t.Fatalf("%+v, %v", c.Commands, err)
	}
	row := c.Commands[0]
	got := fmt.Sprintf("%s %q %s %v %s", row.Name, row.Argv, row.Schema, row.Timeout, row.Sandbox)
	if want := `say ["echo" "{{word}}" "$HOME"] {"type":"object","required":["word"],"properties":{"word":{"type":"string","maxLength":9}}} 5s required`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for row, want := range map[string]string{
		"x":                          ":3: oneshot.tools.say: must be a mapping, not text",
		"{argv: [a], schema: [b]}":   ":3: oneshot.tools.say.schema: must be a mapping, not a list",
		"{argv: a}":                  ":3: oneshot.tools.say.argv: must be a list, not text",
		"{argv: [a], sandbox: some}": ":3: oneshot.tools.say.sandbox: ",
	} {
		path := write(t, "oneshot:\n  tools:\n    say: "+row+"\n")
		if _, err := Load(path, runFlags()...); err == nil || !strings.HasPrefix(err.Error(), path+want) {
			t.Errorf("%s: %v, want %s", row, err, want)
		}
	}
}

// TestLoadMCP reads the file that other programs share.
func TestLoadMCP(t *testing.T) {
	t.Parallel()
	path := write(t, "{\n\t\"mcpServers\": {\n\t\t\"a\": {\"type\": \"stdio\", \"command\": \"x\", \"args\": [\"-y\", \"C:\\\\d\\/e\"], \"env\": {\"K\": \"v\\ud83d\\ude00\"}, \"timeout\": 60000},\n\t\t\"b\": {\"type\": \"sse\", \"url\": \"http://h/sse\", \"disabled\": true, \"timeout\": 60}\n\t}\n}\n")
	all, err := LoadMCP(path)
	if err != nil || len(all) != 2 || all[0].Err != nil || all[0].Args[1] != `C:\d/e` || all[0].Env["K"] != "v😀" || all[0].Timeout != time.Minute || !all[1].SSE || !all[1].Disabled || all[1].Timeout != time.Minute {
		t.Errorf("%+v, %v", all, err)
	}
	path = write(t, "{\"mcpServers\": {\n\"a\": {\"command\": 7}}}")
	if all, err = LoadMCP(path); err != nil || all[0].Err.Error() != path+":2: mcpServers.a.command: must be text, not a number (put it in quotes)" {
		t.Errorf("%+v, %v", all, err)
	}
	for text, says := range map[string]string{"": "has no mcpServers", "{}": "has no mcpServers", "{": ":1: ", "[]": "not a list", `{"mcpServers": []}`: "must be a mapping"} {
		if _, err := LoadMCP(write(t, text)); class(err) != "config" || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
