package tool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hermes/oneshot/class"
	"hermes/oneshot/schema"
	"hermes/oneshot/wire"
)

// Offered is a tool under the name that the model calls it by.
type Offered struct {
	Tool
	// As is that name: mcp__SERVER__TOOL or cmd__NAME, in characters and a length that every wire takes.
	As     string
	Source Source

	schema *schema.Schema // of the arguments; nil takes any object
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
			known[as] = append(known[as], Offered{Tool: t, As: as, Source: source})
		}
	}
	for _, as := range order {
		switch same := known[as]; {
		case len(same) > 1:
			o.Skipped = append(o.Skipped, fmt.Sprintf("%d tools of %s would be called %s: none of them is offered", len(same), same[0].Server, as))
		case p.Offers(same[0].Tool):
			o.add(same[0])
		default:
			o.Denied = append(o.Denied, same[0])
		}
	}
	return o, p.matched(known)
}

// Narrow is what of an offer the policy allows. The error is a *SpecError.
func (p Policy) Narrow(o Offer) (Offer, error) {
	narrow := Offer{Denied: slices.Clone(o.Denied), Skipped: o.Skipped}
	known := map[string][]Offered{}
	for _, t := range o.Tools {
		known[t.As] = []Offered{t}
		if p.Offers(t.Tool) {
			narrow.Tools = append(narrow.Tools, t)
		} else {
			narrow.Denied = append(narrow.Denied, t)
		}
	}
	return narrow, p.matched(known)
}

// matched is nil where each Spec of --tools that names a tool is about one that is there.
func (p Policy) matched(known map[string][]Offered) error {
	for _, s := range p.Allow {
		found, names := s.Tool == "", []string(nil)
		for _, same := range known {
			for _, t := range same {
				found = found || s.names(t.Tool)
				if t.Server == s.Server {
					names = append(names, t.Name)
				}
			}
		}
		if !found && slices.Contains(p.Servers(), s.Server) {
			slices.Sort(names)
			return &SpecError{s, names}
		}
	}
	return nil
}

// SpecError is a Spec of --tools that no tool fits.
type SpecError struct {
	Spec  Spec
	Names []string // of the server's tools
}

func (e *SpecError) Error() string {
	return fmt.Sprintf("--tools %s fits no tool of %s", e.Spec, e.Spec.Server)
}

// Class is usage.
func (e *SpecError) Class() string { return string(class.Usage) }

// Hint names what there is.
func (e *SpecError) Hint() string {
	if len(e.Names) == 0 {
		return "it has no tools"
	}
	more := ""
	if len(e.Names) > 20 {
		more = ", …"
	}
	return "it has " + strings.Join(e.Names[:min(len(e.Names), 20)], ", ") + more
}

// add offers a tool whose arguments can be checked.
func (o *Offer) add(t Offered) {
	if len(t.Schema) > 0 {
		compiled, err := schema.Compile(t.Schema)
		if err != nil {
			o.Skipped = append(o.Skipped, fmt.Sprintf("%s is not offered: its schema cannot be read: %v", t.As, err))
			o.Denied = append(o.Denied, t)
			return
		}
		t.schema = compiled
	}
	o.Tools = append(o.Tools, t)
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
	as := "mcp__" + wire.FitName(server) + "__" + wire.FitName(name)
	if server == Commands {
		as = "cmd__" + wire.FitName(name)
	}
	if len(as) <= mostName {
		return as
	}
	sum := sha256.Sum256([]byte(server + "\x00" + name))
	return as[:mostName-9] + "_" + hex.EncodeToString(sum[:4])
}
