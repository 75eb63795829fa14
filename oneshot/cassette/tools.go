package cassette

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"hermes/oneshot/class"
	"hermes/oneshot/tool"
	"hermes/oneshot/wire"
)

// toolLine is a line about tools, in place of an exchange: what a source offers, or a call and what it gave back.
type toolLine struct {
	V     int          `json:"v"`
	Tools *toolList    `json:"tools,omitempty"`
	Call  *recordedUse `json:"call,omitempty"`
}

// toolList is what the source at an index offers.
type toolList struct {
	Source int         `json:"source"`
	List   []tool.Tool `json:"list"`
}

type recordedUse struct {
	Server     string          `json:"server"`
	Name       string          `json:"name"`
	Arguments  json.RawMessage `json:"arguments"`
	Error      string          `json:"error,omitempty"` // in place of a result
	Failed     bool            `json:"failed,omitempty"`
	Parts      []recordedPart  `json:"parts"`
	Structured json.RawMessage `json:"structured,omitempty"`

	played bool
}

type recordedPart struct {
	Text      *string `json:"text,omitempty"`
	MediaType string  `json:"media_type,omitempty"`
	Name      string  `json:"name,omitempty"`
	Data      []byte  `json:"data,omitempty"`
}

// Tools are the sources to use in place of those: themselves, unless what they say is to be recorded. secrets are those of Over.
func (c Cassette) Tools(sources []tool.Source, secrets func() []string) []tool.Source {
	if c.out == nil {
		return sources
	}
	var all []tool.Source
	for i, s := range sources {
		all = append(all, &recordedSource{Source: s, index: i, to: &Recorder{out: c.out, secrets: secrets}})
	}
	return all
}

// recordedSource writes what goes through a source.
type recordedSource struct {
	tool.Source
	index int
	to    *Recorder
	known []tool.Tool
}

// Tools lists what the source offers.
func (s *recordedSource) Tools(ctx context.Context) ([]tool.Tool, error) {
	list, err := s.Source.Tools(ctx)
	if err == nil {
		s.known = list
		s.write(toolLine{V: version, Tools: &toolList{s.index, list}})
	}
	return list, err
}

// Call runs a tool.
func (s *recordedSource) Call(ctx context.Context, name string, args json.RawMessage) (tool.Result, error) {
	result, err := s.Source.Call(ctx, name, args)
	use := &recordedUse{Name: name, Arguments: args, Failed: result.Failed, Structured: result.Structured, Parts: []recordedPart{}}
	if i := slices.IndexFunc(s.known, func(t tool.Tool) bool { return t.Name == name }); i >= 0 {
		use.Server = s.known[i].Server
	}
	if err != nil {
		use.Error = err.Error()
	}
	for _, p := range result.Parts {
		one := recordedPart{MediaType: p.MediaType, Name: p.Name, Data: p.Data}
		if p.Kind == wire.PartText {
			one.Text = new(string(bytes.ToValidUTF8(bytes.Join(p.Text, nil), []byte("\uFFFD"))))
		}
		use.Parts = append(use.Parts, one)
	}
	s.write(toolLine{V: version, Call: use})
	return result, err
}

// write adds a line, its secrets replaced.
func (s *recordedSource) write(v toolLine) {
	line, err := encode(v)
	s.to.out.write([]byte(s.to.hider(nil).Replace(string(line))), err)
}

// take keeps a line about tools, and reports whether it was one.
func (p *Replayer) take(line []byte) bool {
	var t toolLine
	if !bytes.Contains(line, []byte(`"tools":`)) && !bytes.Contains(line, []byte(`"call":`)) || json.Unmarshal(line, &t) != nil {
		return false // the reader of exchanges says what is wrong
	}
	switch {
	case t.V != version:
		return false
	case t.Tools != nil:
		p.lists = append(p.lists, t.Tools)
	case t.Call != nil:
		p.uses = append(p.uses, t.Call)
	default:
		return false
	}
	return true
}

// Tools are the recorded sources, in their order. They start nothing.
func (p *Replayer) Tools() []tool.Source {
	var all []tool.Source
	for _, l := range p.lists {
		all = append(all, &replayedSource{p, l})
	}
	return all
}

type replayedSource struct {
	p    *Replayer
	list *toolList
}

// Tools are those that the source offered.
func (s *replayedSource) Tools(context.Context) ([]tool.Tool, error) { return s.list.List, nil }

// Close does nothing.
func (s *replayedSource) Close() error { return nil }

// Call gives back what the call gave then: of several equal ones the first that was not played yet.
func (s *replayedSource) Call(_ context.Context, name string, args json.RawMessage) (tool.Result, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	server := ""
	if len(s.list.List) > 0 {
		server = s.list.List[0].Server
	}
	for _, u := range s.p.uses {
		if u.played || u.Server != server || u.Name != name || !bytes.Equal(compacted(u.Arguments), compacted(args)) {
			continue
		}
		u.played = true
		return u.result()
	}
	return tool.Result{}, &Error{class.NoInput, fmt.Sprintf("the cassette has no call of %s with these arguments", name), missHint}
}

func (u *recordedUse) result() (tool.Result, error) {
	if u.Error != "" {
		return tool.Result{}, &Error{class.NoInput, u.Error, ""}
	}
	r := tool.Result{Failed: u.Failed, Structured: u.Structured}
	for _, p := range u.Parts {
		part := wire.Part{Kind: wire.PartImage, MediaType: p.MediaType, Name: p.Name, Data: p.Data}
		switch {
		case p.Text != nil:
			part = wire.TextPart([]byte(*p.Text))
		case p.MediaType == "application/pdf":
			part.Kind = wire.PartDocument
		}
		r.Parts = append(r.Parts, part)
	}
	return r, nil
}

func compacted(raw json.RawMessage) []byte {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return raw
	}
	return out.Bytes()
}
