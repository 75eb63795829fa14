// Package schema holds JSON documents against a JSON Schema and says where they fail.
//
// Draft-07 and draft 2020-12 are understood, the latter where a schema names none. A reference that leaves the file is
// refused, and so is a schema that says what it is not. Formats are not checked: both drafts leave that open. Numbers are
// compared as they are written, however long. Patterns are Go's, which take time linear in the text.
//
// Work is bounded. A schema that refers to itself without going into the value, or whose alternatives multiply beyond
// MaxSteps, is refused by Compile; a document that takes more steps than that ends Check with a BoundError.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxSteps is how much work one document may take: a step is a schema held against a value, or a value compared.
const MaxSteps = 4_000_000

// maxDepth is how deep schemas may be held against values within one another.
const maxDepth = 50_000

// Schema is a compiled schema. It may be used by several goroutines.
type Schema struct {
	root   *node
	tracks bool
}

// Problem is what is wrong at one place of a document.
type Problem struct {
	Path    string // JSON Pointer, "" for the whole
	Message string
}

// BoundError is a schema that cannot be held against a document within the bounds.
type BoundError struct {
	Path string // JSON Pointer into the schema, "" for the whole
	Msg  string
}

// Error implements error.
func (e *BoundError) Error() string {
	if e.Path == "" {
		return e.Msg
	}
	return e.Path + ": " + e.Msg
}

// Compile reads a schema. Its errors name the keyword that is wrong; a BoundError is a schema without an end.
func Compile(raw []byte) (*Schema, error) {
	doc, err := decode(raw)
	if err != nil {
		return nil, err
	}
	draft, err := draftOf(doc)
	if err != nil {
		return nil, err
	}
	c := newCompiler(draft, doc)
	root, err := c.compile(doc, "", c.resources[""])
	if err != nil {
		return nil, err
	}
	if err := c.link(); err != nil {
		return nil, err
	}
	if err := c.bound(); err != nil {
		return nil, err
	}
	return &Schema{root, c.tracks}, nil
}

// A draft is a bit, so that a keyword can name those that have it.
type draft int

const (
	draft07 draft = 1 << iota
	draft2020
)

func draftOf(doc any) (draft, error) {
	fields, _ := doc.(map[string]any)
	name, there := fields["$schema"]
	if !there {
		return draft2020, nil
	}
	switch text, _ := name.(string); strings.TrimSuffix(text, "#") {
	case "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema":
		return draft07, nil
	case "https://json-schema.org/draft/2020-12/schema":
		return draft2020, nil
	}
	return 0, fmt.Errorf("$schema %v is not supported: draft-07 and draft 2020-12 are", name)
}

// decode reads one JSON value; numbers stay as they are written.
func decode(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

// Check returns what is wrong with a document, nil when nothing is. A place has one problem, or one for each property
// that it lacks; of very many the first are told. The error is a BoundError.
func (s *Schema) Check(doc []byte) ([]Problem, error) {
	value, err := decode(doc)
	if err != nil {
		return []Problem{{Message: "not JSON: " + err.Error()}}, nil
	}
	r := &run{tracks: s.tracks}
	r.eval(s.root, value, nil, nil)
	if r.over {
		return nil, &BoundError{Msg: fmt.Sprintf("the document takes more than %d steps, or nests too deep", MaxSteps)}
	}
	var all []Problem
	for _, p := range r.problems {
		all = append(all, Problem{p.at.String(), p.msg})
	}
	return all, nil
}
