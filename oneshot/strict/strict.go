// Package strict reads JSON objects of which every member must be known. What is dropped in silence would be missing from a
// request that is paid for.
package strict

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Object is a JSON object whose members are taken one by one. Its first error stands and is given by End, so that a caller
// takes all members and asks once.
type Object struct {
	path    string // before the names in errors, such as "body."
	members []member
	err     error
}

type member struct {
	name string
	raw  json.RawMessage
}

// Open reads an object, whose bytes the members then are. path is where it stands, "" for the outermost.
func Open(path string, raw []byte) *Object {
	o := &Object{path: path}
	var known map[string]json.RawMessage // for the words on what is no object
	if json.Valid(raw) && bytes.HasPrefix(bytes.TrimLeft(raw, space), []byte("{")) {
		for name, value := range Members(raw) {
			o.members = append(o.members, member{name, value})
		}
	} else if o.err = json.Unmarshal(raw, &known); o.err != nil {
		o.err = Said(strings.TrimSuffix(path, "."), o.err)
	} else {
		o.err = fmt.Errorf("%s is null", cmp.Or(strings.TrimSuffix(path, "."), "the object"))
	}
	if path != "" && !strings.HasSuffix(path, ".") {
		o.path += "."
	}
	return o
}

// Has reports whether a member is there, and not null.
func (o *Object) Has(name string) bool {
	raw := o.find(name)
	return raw != nil && string(raw) != "null"
}

// find gives a member, the last where it stands several times.
func (o *Object) find(name string) (raw json.RawMessage) {
	for _, m := range o.members {
		if m.name == name {
			raw = m.raw
		}
	}
	return raw
}

// Raw takes a member. null is as good as no member: it is nil.
func (o *Object) Raw(name string) json.RawMessage {
	raw := o.find(name)
	if raw != nil {
		o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
	}
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// Take decodes a member into the pointer, if it is there.
func (o *Object) Take(name string, into any) {
	raw := o.Raw(name)
	if raw == nil {
		return
	}
	o.Fail(Decode(o.path+name, raw, into))
}

// Struct takes a member for each field, by the name of its json tag, which it must have.
func (o *Object) Struct(into any) {
	v := reflect.ValueOf(into).Elem()
	for f, field := range v.Fields() {
		if len(o.members) == 0 {
			return
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		o.Take(name, field.Addr().Interface())
	}
}

// Object takes a member that is an object itself, nil if it is not there. The caller ends it.
func (o *Object) Object(name string) *Object {
	raw := o.Raw(name)
	if raw == nil {
		return nil
	}
	return Open(o.path+name, raw)
}

// Want takes a member that may have one value only.
func (o *Object) Want(name, value string) {
	if raw := o.Raw(name); raw != nil && string(raw) != value {
		o.Fail(fmt.Errorf("the key %q can only be %s", o.path+name, value))
	}
}

// Path is the full name of a member.
func (o *Object) Path(name string) string { return o.path + name }

// Fail notes an error, unless it is nil or there is one already.
func (o *Object) Fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// End is the first error, or the names that nobody took. A member that is null is not counted.
func (o *Object) End() error {
	if o.err != nil {
		return o.err
	}
	var names []string
	for _, m := range o.members {
		if o.Has(m.name) {
			names = append(names, strconv.Quote(o.path+m.name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("unknown key %s", strings.Join(slices.Compact(names), ", "))
}

// Decode reads a value that stands at a path.
func Decode(path string, raw []byte, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return Said(path, err)
	}
	return nil
}

// Said puts a decoder's error into words that name the key and not a type of Go.
func Said(path string, err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	if wrong.Field != "" {
		path = strings.TrimPrefix(path+"."+wrong.Field, ".")
	}
	if path == "" {
		return fmt.Errorf("this is a JSON %s and no object", wrong.Value)
	}
	return fmt.Errorf("the key %q holds a JSON %s", path, wrong.Value)
}
