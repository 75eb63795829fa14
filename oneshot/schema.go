package oneshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/schema"
	"hermes/oneshot/wire"
)

const purposeSchema = "schema"

// Schema is a compiled --output-schema.
type Schema struct {
	compiled *schema.Schema
	source   []byte
}

// NewSchema compiles the JSON Schema of a file. The error has class usage, or invalid_input for a schema that no answer can
// be held against in bounded time. References to other files or the network are refused.
func NewSchema(name string, raw []byte) (*Schema, error) {
	compiled, err := schema.Compile(raw)
	if bound, ok := errors.AsType[*schema.BoundError](err); ok {
		return nil, &input.Error{
			ErrClass: class.InvalidInput, Msg: fmt.Sprintf("--output-schema %s: %s", name, oneLine(bound.Error())),
			Advice: "let it refer to itself through properties or items alone, and give it fewer alternatives",
		}
	}
	if err != nil {
		return nil, &input.Error{
			ErrClass: class.Usage, Msg: fmt.Sprintf("--output-schema %s: %s", name, oneLine(err.Error())),
			Advice: "give a JSON Schema: the name of its file, or the JSON itself in single quotes",
		}
	}
	return &Schema{compiled, raw}, nil
}

// Source is the text of the schema, nil for no schema.
func (s *Schema) Source() []byte {
	if s == nil {
		return nil
	}
	return s.source
}

// SchemaError is an answer that does not fit the schema.
type SchemaError struct{ Problems []output.SchemaError }

func (e *SchemaError) Error() string {
	p := e.Problems[0]
	more := ""
	if n := len(e.Problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("the answer does not fit --output-schema: %s: %s%s", or(p.Path, "/"), p.Message, more)
}

// Class is schema.
func (e *SchemaError) Class() string { return string(class.Schema) }

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func contract(text []byte) string {
	return "Answer with one JSON value and nothing else: no prose, no code fence. It must be valid against this JSON Schema:\n" + string(text)
}

// What a corrective turn says is bounded: the model finds the rest by the schema, which it has.
const (
	mostProblems = 20
	mostProblem  = 300 // bytes of one problem
)

// correction tells the model what was wrong with its answer.
func correction(problems []output.SchemaError) wire.Part {
	var b strings.Builder
	b.WriteString("That answer is not valid against the schema:\n")
	for _, p := range problems[:min(len(problems), mostProblems)] {
		fmt.Fprintf(&b, "- %s\n", input.Head([]byte(or(p.Path, "/")+": "+p.Message), mostProblem))
	}
	if more := len(problems) - mostProblems; more > 0 {
		fmt.Fprintf(&b, "- and %d more\n", more)
	}
	b.WriteString("Answer again with the corrected JSON value alone.")
	return wire.TextPart([]byte(b.String()))
}

// check finds the JSON in an answer and validates it. It returns the document as the model wrote it, or the problems. The
// error is an answer that takes too much work to check.
func (s *Schema) check(answer []byte) ([]byte, []output.SchemaError, error) {
	doc := findJSON(answer)
	if doc == nil {
		return nil, []output.SchemaError{{Message: "no JSON value in the answer"}}, nil
	}
	found, err := s.compiled.Check(doc)
	if err != nil {
		return nil, nil, err
	}
	var problems []output.SchemaError
	for _, p := range found {
		problems = append(problems, output.SchemaError{Path: p.Path, Message: p.Message})
	}
	if problems == nil {
		return bytes.ToValidUTF8(doc, []byte("\uFFFD")), nil, nil
	}
	return nil, problems, nil
}

// findJSON returns the JSON value of an answer: the whole of it, the first fenced block, or from the first bracket on.
func findJSON(answer []byte) []byte {
	whole := bytes.TrimSpace(answer)
	if json.Valid(whole) {
		return whole
	}
	if _, rest, ok := bytes.Cut(whole, []byte("```")); ok {
		if _, body, ok := bytes.Cut(rest, []byte("\n")); ok {
			inner, _, _ := bytes.Cut(body, []byte("```"))
			if inner = bytes.TrimSpace(inner); json.Valid(inner) {
				return inner
			}
		}
	}
	return embedded(whole)
}

// mostRead is how many bytes are read in all, to find where in an answer JSON begins.
const mostRead = 16 << 20

// embedded is the first object or array within other text.
func embedded(text []byte) []byte {
	read := 0
	for i, b := range text {
		if b != '{' && b != '[' {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(text[i:]))
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if err == nil {
			return raw
		}
		if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
			read += int(bad.Offset)
		} else {
			read += len(text) - i
		}
		if read > mostRead {
			return nil
		}
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
