package dotenv

import (
	"bytes"
	"strings"
)

// Set gives the text with name=value. The first line that sets name is replaced, later ones for the same name are
// dropped. It is an [*Error] when a quote that another line leaves open would reach into what is written.
func Set(src []byte, name, value string) ([]byte, error) {
	out := set(src, name, value)
	if line := entangled(src, out, name, value); line > 0 {
		return nil, &Error{Line: line, Msg: "the quotes of this line reach into what would be written; mend it first"}
	}
	return out, nil
}

// Unset gives the text without the lines that set name, and whether there was one.
func Unset(src []byte, name string) (out []byte, had bool) {
	return replace(src, name, func(entry) string { return "" })
}

func set(src []byte, name, value string) []byte {
	newline := "\n"
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		newline = "\r\n"
	}
	text := name + "=" + quote(value) + newline
	first := true
	out, had := replace(src, name, func(e entry) string {
		if !first {
			return ""
		}
		first = false
		return e.prefix + text
	})
	if had {
		return out
	}
	if n := len(out); n > 0 && out[n-1] != '\n' && string(out) != "\ufeff" {
		out = append(out, newline...)
	}
	return append(out, text...)
}

// replace puts what text gives in the place of each setting of name. The result is never nil.
func replace(src []byte, name string, text func(entry) string) (out []byte, had bool) {
	out = make([]byte, 0, len(src)+64)
	at := 0
	for _, e := range scan(src) {
		if e.name == name {
			out = append(append(out, src[at:e.from]...), text(e)...)
			at, had = e.to, true
		}
	}
	return append(out, src[at:]...), had
}

// entangled gives the line of a setting that the edit would change, or that would swallow the new one: a quote that was
// never closed finds its end in what is written below it. 0 means that there is none.
func entangled(before, after []byte, name, value string) int {
	var was []entry
	for _, e := range scan(before) {
		if e.name != name {
			was = append(was, e)
		}
	}
	read := false
	for _, e := range scan(after) {
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

// quote puts a value into double quotes unless it holds nothing that a reader or a shell would take apart.
func quote(value string) string {
	if !strings.ContainsFunc(value, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.,/:@+=%", r))
	}) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
