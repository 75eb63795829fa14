// Package dotenv reads the text of a .env file as python-dotenv does, and edits it.
//
// A setting is NAME=value or export NAME=value: in single quotes as it is (\' and \\ apart), in double quotes with
// backslash escapes, else up to a # after white space. Quoted values may span lines. Of a name that is there twice the last
// one counts. NAME alone sets nothing, and takes back what a line above has set. ${NAME} and ${NAME:-default} in a value,
// quoted or not, stand for what a line above says of NAME, else for the variable of the process.
//
// An edit changes the lines of one setting; every other byte stays. The package reads and writes no file.
package dotenv

import (
	"strconv"
	"strings"
)

// Error names a line that cannot be read, never what stands in it.
type Error struct {
	Line int    // 1-based
	Name string // of the setting; "" where that is not certain
	Msg  string
}

// Error gives "line N: NAME: msg".
func (e *Error) Error() string {
	where := "line " + strconv.Itoa(e.Line) + ": "
	if e.Name != "" {
		where += e.Name + ": "
	}
	return where + e.Msg
}

// Parse gives the values of the text; lookup knows the variables of the process. The error is an [*Error] for the first
// malformed line; the map then holds every other line.
func Parse(src []byte, lookup func(string) (string, bool)) (map[string]string, error) {
	values, named := make(map[string]string), make(map[string]bool)
	var bad error
	for _, e := range scan(src) {
		switch {
		case e.msg == "" && e.alone:
			delete(values, e.name)
		case e.msg == "":
			values[e.name] = expand(e.value, func(name string) (string, bool) {
				if named[name] {
					return values[name], true
				}
				return lookup(name)
			})
		case bad == nil:
			bad = &Error{Line: e.line, Name: e.name, Msg: e.msg}
		}
		named[e.name] = named[e.name] || e.msg == ""
	}
	return values, bad
}

// expand replaces ${NAME} and ${NAME:-default}. What has another form stays as it is; an unknown NAME is its default or
// empty. What was put in is not looked at again.
func expand(s string, lookup func(string) (string, bool)) string {
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
