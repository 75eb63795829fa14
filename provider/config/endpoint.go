package config

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hermes/provider/config/yamledit"
)

// Endpoint is what a row of providers:, a fallback or a helper may say of the server that it means.
type Endpoint struct {
	BaseURL    string            // base_url, api or url
	KeyEnv     string            // key_env or api_key_env: name of the variable that holds the key
	APIKey     Secret            // inline api_key; a warning "inline_key" goes with it
	KeyCmd     string            // command that prints the key
	Headers    map[string]string // extra request headers
	ExtraBody  []Member          // extra fields of the request's body, in file order
	AuthHeader string            // "", bearer or x-api-key
	Transport  string            // "", or a wire by its first name, see Wire; of another wire Err of the row or entry is set

	path   string
	places map[string]place // of each of these keys that is set
}

// place is where a key stands: its whole name as written, and its 1-based line.
type place struct {
	name string
	line int
}

// Member is a field of a JSON object.
type Member struct {
	Name  string
	Value json.RawMessage
}

// HasKey reports whether a credential is named here.
func (e Endpoint) HasKey() bool { return e.KeyEnv != "" || e.APIKey != "" || e.KeyCmd != "" }

// Given lists the keys that are set here, in the order of the documentation.
func (e Endpoint) Given() []string {
	var all []string
	for _, f := range endpointFields(func(e *Endpoint) *Endpoint { return e }) {
		if e.places[f.Path].line > 0 {
			all = append(all, f.Path)
		}
	}
	return all
}

// Refuse is the error that names the place of a key that is set here.
func (e Endpoint) Refuse(key, msg string) *Error {
	return &Error{Path: e.path, Line: e.places[key].line, Key: e.places[key].name, Msg: msg}
}

func endpointFields[T any](at func(*T) *Endpoint) []field[T] {
	return []field[T]{
		{Key: Key{Path: "base_url", Type: "string", Help: "address of the server, http or https, as far as the path of its API", also: []string{"api", "url"}}, dest: func(t *T) any { return &at(t).BaseURL }},
		{Key: Key{Path: "key_env", Type: "string", Help: "name of the variable that holds the key", also: []string{"api_key_env"}}, dest: func(t *T) any { return &at(t).KeyEnv }},
		{Key: Key{Path: "api_key", Type: "string", Secret: true, Help: "inline key; better kept in .env"}, dest: func(t *T) any { return &at(t).APIKey }},
		{Key: Key{Path: "key_cmd", Type: "string", Help: "command that prints the key, run without a shell; beats key_env and api_key"}, dest: func(t *T) any { return &at(t).KeyCmd }},
		{Key: Key{Path: "headers", Type: "map", Help: "extra request headers", also: []string{"extra_headers"}}, dest: func(t *T) any { return &at(t).Headers }},
		{Key: Key{Path: "extra_body", Type: "map", Help: "extra fields of the request, where the run sets none of that name"}, dest: func(t *T) any { return &at(t).ExtraBody }},
		{Key: Key{Path: "auth_header", Type: "enum", Values: []string{"bearer", "x-api-key"}, Help: "how the key is sent"}, dest: func(t *T) any { return &at(t).AuthHeader }},
		{Key: Key{Path: "transport", Type: "string", Help: "wire of the server: anthropic_messages, chat_completions, responses or gemini; by default the address tells", also: []string{"api_mode"}}, dest: func(t *T) any { return &at(t).Transport }},
	}
}

// endpoint notes where the keys of e stand in the mapping and checks what they say. A wire that this program does not
// speak is returned, not reported: the file may describe servers for the other program.
func (r *reader) endpoint(n *yamledit.Node, key string, e *Endpoint) (foreignWire *Error) {
	e.path, e.places = r.path, make(map[string]place)
	for _, f := range endpointFields(func(e *Endpoint) *Endpoint { return e }) {
		for _, name := range append([]string{f.Path}, f.also...) {
			if v := yamledit.Child(n, name); !yamledit.Empty(v) && (v.Kind != yamledit.Mapping || len(v.Content) > 0) {
				e.places[f.Path] = place{yamledit.JoinKey(key, name), v.Line}
				break
			}
		}
	}
	if e.BaseURL != "" && !webAddress(e.BaseURL) {
		r.errs = append(r.errs, e.Refuse("base_url", "must be an http or https address with a host"))
	}
	if msg := e.wrongHeader(); msg != "" {
		r.errs = append(r.errs, e.Refuse("headers", msg))
	}
	if i := slices.IndexFunc(e.ExtraBody, func(m Member) bool { return slices.Contains(ownFields(), m.Name) }); i >= 0 {
		r.errs = append(r.errs, e.Refuse("extra_body", e.ExtraBody[i].Name+" is set by the run itself"))
	}
	if e.APIKey != "" {
		r.warn("inline_key", key+".api_key holds a key in config.yaml; .env and key_env are the place for it")
	}
	wire, ok := Wire(e.Transport)
	if !ok {
		return e.Refuse("transport", "this program does not speak "+strconv.Quote(e.Transport)+"; it speaks "+strings.Join(wires(), ", "))
	}
	e.Transport = wire
	return nil
}

// wires are the wires by their first names.
func wires() []string {
	return []string{"anthropic_messages", "chat_completions", "responses", "gemini"}
}

// Wire gives the first name of a wire that transport: or api_mode: names; "" is none. It is false for a wire that this
// program does not speak.
func Wire(word string) (string, bool) {
	switch word {
	case "openai":
		word = "chat_completions"
	case "codex_responses":
		word = "responses"
	}
	return word, word == "" || slices.Contains(wires(), word)
}

// ownFields are the fields of the request that no setting of a row may change: the run has a flag for them, or could not
// read the answer.
func ownFields() []string {
	return []string{"model", "messages", "input", "instructions", "contents", "systemInstruction", "stream", "max_tokens", "tools", "tool_choice"}
}

// wrongHeader says what is wrong with the headers, in the order of their names.
func (e Endpoint) wrongHeader() string {
	names := make([]string, 0, len(e.Headers))
	for name := range e.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch lower := strings.ToLower(name); {
		case !headerName(name) || strings.ContainsFunc(e.Headers[name], func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }):
			return "holds a name or value that cannot be a request header"
		case slices.Contains(ownHeaders(), lower):
			return name + " is set by the run itself"
		case e.HasKey() && (lower == "authorization" || lower == "x-api-key"):
			return name + " carries the key, which is named beside it already"
		}
	}
	return ""
}

// ownHeaders belong to the connection or to the form of the request; net/http and the wire write them, and would drop or
// overwrite another value.
func ownHeaders() []string {
	return []string{
		"host", "content-length", "transfer-encoding", "trailer", "te", "connection", "keep-alive", "proxy-connection", "upgrade",
		"content-type", "accept",
	}
}

// webAddress reports whether s is an absolute http or https URL with a host.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// headerName reports whether s is a token of RFC 9110 §5.6.2.
func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// members reads a mapping as the fields of a JSON object.
func (r *reader) members(n *yamledit.Node, key string) []Member {
	if n.Kind != yamledit.Mapping {
		r.fail(n, key, "must be a mapping, not "+yamledit.KindName(n))
		return nil
	}
	var out []Member
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			r.fail(n.Content[i], key, "takes no merge (<<)")
			return nil
		}
		p := printer{lookup: r.lookup}
		if err := p.node(n.Content[i+1], []string{n.Content[i].Value}, 0); err != nil {
			r.fail(n.Content[i+1], key, err.Error())
			return nil
		}
		out = append(out, Member{n.Content[i].Value, json.RawMessage(p.String())})
	}
	return out
}
