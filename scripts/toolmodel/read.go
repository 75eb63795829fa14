package toolmodel

import (
	"encoding/json"
	"fmt"
	"strings"
)

// said is a turn of the conversation, of whichever API.
type said struct {
	model     bool
	calls     []call
	results   []result
	sig       string
	first     bool // the reasoning stands before all else
	text      string
	reasoning string
}

type call struct {
	id, name string
	args     json.RawMessage
}

type result struct {
	id, name, text string
	failed         *bool // nil where the API cannot say
	image          bool
}

// request is what a client asks.
type request struct {
	model   string
	stream  bool
	turns   []said
	offered []string
	tools   json.RawMessage // as they were sent
	bad     []string        // what its API would refuse
}

// content is a text, or a list of parts.
type content json.RawMessage

func (c *content) UnmarshalJSON(raw []byte) error { *c = append((*c)[:0], raw...); return nil }

type part struct {
	Type, Text, ID, Name string
	Thinking, Signature  string
	Thought              bool
	ThoughtSignature     string
	Input                json.RawMessage
	ToolUseID            string `json:"tool_use_id"`
	IsError              bool   `json:"is_error"`
	Content              content
	InlineData           json.RawMessage
	FunctionCall         *struct {
		ID, Name string
		Args     json.RawMessage
	}
	FunctionResponse *struct {
		ID, Name string
		Response json.RawMessage
		Parts    []part
	}
}

func (c content) parts() []part {
	var text string
	if json.Unmarshal(c, &text) == nil {
		return []part{{Type: "text", Text: text}}
	}
	var all []part
	_ = json.Unmarshal(c, &all) // null is no part
	return all
}

// flat is all text of the parts, and whether an image is among them.
func (c content) flat() (text string, image bool) {
	for _, p := range c.parts() {
		text += p.Text
		image = image || strings.Contains(p.Type, "image") || p.InlineData != nil
	}
	return text, image
}

type tool struct {
	Name        string
	InputSchema json.RawMessage `json:"input_schema"`
	Function    *tool
	Parameters  json.RawMessage
	Functions   []tool          `json:"functionDeclarations"`
	JSONSchema  json.RawMessage `json:"parametersJsonSchema"`
}

type body struct {
	Model    string
	Stream   bool
	Store    *bool
	Tools    json.RawMessage
	Messages []message
	Input    []message
	Contents []message
}

type message struct {
	Role, Type       string
	Content          content
	Parts            content
	ReasoningContent string `json:"reasoning_content"`
	ToolCalls        []struct {
		ID       string
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
	ToolCallID       string `json:"tool_call_id"`
	EncryptedContent string `json:"encrypted_content"`
	CallID           string `json:"call_id"`
	Name, Arguments  string
	Output           content
}

// read understands a body of one of the APIs.
func read(wire string, raw []byte) (*request, error) {
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, err
	}
	r := &request{model: b.Model, stream: b.Stream, tools: b.Tools}
	r.offer()
	switch wire {
	case "anthropic":
		r.anthropic(b.Messages)
	case "chat":
		r.chat(b.Messages)
	case "responses":
		if b.Store == nil || *b.Store {
			r.bad = append(r.bad, "store is not false")
		}
		r.responses(b.Input)
	case "gemini":
		r.stream = true
		r.gemini(b.Contents)
	}
	return r, nil
}

// offer reads the tools of any API.
func (r *request) offer() {
	var all []tool
	_ = json.Unmarshal(r.tools, &all) // none is none
	for _, t := range all {
		inner := []tool{t}
		switch {
		case t.Function != nil:
			inner = []tool{*t.Function}
		case t.Functions != nil:
			inner = t.Functions
		}
		for _, f := range inner {
			r.offered = append(r.offered, f.Name)
			var schema struct{ Type any }
			for _, raw := range []json.RawMessage{f.InputSchema, f.Parameters, f.JSONSchema} {
				if raw != nil {
					_ = json.Unmarshal(raw, &schema)
				}
			}
			if schema.Type != "object" {
				r.bad = append(r.bad, fmt.Sprintf("the schema of %s is of type %v", f.Name, schema.Type))
			}
		}
	}
}

func (r *request) anthropic(all []message) {
	for _, m := range all {
		s := said{model: m.Role == "assistant"}
		for i, p := range m.Content.parts() {
			switch p.Type {
			case "thinking":
				s.sig, s.reasoning, s.first = p.Signature, p.Thinking, i == 0
			case "text":
				s.text += p.Text
			case "tool_use":
				s.calls = append(s.calls, call{p.ID, p.Name, p.Input})
			case "tool_result":
				text, image := p.Content.flat()
				if len(s.results) != i {
					r.bad = append(r.bad, "the results of calls must come first")
				}
				s.results = append(s.results, result{p.ToolUseID, "", text, &p.IsError, image})
			}
		}
		r.turns = append(r.turns, s)
	}
}

func (r *request) chat(all []message) {
	for i, m := range all {
		text, image := m.Content.flat()
		switch m.Role {
		case "system", "developer":
		case "tool":
			if i == 0 || all[i-1].Role != "tool" {
				r.turns = append(r.turns, said{})
			}
			last := &r.turns[len(r.turns)-1]
			last.results = append(last.results, result{m.ToolCallID, "", text, nil, image})
		default:
			s := said{model: m.Role == "assistant", text: text, reasoning: m.ReasoningContent}
			for _, c := range m.ToolCalls {
				s.calls = append(s.calls, call{c.ID, c.Function.Name, json.RawMessage(c.Function.Arguments)})
			}
			r.turns = append(r.turns, s)
		}
	}
}

func (r *request) responses(all []message) {
	before := ""
	for _, m := range all {
		side := "user"
		if m.Type == "reasoning" || m.Type == "function_call" || m.Role == "assistant" {
			side = "model"
		}
		if side != before {
			r.turns = append(r.turns, said{model: side == "model"})
		}
		before = side
		s := &r.turns[len(r.turns)-1]
		switch text, image := m.Output.flat(); m.Type {
		case "reasoning":
			s.sig, s.first = m.EncryptedContent, len(s.calls) == 0
		case "function_call":
			s.calls = append(s.calls, call{m.CallID, m.Name, json.RawMessage(m.Arguments)})
		case "function_call_output":
			s.results = append(s.results, result{m.CallID, "", text, nil, image})
		default:
			text, _ = m.Content.flat()
			s.text += text
		}
	}
}

func (r *request) gemini(all []message) {
	for _, m := range all {
		s := said{model: m.Role == "model"}
		for _, p := range m.Parts.parts() {
			switch {
			case p.FunctionCall != nil:
				if s.calls == nil {
					s.sig, s.first = p.ThoughtSignature, true
				}
				s.calls = append(s.calls, call{p.FunctionCall.ID, p.FunctionCall.Name, p.FunctionCall.Args})
			case p.FunctionResponse != nil:
				f := p.FunctionResponse
				var answer struct{ Output, Error *string }
				_ = json.Unmarshal(f.Response, &answer)
				one := result{f.ID, f.Name, string(f.Response), new(answer.Error != nil), f.Parts != nil}
				for _, text := range []*string{answer.Output, answer.Error} {
					if text != nil {
						one.text = *text
					}
				}
				s.results = append(s.results, one)
			case !p.Thought:
				s.text += p.Text
			}
		}
		r.turns = append(r.turns, s)
	}
}
