package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// LoadEnv reads a .env file as python-dotenv does for Hermes Agent: NAME=value and export NAME=value, in single quotes as it
// is (\' and \\ apart), in double quotes with backslash escapes, else up to a # after white space. Quoted values may span
// lines; of a name that is there twice the last counts. ${NAME} and ${NAME:-default} in a value, quoted or not, stand for what
// a line above says of NAME, else for the variable of the process. NAME alone sets nothing, and takes back what a line above
// has set.
//
// A missing file is an empty map. When a line is malformed the error names the first one, and the map still holds every
// other line; of a file that cannot be read there is none.
func LoadEnv(path string) (map[string]string, error) { return loadEnv(path, os.LookupEnv) }

func loadEnv(path string, lookup func(string) (string, bool)) (map[string]string, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	values, named := make(map[string]string), make(map[string]bool)
	var bad *Error
	for _, e := range scanEnv(src) {
		switch {
		case e.msg == "" && e.alone:
			delete(values, e.name)
		case e.msg == "":
			values[e.name] = expandEnv(e.value, func(name string) (string, bool) {
				if named[name] {
					return values[name], true
				}
				return lookup(name)
			})
		case bad == nil:
			bad = &Error{Path: path, Line: e.line, Key: e.name, Msg: e.msg}
		}
		named[e.name] = named[e.name] || e.msg == ""
	}
	if bad != nil {
		return values, bad
	}
	return values, nil
}

// expandEnv replaces ${NAME} and ${NAME:-default}. What has another form stays as it is; an unknown NAME is its default or
// empty. What was put in is not looked at again.
func expandEnv(s string, lookup func(string) (string, bool)) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, "}")
		name, fallback, colon := strings.Cut(inside, ":")
		if !closed || colon && !strings.HasPrefix(fallback, "-") {
			b.WriteString("${")
			s = rest
			continue
		}
		value, known := lookup(name)
		if !known {
			value = strings.TrimPrefix(fallback, "-")
		}
		b.WriteString(value)
		s = after
	}
}

// entry is one setting of a .env file with the bytes of its lines, line break included.
type entry struct {
	span
	line   int    // 1-based
	prefix string // indentation and export
	name   string
	value  string // as it is written, ${NAME} included
	alone  bool   // there is no = behind the name
	msg    string // why the line is malformed; it is then one line
}

// scanEnv finds the settings; blank lines and comments are between them.
func scanEnv(src []byte) []entry {
	var out []entry
	at, line := 0, 1
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		at = len("\ufeff")
	}
	for at < len(src) {
		e := scanEntry(src, at)
		e.line = line
		if e.name != "" || e.msg != "" {
			out = append(out, e)
		}
		line += bytes.Count(src[at:e.to], []byte("\n"))
		at = e.to
	}
	return out
}

func scanEntry(src []byte, at int) entry {
	end := lineAfter(src, at)
	e := entry{span: span{at, end}}
	text := strings.TrimRight(string(src[at:end]), "\r\n")
	body := strings.TrimLeft(text, " \t")
	if body == "" || body[0] == '#' {
		return e
	}
	if rest, ok := strings.CutPrefix(body, "export"); ok && strings.TrimLeft(rest, " \t") != rest {
		body = strings.TrimLeft(rest, " \t")
	}
	e.prefix = text[:len(text)-len(body)]
	name, raw, ok := cutName(body)
	if !ok && !validName(name) { // as it may be a key that was pasted without its name, it is not shown
		name = ""
	}
	if e.name, e.alone = name, !ok && name != ""; name == "" {
		e.msg = "is not NAME=value"
	}
	if !ok {
		return e
	}
	raw = strings.TrimLeft(raw, " \t")
	if raw == "" || raw[0] != '"' && raw[0] != '\'' {
		e.value = bareEnv(raw, strings.HasSuffix(body, "="+raw))
		return e
	}
	from := at + len(text) - len(raw)
	value, size := unquoteEnv(src[from:])
	if size == 0 {
		e.msg = "a quote is not closed"
		return e
	}
	stop := lineAfter(src, from+size)
	rest := strings.TrimSpace(string(src[from+size : stop]))
	if rest != "" && rest[0] != '#' {
		e.msg = "there is text after the closing quote"
		return e
	}
	e.value, e.to = value, stop
	return e
}

// cutName splits a line before and behind its =. A name may stand in single quotes, or alone with no more than a comment
// behind it; "" is no name.
func cutName(body string) (name, raw string, ok bool) {
	name, raw, ok = strings.Cut(body, "=")
	if !ok {
		name, _, _ = strings.Cut(body, "#")
	}
	name = strings.TrimSpace(name)
	if quoted, found := strings.CutPrefix(name, "'"); found {
		if inside, closed := strings.CutSuffix(quoted, "'"); closed && !strings.Contains(inside, "'") {
			return inside, raw, ok
		}
	}
	if name == "" || strings.ContainsAny(name, " \t#'\"") {
		return "", "", false
	}
	return name, raw, ok
}

func lineAfter(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// bareEnv reads a value without quotes. A # begins a comment after white space; tight says that none stands before raw.
func bareEnv(raw string, tight bool) string {
	for i := range raw {
		if raw[i] == '#' && (i > 0 && (raw[i-1] == ' ' || raw[i-1] == '\t') || i == 0 && !tight) {
			raw = raw[:i]
			break
		}
	}
	return strings.TrimSpace(raw)
}

// unquoteEnv reads a quoted value and gives its length with quotes, 0 when it does not end.
func unquoteEnv(src []byte) (value string, size int) {
	var b strings.Builder
	quote := src[0]
	for i := 1; i < len(src); i++ {
		switch c := src[i]; {
		case c == quote:
			return b.String(), i + 1
		case c == '\\' && i+1 < len(src):
			i++
			b.WriteString(envEscape(quote, src[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", 0
}

// envEscape reads a backslash and c as python-dotenv does: what it does not know stays as it is.
func envEscape(quote, c byte) string {
	if i := strings.IndexByte(`abfnrtv`, c); i >= 0 && quote == '"' {
		return "\a\b\f\n\r\t\v"[i : i+1]
	}
	if c == '\\' || c == '\'' || c == '"' && quote == '"' {
		return string(rune(c))
	}
	return string([]byte{'\\', c})
}

// SetEnv stores name=value in the .env file at path, creating it with mode 0600. The first line that sets name is
// replaced, later ones for the same name are dropped, everything else stays. A name that would change how programs run
// (PATH, LD_PRELOAD, HERMES_HOME …), a value with a line break or NUL, and a credential that is not ASCII are refused;
// errors are *Error, class usage, io or lock_timeout, and never hold the value.
func SetEnv(path, name, value string) error {
	if msg := refusedEnv(name, value); msg != "" {
		return &Error{Path: path, Key: name, Msg: msg, class: "usage"}
	}
	return editFile(path, false, func(src []byte) ([]byte, error) {
		out := setEnv(src, name, value)
		if line := entangled(src, out, name, value); line > 0 {
			return nil, &Error{Path: path, Line: line, Msg: "the quotes of this line reach into what would be written; mend it first"}
		}
		return out, nil
	})
}

// entangled gives the line of a setting that the edit would change, or that would swallow the new one: a quote that was
// never closed finds its end in what is written below it. 0 means that there is none.
func entangled(before, after []byte, name, value string) int {
	var was []entry
	for _, e := range scanEnv(before) {
		if e.name != name {
			was = append(was, e)
		}
	}
	read := false
	for _, e := range scanEnv(after) {
		switch {
		case e.name == name:
			read = e.msg == "" && e.value == value
		case len(was) == 0 || was[0].name != e.name || was[0].value != e.value || (was[0].msg == "") != (e.msg == ""):
			return e.line
		default:
			was = was[1:]
		}
	}
	if !read || len(was) > 0 {
		return 1
	}
	return 0
}

func refusedEnv(name, value string) string {
	switch {
	case !validName(name):
		return "is not a name for a variable"
	case deniedName(strings.ToUpper(name)):
		return "is refused: it changes how programs run, and .env is for secrets"
	case strings.ContainsAny(value, "\n\r\x00"):
		return "the value has a line break or NUL"
	case !SecretName(name) || strings.HasSuffix(name, "_URL"):
		return ""
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "the value has a character that no key has; was it copied whole and from the right place?"
	}
	return ""
}

func validName(name string) bool {
	return name != "" && !strings.Contains("0123456789", name[:1]) && !strings.ContainsFunc(name, func(c rune) bool {
		return c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
}

// deniedName lists variables that steer loaders, shells and interpreters, or this program and Hermes Agent.
func deniedName(name string) bool {
	for _, prefix := range []string{"LD_", "DYLD_", "PYTHON", "BASH_", "GIT_", "NODE_", "PERL5", "RUBY", "HERMES_"} {
		if strings.HasPrefix(name, prefix) {
			return !SecretName(name)
		}
	}
	switch name {
	case "PATH", "HOME", "SHELL", "USER", "LOGNAME", "IFS", "ENV", "EDITOR", "VISUAL", "PAGER", "BROWSER", "PROMPT_COMMAND", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR":
		return true
	}
	return false
}

func setEnv(src []byte, name, value string) []byte {
	newline := "\n"
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		newline = "\r\n"
	}
	var patches []patch
	for _, e := range scanEnv(src) {
		switch {
		case e.name != name:
		case len(patches) == 0:
			patches = []patch{{e.span, e.prefix + name + "=" + quoteEnv(value) + newline}}
		default:
			patches = append(patches, patch{e.span, ""})
		}
	}
	if len(patches) == 0 {
		lead := ""
		if n := len(src); n > 0 && src[n-1] != '\n' && string(src) != "\ufeff" {
			lead = newline
		}
		patches = []patch{{span{len(src), len(src)}, lead + name + "=" + quoteEnv(value) + newline}}
	}
	return apply(src, patches)
}

// quoteEnv puts a value into double quotes unless it holds nothing that a reader or a shell would take apart.
func quoteEnv(value string) string {
	if !strings.ContainsFunc(value, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.,/:@+=%", r))
	}) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// UnsetEnv removes every line that sets name and reports whether there was one. A missing file is not made.
func UnsetEnv(path, name string) (bool, error) {
	if src, err := readFile(path); err != nil || src == nil {
		return false, err
	}
	had := false
	err := editFile(path, false, func(src []byte) ([]byte, error) {
		var patches []patch
		for _, e := range scanEnv(src) {
			if e.name == name {
				patches = append(patches, patch{e.span, ""})
			}
		}
		if had = len(patches) > 0; !had {
			return nil, nil
		}
		return apply(src, patches), nil
	})
	return had && err == nil, err
}

// SecretName reports whether a key without a dot belongs into .env rather than config.yaml: a credential by its suffix
// (_API_KEY, _TOKEN, _SECRET, any case) or a name that Hermes Agent lists. A base URL variable in capitals goes there too,
// since a key provider reads it only from the environment.
func SecretName(key string) bool {
	if strings.Contains(key, ".") || !validName(key) {
		return false
	}
	name := strings.ToUpper(key)
	for _, suffix := range []string{"_API_KEY", "_TOKEN", "_SECRET"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	switch name {
	case "VOICE_TOOLS_OPENAI_KEY", "FIRECRAWL_API_URL", "API_SERVER_KEY", "BROWSERBASE_PROJECT_ID", "FAL_KEY", "SUDO_PASSWORD":
		return true
	}
	return strings.HasPrefix(name, "TERMINAL_SSH") || key == name && strings.HasSuffix(name, "_BASE_URL")
}

// envBeside is the .env of the home that holds config.yaml.
func envBeside(path string) string { return filepath.Join(filepath.Dir(path), ".env") }
