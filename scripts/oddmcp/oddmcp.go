// Package oddmcp is a server of the Model Context Protocol that misbehaves when it is told to. Tests alone use it: it shares no code with
// the client that it tries, and no library, since what misbehaves is often the framing.
package oddmcp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Serve answers on stdin and stdout as a server should, but for the modes, which are parted by commas. It returns at the end of stdin.
func Serve(modes string) {
	odd := &server{modes: strings.Split(modes, ",")}
	odd.begin()
	odd.serve()
}

// server is one that is running.
type server struct {
	modes []string
	lists int
}

type message struct {
	ID     any    `json:"id"`
	Method string `json:"method"`
	Params struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
		Cursor    string          `json:"cursor"`
	} `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func (o *server) is(mode string) bool { return slices.Contains(o.modes, mode) }

func (o *server) say(text string) { os.Stdout.WriteString(text + "\n") }

func (o *server) answer(id any, result string) {
	if o.is("noise") {
		o.say("[info] answering\n{\"level\":\"info\"}\n[1,2]")
	}
	key, _ := json.Marshal(id)
	line := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, key, result)
	if o.is("id-last") {
		line = fmt.Sprintf(`{"result":%s,"jsonrpc":"2.0","id":%s}`, result, key)
	}
	if o.is("batch") {
		line = "[" + line + "]"
	}
	if o.is("crlf") {
		line += "\r"
	}
	o.say(line)
}

func (o *server) fail(id any, code int, message string) {
	key, _ := json.Marshal(id)
	o.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%q}}`, key, code, message))
}

func (o *server) begin() {
	if o.is("ignore-term") {
		signal.Ignore(syscall.SIGTERM)
	}
	if o.is("banner") {
		o.say("Starting odd server ...")
	}
	if o.is("flood") {
		os.Stderr.WriteString(strings.Repeat(strings.Repeat("y", 1023)+"\n", 1024))
	}
	if o.is("grandchild") {
		cmd := exec.Command(os.Args[0], "ignore-term") // it meets the end of its input at once, and stays
		cmd.Env = []string{"ODD_SERVER=ignore-term"}
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		_ = cmd.Start()
		_ = os.WriteFile(os.Getenv("MARK"), fmt.Appendf(nil, "%d %d", os.Getpid(), cmd.Process.Pid), 0o600)
	}
}

func (o *server) serve() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var m message
		if json.Unmarshal(in.Bytes(), &m) == nil {
			o.handle(m)
		}
	}
	if o.is("ignore-eof") || o.is("ignore-term") {
		time.Sleep(time.Minute)
	}
}

func (o *server) handle(m message) {
	switch {
	case m.Method == "initialize" && o.is("no-handshake"):
		o.fail(m.ID, -32601, "Method not found")
	case m.Method == "server/discover" && o.is("methods"):
		o.fail(m.ID, -32601, "Method not found")
	case m.Method == "server/discover" && o.is("no-handshake"):
		o.answer(m.ID, `{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}`)
	case m.Method == "initialize":
		o.initialize(m)
	case m.Method == "tools/list":
		o.list(m)
	case m.Method == "tools/call":
		o.call(m)
	case m.Method == "" && m.Error != nil:
		o.answer("asked", "{}") // no call of that id
		o.answer(2+o.lists, text("refused: "+string(m.Error)))
	case m.Method == "" && m.Result != nil:
		o.answer(2+o.lists, text("answered: "+string(m.Result)))
	case strings.HasPrefix(m.Method, "notifications/"), o.is("mute"):
	case o.is("strict"):
		os.Stderr.WriteString("expected initialize, got " + m.Method + "\n")
		quit(1)
	}
}

// quit ends the process without what else is done at the end: a test binary that counts statements would say on stderr that it cannot.
func quit(code int) { syscall.Exit(code) }

func (o *server) initialize(m message) {
	protocol := "2025-11-25"
	switch {
	case o.is("hang"):
		return
	case o.is("die"):
		os.Stderr.WriteString("Error: API_KEY is not set, not even to sk-canary-1234567890\n    at Module._load (node:internal)\n\n")
		quit(3)
	case o.is("old"):
		protocol = "2024-11-05"
	case o.is("weird"):
		protocol = "1999-01-01"
	}
	o.answer(m.ID, `{"protocolVersion":"`+protocol+`","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"odd","version":"1"}}`)
	if o.is("changed") {
		o.say(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	}
}

func (o *server) list(m message) {
	o.lists++
	tools := []string{
		`{"name":"echo","description":"Echoes\udb40\udc41.","inputSchema":{"type":"object","properties":{"z":{"const":12345678901234567890},"a":{}}},"annotations":{"readOnlyHint":true}}`,
		`{"name":"write","inputSchema":null}`, `{"name":7}`, `{"name":""}`, `{"name":"a/b"}`,
	}
	switch {
	case o.is("pageloop"):
		o.answer(m.ID, `{"tools":[`+tools[0]+`],"nextCursor":"again"}`)
	case o.is("endless"):
		o.answer(m.ID, fmt.Sprintf(`{"tools":[%s],"nextCursor":"%d"}`, tools[0], o.lists))
	case o.is("pages") && m.Params.Cursor == "":
		o.answer(m.ID, `{"tools":[`+tools[0]+`],"nextCursor":"next"}`)
	case o.is("pages"):
		o.answer(m.ID, `{"tools":[`+strings.Join(tools[1:], ",")+`]}`)
	default:
		o.answer(m.ID, `{"tools":[`+strings.Join(tools, ",")+`]}`)
	}
}

func text(s string) string {
	t, _ := json.Marshal(s)
	return `{"content":[{"type":"text","text":` + string(t) + `}]}`
}

func (o *server) call(m message) {
	switch {
	case m.Params.Name == "nobody":
		o.fail(m.ID, -32602, "Unknown tool: nobody")
	case o.is("die-call"):
		os.Stderr.WriteString("fatal: out of cheese\n")
		quit(7)
	case o.is("cut"):
		os.Stdout.WriteString(`{"jsonrpc":"2.0","id":3,"resu`)
		quit(0)
	case o.is("wrong-id"):
		o.answer(99, text("x"))
	case o.is("huge"):
		o.answer(m.ID, text(strings.Repeat("h", 20<<20)))
	case o.is("hologram"):
		o.answer(m.ID, `{"content":[{"type":"text","text":"before"},{"type":"hologram"},{"type":"image","data":"!"},{"type":"image","data":"AAEC","mimeType":"image/png"},7]}`)
	case o.is("no-content"):
		o.answer(m.ID, `{"content":null}`)
	case o.is("structured"):
		o.answer(m.ID, `{"content":[],"structuredContent":{"z":12345678901234567890,"a":0.1}}`)
	case o.is("fails"):
		o.answer(m.ID, `{"content":[{"type":"text","text":"disk on fire"}],"isError":true}`)
	case o.is("asks"):
		o.say(`{"jsonrpc":"2.0","id":"asked","method":"` + os.Getenv("ASKS") + `","params":{"message":"?","messages":[],"maxTokens":1,"requestedSchema":{"type":"object","properties":{}}}}`)
	case o.is("deaf"):
		time.Sleep(time.Hour)
	case o.is("env"):
		o.answer(m.ID, text(strings.Join(os.Environ(), "\n")))
	default:
		o.answer(m.ID, text("echo "+string(m.Params.Arguments)))
		o.answer(m.ID, text("once more"))
	}
}
