package toolmodel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

var fits = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// check holds a request against the turns that the model had. What it gives is wrong.
func check(wire string, r *request, sent []Turn) []string {
	wrong := r.bad
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, name := range r.offered {
		if !fits.MatchString(name) {
			bad("the tool %q has a name that is refused", name)
		}
	}
	if len(sent) > 0 && len(r.offered) == 0 {
		bad("turn %d was asked without tools", len(sent))
	}
	n := 0
	for i, s := range r.turns {
		if !s.model || n >= len(sent) {
			continue
		}
		t := sent[n]
		n++
		var back said
		if i+1 < len(r.turns) {
			back = r.turns[i+1]
		}
		for _, w := range t.held(wire, s, back) {
			bad("turn %d: %s", n-1, w)
		}
	}
	if n != len(sent) {
		bad("%d of the model's %d turns came back", n, len(sent))
	}
	return wrong
}

// held holds what came back of one turn, and the results of its calls, against what was sent.
func (t Turn) held(wire string, s, back said) (wrong []string) {
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if t.sig != "" && (wire == "anthropic" || wire != "chat" && len(t.Calls) > 0) && (s.sig != t.sig || !s.first) {
		bad("the signature of its reasoning is %q", s.sig)
	}
	if t.Thinking != nil && (wire == "anthropic" || t.has("reasoning_required")) && s.reasoning != *t.Thinking {
		bad("its reasoning came back as %q", s.reasoning)
	}
	if s.text != t.Text {
		bad("its text came back as %q", s.text)
	}
	if len(s.calls) != len(t.Calls) || len(back.results) != len(t.Calls) {
		bad("%d calls and %d results came back, of %d calls", len(s.calls), len(back.results), len(t.Calls))
		return wrong
	}
	for i, c := range t.Calls {
		got, res := s.calls[i], back.results[i]
		if id := wireID(wire, c.id); !t.has("no_id") && got.id != id || got.id == "" && wire != "gemini" || res.id != got.id {
			bad("call %d came back with the id %q, its result with %q", i, got.id, res.id)
		}
		if got.name != c.Name && !c.Renamed || !fits.MatchString(got.name) || wire == "gemini" && res.name != got.name {
			bad("call %d came back as %q, its result of %q", i, got.name, res.name)
		}
		if !c.sameArguments(wire, got.args) {
			bad("call %d came back with the arguments %s", i, got.args)
		}
		for _, w := range c.judge(res) {
			bad("the result of %s %s", c.Name, w)
		}
	}
	return wrong
}

// wireID is an id as the API's own server writes it.
func wireID(wire, id string) string {
	if wire == "anthropic" {
		return "toolu_" + id
	}
	return "call_" + id
}

// sameArguments compares JSON; what was none has to come back as some.
func (c Call) sameArguments(wire string, got json.RawMessage) bool {
	if wire == "responses" && string(got) == *c.Raw {
		return true // its own item, which it takes back as it is
	}
	if !json.Valid(got) {
		return false
	}
	var sent map[string]any
	if json.Unmarshal([]byte(*c.Raw), &sent) != nil {
		return wire != "anthropic" || bytes.HasPrefix(got, []byte("{"))
	}
	return string(compact(json.RawMessage(*c.Raw))) == string(compact(got))
}

// judge holds a result against the script.
func (c Call) judge(r result) (wrong []string) {
	want := c.Result
	if !strings.Contains(r.text, want.Contains) {
		wrong = append(wrong, fmt.Sprintf("is %.200q and lacks %q", r.text, want.Contains))
	}
	if want.Error != nil && r.failed != nil && *r.failed != *want.Error {
		wrong = append(wrong, fmt.Sprintf("is an error: %v", *r.failed))
	}
	if want.Max > 0 && len(r.text) > want.Max {
		wrong = append(wrong, fmt.Sprintf("has %d bytes", len(r.text)))
	}
	if want.Image && !r.image {
		wrong = append(wrong, "has no image")
	}
	return wrong
}
