package tool

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Policy says what may be called. The zero Policy allows nothing.
type Policy struct {
	Allow, Deny []Spec

	within *Policy // which has to allow it too; nil is none
}

// Within is the policy as far as another one allows the same.
func (p Policy) Within(outer Policy) Policy {
	p.within = &outer
	return p
}

// Words are the policy as it was written.
func (p Policy) Words() []string {
	var all []string
	for _, s := range p.Allow {
		all = append(all, "+"+s.String())
	}
	for _, s := range p.Deny {
		all = append(all, "-"+s.String())
	}
	if p.within != nil {
		all = append(all, p.within.Words()...)
	}
	return all
}

// NewPolicy reads the words of --tools and of --deny. The error names the word.
func NewPolicy(allow, deny []string) (Policy, error) {
	var p Policy
	for _, side := range []struct {
		flag  string
		words []string
		into  *[]Spec
	}{{"--tools", allow, &p.Allow}, {"--deny", deny, &p.Deny}} {
		for _, word := range side.words {
			s, err := ParseSpec(word)
			if err != nil {
				return Policy{}, fmt.Errorf("%s %q %w", side.flag, word, err)
			}
			*side.into = append(*side.into, s)
		}
	}
	return p, nil
}

// Servers are the names of the sources to start, each once, in the order of --tools. A source that is denied as a whole is not
// started.
func (p Policy) Servers() []string {
	var all []string
	for _, s := range p.Allow {
		whole := func(d Spec) bool { return d.Server == s.Server && (d.Tool == "" || d.Tool == "*") && d.Guards == nil }
		if !slices.Contains(all, s.Server) && !slices.ContainsFunc(p.Deny, whole) {
			all = append(all, s.Server)
		}
	}
	return all
}

// Offers reports whether the tool is to be offered: with some arguments at least it may be called.
func (p Policy) Offers(t Tool) bool {
	if p.within != nil && !p.within.Offers(t) {
		return false
	}
	if slices.ContainsFunc(p.Deny, func(s Spec) bool { return s.Guards == nil && s.names(t) }) {
		return false
	}
	return slices.ContainsFunc(p.Allow, func(s Spec) bool { return s.grants(t) })
}

// grants reports whether a Spec of --tools is about the tool.
func (s Spec) grants(t Tool) bool { return s.names(t) && (s.Tool != "" || !t.Guarded) }

// Check says why a call may not be run, "" where it may. The reason is for the model and for a person.
func (p Policy) Check(t Tool, args json.RawMessage) string {
	if !p.Offers(t) {
		return "this tool is not allowed here"
	}
	if p.within != nil {
		if reason := p.within.Check(t, args); reason != "" {
			return reason
		}
	}
	members, repeated := object(args)
	if repeated != "" {
		return "the argument " + repeated + " is given twice"
	}
	for _, s := range p.Deny {
		if s.names(t) && slices.ContainsFunc(s.Guards, func(g Guard) bool { return g.hits(members) }) {
			return "these arguments are denied here (" + s.String() + ")"
		}
	}
	var wanted []string
	for _, s := range p.Allow {
		if !s.grants(t) {
			continue
		}
		if !slices.ContainsFunc(s.Guards, func(g Guard) bool { return !g.passes(members) }) {
			return ""
		}
		wanted = append(wanted, s.String())
	}
	return "these arguments are not allowed here, only those of " + strings.Join(wanted, " or ")
}

// String is the Spec as a person writes it.
func (s Spec) String() string {
	text := s.Server
	if s.Tool != "" {
		text += ":" + s.Tool
	}
	if s.Guards == nil {
		return text
	}
	var guards []string
	for _, g := range s.Guards {
		guards = append(guards, g.Argument+"="+strings.ReplaceAll(g.Pattern, ",", `\,`))
	}
	return text + "(" + strings.Join(guards, ",") + ")"
}
