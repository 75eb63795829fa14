package tool

import (
	"errors"
	"fmt"
	"strings"
)

// Spec is a word of --tools or --deny: SERVER, SERVER:TOOL or SERVER:TOOL(ARGUMENT=PATTERN,…). TOOL is a pattern of the
// source's own names, in which * stands for any text and ? for one character.
type Spec struct {
	Server string
	// Tool is "" where the Spec names a whole server.
	Tool   string
	Guards []Guard
}

// Guard is a pattern that an argument has to match.
type Guard struct{ Argument, Pattern string }

// ParseSpec reads a Spec. The error is for a person, and does not repeat the word.
func ParseSpec(word string) (Spec, error) {
	server, rest, colon := strings.Cut(strings.TrimSpace(word), ":")
	s := Spec{Server: server}
	switch {
	case server == "":
		return s, errors.New("names no server: write SERVER, SERVER:TOOL or cmd:NAME")
	case strings.ContainsAny(server, "*?()="):
		return s, errors.New("has a pattern for a server: name the server, and put the pattern behind a colon")
	case !colon:
		return s, nil
	}
	name, guards, guarded := strings.Cut(rest, "(")
	if s.Tool = name; name == "" {
		return s, errors.New("names no tool behind the colon")
	}
	if !guarded {
		return s, nil
	}
	inner, closed := strings.CutSuffix(guards, ")")
	if !closed {
		return s, errors.New("has a ( without a ) at its end")
	}
	for _, g := range split(inner) {
		argument, pattern, ok := strings.Cut(g, "=")
		if argument = strings.TrimSpace(argument); !ok || argument == "" {
			return s, fmt.Errorf("has %q where ARGUMENT=PATTERN is wanted", g)
		}
		s.Guards = append(s.Guards, Guard{argument, pattern})
	}
	return s, nil
}

// split cuts at commas; one behind a backslash is a part of the pattern.
func split(s string) []string {
	var all []string
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == ',':
			b.WriteByte(',')
			i++
		case s[i] == ',':
			all = append(all, b.String())
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	return append(all, b.String())
}

// names reports whether the Spec is about the tool, whatever its arguments.
func (s Spec) names(t Tool) bool {
	return s.Server == t.Server && (s.Tool == "" || glob(s.Tool, t.Name, false))
}
