package tool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Offered is a tool under the name that the model calls it by.
type Offered struct {
	Tool
	// As is that name: mcp__SERVER__TOOL or cmd__NAME, in characters and a length that every wire takes.
	As     string
	Source Source
}

// Offer is what a run has: the tools that its policy allows, and those that it does not, so that a call of one is known as such.
type Offer struct {
	Tools  []Offered
	Denied []Offered
	// Skipped says, a line each, which tools cannot be offered and why.
	Skipped []string
}

// Gather asks the sources for their tools, in order. Tools whose names become one are offered under neither.
func (p Policy) Gather(ctx context.Context, sources []Source) (Offer, error) {
	var o Offer
	known := map[string][]Offered{}
	var order []string
	for _, source := range sources {
		tools, err := source.Tools(ctx)
		if err != nil {
			return o, err
		}
		for _, t := range tools {
			as := Name(t.Server, t.Name)
			if known[as] == nil {
				order = append(order, as)
			}
			known[as] = append(known[as], Offered{t, as, source})
		}
	}
	for _, as := range order {
		switch same := known[as]; {
		case len(same) > 1:
			o.Skipped = append(o.Skipped, fmt.Sprintf("%d tools of %s would be called %s: none of them is offered", len(same), same[0].Server, as))
		case p.Offers(same[0].Tool):
			o.Tools = append(o.Tools, same[0])
		default:
			o.Denied = append(o.Denied, same[0])
		}
	}
	return o, nil
}

// ErrUnknown is a call of a tool that nobody has, ErrDenied of one that is there and not allowed.
var (
	ErrUnknown = errors.New("there is no tool of that name")
	ErrDenied  = errors.New("this tool is not allowed here")
)

// Find gives the tool of a call. A tool that was not offered is known by its source's own name too.
func (o Offer) Find(name string) (Offered, error) {
	for _, t := range o.Tools {
		if t.As == name {
			return t, nil
		}
	}
	for _, t := range o.Denied {
		if t.As == name || t.Name == name {
			return t, ErrDenied
		}
	}
	return Offered{}, ErrUnknown
}

// mostName is the length of a tool's name that every wire takes: Chat Completions and Gemini have 64 (tools.md §b).
const mostName = 64

// Name is what a model calls a tool by. A character that some wire refuses becomes _, and the end of a name that is too long
// a hash of the whole.
func Name(server, name string) string {
	as := "mcp__" + fit(server) + "__" + fit(name)
	if server == Commands {
		as = "cmd__" + fit(name)
	}
	if len(as) <= mostName {
		return as
	}
	sum := sha256.Sum256([]byte(server + "\x00" + name))
	return as[:mostName-9] + "_" + hex.EncodeToString(sum[:4])
}

func fit(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, s)
}
