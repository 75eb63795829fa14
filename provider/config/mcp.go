package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hermes/provider/command"
	"hermes/provider/config/yamledit"
)

// MCPServer is a row of mcp_servers:, as it is written. [MCPServer.Filled] fills in its ${…}.
type MCPServer struct {
	Name string // key of the mapping
	Line int    // 1-based line of the name
	Err  error  // *Error; why the row cannot be used, nil where it can

	Command string            // a program; a row has it or URL, and URL wins
	Args    []string          // of the program
	Env     map[string]string // of the program, besides a few plain variables
	Cwd     string            // working folder of the program, "" for ours
	URL     string            // a server of the network
	Headers map[string]string // of each request
	SSE     bool              // transport: sse, the older way of URL

	Disabled       bool
	Timeout        time.Duration // of one call, 0 where the row does not say
	ConnectTimeout time.Duration // of the start, 0 where the row does not say
	Include        []string      // tools.include; nil where the row does not say, empty for none
	Exclude        []string      // tools.exclude
	Untrusted      bool          // trust: anything but full
	Parallel       bool          // supports_parallel_tool_calls
	Stateless      bool          // protocol: stateless

	Insecure   bool   // ssl_verify: false
	CAFile     string // ssl_verify: FILE
	ClientCert string // client_cert, a PEM file
	ClientKey  string // client_key, where client_cert does not hold it
	OAuth      bool   // auth: oauth: the token is in the home

	// Notes say which of its keys mean nothing here.
	Notes []string

	path, key string
	node      *yamledit.Node
}

func mcpFields() []field[mcpRow] {
	return []field[mcpRow]{
		{Key: Key{Path: "command", Type: "string", Help: "program to start"}, dest: func(s *mcpRow) any { return &s.Command }},
		{Key: Key{Path: "args", Type: "words", Help: "arguments of the program"}, dest: func(s *mcpRow) any { return (*words)(&s.Args) }},
		{Key: Key{Path: "env", Type: "map", Help: "variables of the program, beside PATH, HOME, LANG and the like"}, dest: func(s *mcpRow) any { return &s.Env }},
		{Key: Key{Path: "cwd", Type: "string", Help: "working folder of the program"}, dest: func(s *mcpRow) any { return &s.Cwd }},
		{Key: Key{Path: "url", Type: "string", Help: "address of a server of the network"}, dest: func(s *mcpRow) any { return &s.URL }},
		{Key: Key{Path: "headers", Type: "map", Help: "headers of each request to url"}, dest: func(s *mcpRow) any { return &s.Headers }},
		{Key: Key{Path: "transport", Type: "string", Help: "sse for a server of the older way; else streamable HTTP", also: []string{"type"}}, dest: func(s *mcpRow) any { return &s.transport }},
		{Key: Key{Path: "enabled", Type: "flag", Default: "true", Help: "false: the server is never started"}, dest: func(s *mcpRow) any { return &s.enabled }},
		{Key: Key{Path: "disabled", Type: "flag", Help: "true: the server is never started, as other programs write it"}, dest: func(s *mcpRow) any { return &s.disabled }},
		{Key: Key{Path: "timeout", Type: "seconds", Help: "seconds that a call may take"}, dest: func(s *mcpRow) any { return (*seconds)(&s.Timeout) }},
		{Key: Key{Path: "connect_timeout", Type: "seconds", Default: "60", Help: "seconds that a start may take"}, dest: func(s *mcpRow) any { return (*seconds)(&s.ConnectTimeout) }},
		{Key: Key{Path: "trust", Type: "string", Default: "full", Help: "anything else: a tool that does not say it only reads must be allowed by its name"}, dest: func(s *mcpRow) any { return &s.trust }},
		{Key: Key{Path: "supports_parallel_tool_calls", Type: "flag", Default: "false", Help: "whether calls may be made side by side"}, dest: func(s *mcpRow) any { return &s.parallel }},
		{Key: Key{Path: "protocol", Type: "string", Default: "auto", Help: "stateless for a server that knows no handshake"}, dest: func(s *mcpRow) any { return &s.protocol }},
		{Key: Key{Path: "ssl_verify", Type: "verify", Default: "true", Help: "false, or a PEM file of certificates that are trusted too"}, dest: func(s *mcpRow) any { return &s.verify }},
		{Key: Key{Path: "client_cert", Type: "words", Help: "PEM file of our certificate, or a list of it and its key"}, dest: func(s *mcpRow) any { return (*words)(&s.cert) }},
		{Key: Key{Path: "client_key", Type: "string", Help: "PEM file of its key"}, dest: func(s *mcpRow) any { return &s.ClientKey }},
		{Key: Key{Path: "auth", Type: "string", Help: "oauth: the token that Hermes Agent stored for this server"}, dest: func(s *mcpRow) any { return &s.auth }},
	}
}

func mcpToolFields() []field[mcpRow] {
	return []field[mcpRow]{
		{Key: Key{Path: "include", Type: "words", Help: "patterns of the tools that may be used; exclude then counts for nothing"}, dest: func(s *mcpRow) any { return (*words)(&s.Include) }},
		{Key: Key{Path: "exclude", Type: "words", Help: "patterns of the tools that may not be used"}, dest: func(s *mcpRow) any { return (*words)(&s.Exclude) }},
	}
}

func mcpKeys() []Key {
	keys := []Key{{Path: "mcp_servers", Type: "map", Help: "servers of tools, by name"}, {Path: "mcp_servers.<name>", Type: "map", Help: "one server of tools"}}
	keys = append(keys, keyList("mcp_servers.<name>", mcpFields())...)
	keys = append(keys, Key{Path: "mcp_servers.<name>.env.<name>", Type: "string", Help: "one variable"}, Key{Path: "mcp_servers.<name>.headers.<name>", Type: "string", Help: "one header"},
		Key{Path: "mcp_servers.<name>.tools", Type: "map", Help: "which of its tools may be used"})
	return append(keys, keyList("mcp_servers.<name>.tools", mcpToolFields())...)
}

// mcpRow is a row while it is read, with the words whose meaning comes after.
type mcpRow struct {
	MCPServer
	transport, trust, protocol, auth string
	enabled, disabled, parallel      flagWord
	verify                           flagWord
	cert                             []string
}

// Types of the fields that Hermes Agent writes in more than one way.
type (
	words    []string // a list, or one text: JSON, or words as in a shell
	seconds  time.Duration
	flagWord struct {
		set, value bool
		text       string // what is neither yes nor no
	}
)

// mcpServers reads the section under name.
func (r *reader) mcpServers(root *yamledit.Node, name string) []MCPServer {
	m := r.section(root, name, name)
	if m == nil {
		return nil
	}
	var all []MCPServer
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, n := m.Content[i], yamledit.Target(m.Content[i+1])
		if k.Kind != yamledit.Scalar || k.Tag == "!!merge" || n == nil {
			continue
		}
		row := mcpRow{MCPServer: MCPServer{Name: k.Value, Line: k.Line, path: r.path, key: yamledit.JoinKey(name, k.Value), node: n}}
		own := &reader{path: r.path}
		own.mcpServer(n, &row)
		if len(own.errs) > 0 {
			row.Err = own.errs[0]
		}
		all = append(all, row.MCPServer)
	}
	return all
}

func (r *reader) mcpServer(n *yamledit.Node, row *mcpRow) {
	if n.Kind != yamledit.Mapping {
		r.fail(n, row.key, "must be a mapping with command or url, not "+yamledit.KindName(n))
		return
	}
	readFields(r, n, row.key, mcpFields(), row)
	if tools := r.section(n, "tools", row.key+".tools"); tools != nil {
		readFields(r, tools, row.key+".tools", mcpToolFields(), row)
	}
	row.Disabled = row.enabled.set && !row.enabled.value || row.disabled.value
	row.Parallel = row.parallel.value
	row.Untrusted = row.trust != "" && !strings.EqualFold(row.trust, "full")
	row.SSE = strings.EqualFold(row.transport, "sse")
	row.Stateless = row.protocol == "stateless"
	row.Insecure, row.CAFile = row.verify.set && !row.verify.value && row.verify.text == "", row.verify.text
	row.OAuth = strings.EqualFold(row.auth, "oauth")
	if len(row.cert) > 0 {
		row.ClientCert = row.cert[0]
	}
	if len(row.cert) > 1 && row.ClientKey == "" {
		row.ClientKey = row.cert[1]
	}
	r.checkMCP(n, row)
}

// checkMCP says what a row lacks, and what of it means nothing here.
func (r *reader) checkMCP(n *yamledit.Node, row *mcpRow) {
	at := func(name string) *yamledit.Node { return yamledit.Child(n, name) }
	switch {
	case row.Command == "" && row.URL == "":
		r.fail(n, row.key, "must have a command or a url")
	case row.URL != "" && !strings.Contains(row.URL, "${") && !webAddress(row.URL):
		r.fail(at("url"), row.key+".url", "must be an http or https address with a host")
	case len(row.cert) > 2:
		r.fail(at("client_cert"), row.key+".client_cert", "has a key with a password, which this program cannot open")
	}
	for name, value := range row.Headers {
		if !headerName(name) || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			r.fail(at("headers"), row.key+".headers", "holds a name or value that cannot be a request header")
		}
	}
	for name := range row.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			r.fail(at("env"), row.key+".env", "holds a name that cannot be a variable's")
		}
	}
	for _, name := range []string{"sampling", "elicitation"} {
		if on := yamledit.Child(at(name), "enabled"); on != nil && on.Value == "true" {
			row.Notes = append(row.Notes, row.key+"."+name+" is never offered to a server here")
		}
	}
	if who := yamledit.Child(at("identity_header"), "name"); who != nil {
		row.Notes = append(row.Notes, row.key+".identity_header is not sent here; headers is the place for it")
	}
}

// words reads a list, or one text.
func (r *reader) words(n *yamledit.Node, key string, split bool) []string {
	if n.Kind != yamledit.Scalar {
		return r.list(n, key)
	}
	text, ok := r.str(n, key)
	if !ok || !split {
		return []string{text}
	}
	var all []string
	if strings.HasPrefix(text, "[") && json.Unmarshal([]byte(text), &all) == nil {
		return all
	}
	all, err := command.Split("x " + text)
	if err != nil {
		r.fail(n, key, "is one text that is no list of words; write a list")
		return nil
	}
	return all[1:]
}

// seconds reads a number of seconds, or a time such as 10s.
func (r *reader) seconds(n *yamledit.Node, key string) time.Duration {
	text, ok := r.plain(n, "!!int", "!!float", "!!str")
	if f, err := strconv.ParseFloat(text, 64); ok && err == nil && f > 0 && f < 1e9 {
		if strings.HasPrefix(key, "mcpServers") && f >= 1000 { // other programs count in milliseconds
			return time.Duration(f) * time.Millisecond
		}
		return time.Duration(f * float64(time.Second))
	}
	if d, err := time.ParseDuration(text); ok && err == nil && d > 0 {
		return d
	}
	r.fail(n, key, "must be a number of seconds, or a time such as 10s")
	return 0
}

// flag reads yes or no in any of their spellings; other text is kept where the key takes it.
func (r *reader) flag(n *yamledit.Node, key string, other bool) flagWord {
	text, ok := r.plain(n, "!!bool", "!!str", "!!int")
	value, known := yamledit.Bool(text)
	switch {
	case ok && known:
		return flagWord{set: true, value: value}
	case ok && (text == "0" || text == "1"):
		return flagWord{set: true, value: text == "1"}
	case ok && other && text != "":
		return flagWord{set: true, text: text}
	}
	r.fail(n, key, "must be true or false"+map[bool]string{true: ", or a file"}[other])
	return flagWord{}
}

// LoadMCP reads the servers of another file: JSON with mcpServers, as other programs write it, or YAML. Errors are *Error.
func LoadMCP(path string) ([]MCPServer, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(path, plainJSON(src))
	if err != nil {
		return nil, err
	}
	r := &reader{path: path}
	for _, name := range []string{"mcpServers", "mcp_servers", "servers"} {
		if yamledit.Child(f.Root, name) != nil {
			all := r.mcpServers(f.Root, name)
			if len(r.errs) > 0 {
				return nil, r.errs[0]
			}
			return all, nil
		}
	}
	return nil, &Error{Path: path, Msg: "has no mcpServers, and no file is an empty one"}
}

// plainJSON writes the texts of a JSON document anew: YAML does not know \/, nor a character as two escapes. The lines stay. What is
// no JSON stays as it is.
func plainJSON(src []byte) []byte {
	if !json.Valid(src) {
		return src
	}
	var out []byte
	for {
		before, rest, found := bytes.Cut(src, []byte(`"`))
		out = append(out, before...)
		if !found {
			return out
		}
		end := 0
		for rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		var text string
		_ = json.Unmarshal(src[len(before):len(before)+end+2], &text)
		again, _ := json.Marshal(text)
		out, src = append(out, again...), rest[end+1:]
	}
}

// Filled is the row with its ${…} filled in: ${NAME} and ${env:NAME} by lookup, ${NAME:-DEFAULT}, ${userHome}, ${workspaceFolder} and
// ${workspaceFolderBasename} by the folders, ${pathSeparator} and ${/}. What has no value is an *Error that names its place. A file or a
// program that begins with ~/ is in home.
func (s MCPServer) Filled(lookup func(string) string, home, folder string) (MCPServer, error) {
	f := filler{lookup: lookup, home: home, folder: folder, row: s}
	s.Command = f.file(s.Command, "command")
	s.Cwd, s.CAFile = f.file(s.Cwd, "cwd"), f.file(s.CAFile, "ssl_verify")
	s.ClientCert, s.ClientKey = f.file(s.ClientCert, "client_cert"), f.file(s.ClientKey, "client_key")
	s.URL = f.fill(s.URL, "url")
	s.Args = slices.Clone(s.Args)
	for i, arg := range s.Args {
		s.Args[i] = f.fill(arg, "args", strconv.Itoa(i))
	}
	s.Env, s.Headers = f.pairs(s.Env, "env"), f.pairs(s.Headers, "headers")
	if f.err != nil {
		return s, f.err
	}
	return s, nil
}

// Refuse is the error that names the place of a key of the row.
func (s MCPServer) Refuse(msg string, names ...string) *Error {
	e := &Error{Path: s.path, Line: s.Line, Key: s.key, Msg: msg}
	if n := yamledit.Find(s.node, names); n != nil {
		e.Line = n.Line
	}
	for _, name := range names {
		e.Key = yamledit.JoinKey(e.Key, name)
	}
	return e
}

type filler struct {
	lookup       func(string) string
	home, folder string
	row          MCPServer
	err          *Error // the first
}

func (f *filler) file(text string, names ...string) string {
	text = f.fill(text, names...)
	if rest, ok := strings.CutPrefix(text, "~/"); ok {
		return filepath.Join(f.home, rest)
	}
	return text
}

func (f *filler) pairs(all map[string]string, name string) map[string]string {
	out := make(map[string]string, len(all))
	for _, k := range slices.Sorted(maps.Keys(all)) {
		out[k] = f.fill(all[k], name, k)
	}
	return out
}

func (f *filler) fill(text string, names ...string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		name, after, closed := strings.Cut(rest, "}")
		b.WriteString(before)
		switch {
		case !ok:
			return b.String()
		case !closed:
			return b.String() + "${" + rest
		}
		value := f.value(name)
		if value == "" && f.err == nil {
			f.err = f.row.Refuse("${"+name+"} has no value", names...)
		}
		b.WriteString(value)
		text = after
	}
}

func (f *filler) value(name string) string {
	switch name {
	case "userHome":
		return f.home
	case "workspaceFolder":
		return f.folder
	case "workspaceFolderBasename":
		return filepath.Base(f.folder)
	case "pathSeparator", "/":
		return string(filepath.Separator)
	}
	name, standard, _ := strings.Cut(strings.TrimPrefix(name, "env:"), ":-")
	if v := f.lookup(name); v != "" {
		return v
	}
	return standard
}
