// Package schema holds JSON documents against a JSON Schema and says where they fail.
//
// Draft-07 and draft 2020-12 are understood, the latter where a schema names none. A reference that leaves the file is
// refused, and so is a schema that says what it is not. Formats are not checked: both drafts leave that open.
package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is a compiled schema. It may be used by several goroutines.
type Schema struct {
	root     *jsonschema.Schema
	resolved *jsonschema.Resolved
}

// Problem is what is wrong at one place of a document.
type Problem struct {
	Path    string // JSON Pointer, "" for the whole
	Message string
}

var drafts = []string{
	"", "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema",
	"https://json-schema.org/draft/2020-12/schema",
}

var types = []string{"", "null", "boolean", "object", "array", "number", "string", "integer"}

// Compile reads a schema. Its errors name the keyword that is wrong.
func Compile(raw []byte) (*Schema, error) {
	var root jsonschema.Schema
	if err := json.Unmarshal(raw, &root); err != nil {
		return nil, err
	}
	if !slices.Contains(drafts, strings.TrimSuffix(root.Schema, "#")) {
		return nil, fmt.Errorf("$schema %s is not supported: draft-07 and draft 2020-12 are", root.Schema)
	}
	if err := named(&root, ""); err != nil {
		return nil, err
	}
	resolved, err := root.Resolve(nil)
	if err != nil {
		return nil, err
	}
	return &Schema{&root, resolved}, nil
}

// named refuses types that there are not.
func named(s *jsonschema.Schema, path string) error {
	for _, t := range append(s.Types, s.Type) {
		if !slices.Contains(types, t) {
			return fmt.Errorf("%s/type: there is no type %q", path, t)
		}
	}
	for name, child := range children(s) {
		if child == nil {
			return fmt.Errorf("%s/%s: null is no schema", path, name)
		}
		if err := named(child, path+"/"+name); err != nil {
			return err
		}
	}
	return nil
}

// children are the schemas within a schema, by their path below it.
func children(s *jsonschema.Schema) map[string]*jsonschema.Schema {
	all := map[string]*jsonschema.Schema{}
	for name, one := range map[string]*jsonschema.Schema{
		"items": s.Items, "additionalItems": s.AdditionalItems, "contains": s.Contains, "not": s.Not, "if": s.If, "then": s.Then,
		"else": s.Else, "additionalProperties": s.AdditionalProperties, "propertyNames": s.PropertyNames,
		"unevaluatedItems": s.UnevaluatedItems, "unevaluatedProperties": s.UnevaluatedProperties,
	} {
		if one != nil {
			all[name] = one
		}
	}
	for name, list := range map[string][]*jsonschema.Schema{
		"prefixItems": s.PrefixItems, "items": s.ItemsArray, "allOf": s.AllOf, "anyOf": s.AnyOf, "oneOf": s.OneOf,
	} {
		for i, one := range list {
			all[name+"/"+strconv.Itoa(i)] = one
		}
	}
	for name, group := range map[string]map[string]*jsonschema.Schema{
		"properties": s.Properties, "patternProperties": s.PatternProperties, "$defs": s.Defs, "definitions": s.Definitions,
		"dependentSchemas": s.DependentSchemas,
	} {
		for key, one := range group {
			all[name+"/"+escape(key)] = one
		}
	}
	return all
}

// Check returns what is wrong with a document, nil when nothing is. It looks for the places as far down as the schema's
// properties, items and references to its own definitions lead; each has one problem.
func (s *Schema) Check(doc []byte) []Problem {
	var value any
	if err := json.Unmarshal(doc, &value); err != nil {
		return []Problem{{Message: "not JSON: " + err.Error()}}
	}
	err := s.resolved.Validate(value)
	if err == nil {
		return nil
	}
	if all := s.within(s.root, value, ""); len(all) > 0 {
		return all
	}
	return []Problem{{Message: reason(err)}}
}

// below explains a part of a document by the part of the schema that is for it.
func (s *Schema) below(part *jsonschema.Schema, value any, path string) []Problem {
	part = s.follow(part)
	resolved, err := s.alone(part)
	if err != nil {
		return nil // it means something only where it stands
	}
	if err = resolved.Validate(value); err == nil {
		return nil
	}
	if all := s.within(part, value, path); len(all) > 0 {
		return all
	}
	return []Problem{{path, reason(err)}}
}

// alone is a part as a schema of its own, with the definitions that it may refer to. No schema may stand twice in a
// tree, so it is copied.
func (s *Schema) alone(part *jsonschema.Schema) (*jsonschema.Resolved, error) {
	own := *part
	if own.Defs == nil && own.Definitions == nil {
		own.Defs, own.Definitions = s.root.Defs, s.root.Definitions
	}
	own.Schema = s.root.Schema
	raw, err := json.Marshal(&own)
	if err != nil {
		return nil, err
	}
	var copied jsonschema.Schema
	if err := json.Unmarshal(raw, &copied); err != nil {
		return nil, err
	}
	return copied.Resolve(nil)
}

// within explains a value by its members.
func (s *Schema) within(part *jsonschema.Schema, value any, path string) []Problem {
	part = s.follow(part)
	var all []Problem
	switch v := value.(type) {
	case map[string]any:
		for _, name := range part.Required {
			if _, there := v[name]; !there {
				all = append(all, Problem{path, fmt.Sprintf("required property %q is missing", name)})
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if child := part.Properties[name]; child != nil {
				all = append(all, s.below(child, v[name], path+"/"+escape(name))...)
			}
		}
	case []any:
		first := slices.Concat(part.PrefixItems, part.ItemsArray)
		for i, item := range v {
			child := part.Items
			if i < len(first) {
				child = first[i]
			}
			if child != nil {
				all = append(all, s.below(child, item, path+"/"+strconv.Itoa(i))...)
			}
		}
	}
	return all
}

// follow goes through references to the schema's own definitions, and to its root.
func (s *Schema) follow(part *jsonschema.Schema) *jsonschema.Schema {
	for range 32 { // longer chains are circles
		if part.Ref == "#" {
			return s.root
		}
		next := s.root.Defs[unescape(strings.TrimPrefix(part.Ref, "#/$defs/"))]
		if next == nil {
			next = s.root.Definitions[unescape(strings.TrimPrefix(part.Ref, "#/definitions/"))]
		}
		if part.Ref == "" || next == nil {
			return part
		}
		part = next
	}
	return part
}

// reason is the innermost error, without the way to it.
func reason(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	msg := err.Error()
	for strings.HasPrefix(msg, "validating ") {
		_, rest, ok := strings.Cut(msg, ": ")
		if !ok {
			break
		}
		msg = rest
	}
	return brief(strings.Join(strings.Fields(msg), " "))
}

// maxReason is the length of a message in bytes.
const maxReason = 300

// brief leaves out the middle of a long message: it holds the value, which can be a whole answer, and what was wanted of
// it stands at the end.
func brief(msg string) string {
	if len(msg) <= maxReason {
		return msg
	}
	half := maxReason / 2
	return strings.ToValidUTF8(msg[:half], "") + "…" + strings.ToValidUTF8(msg[len(msg)-half:], "")
}

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// escape and unescape are RFC 6901's.
func escape(s string) string   { return escaper.Replace(s) }
func unescape(s string) string { return unescaper.Replace(s) }
