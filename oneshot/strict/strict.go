// Package strict reads JSON objects of which every member must be known. What is dropped in silence would be missing from a
// request that is paid for.
package strict

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Object is a JSON object whose members are taken one by one. Its first error stands and is given by End, so that a caller
// takes all members and asks once.
type Object struct {
	path    string // before the names in errors, such as "body."
	members map[string]json.RawMessage
	err     error
}

// Open reads an object. path is where it stands, "" for the outermost.
func Open(path string, raw []byte) *Object {
	o := &Object{path: path}
	if o.err = json.Unmarshal(raw, &o.members); o.err != nil {
		o.err = Said(strings.TrimSuffix(path, "."), o.err)
	} else if o.members == nil {
		o.err = fmt.Errorf("%s is null", cmp.Or(strings.TrimSuffix(path, "."), "the object"))
	}
	if path != "" && !strings.HasSuffix(path, ".") {
		o.path += "."
	}
	return o
}

// Has reports whether a member is there, and not null.
func (o *Object) Has(name string) bool {
	raw := o.members[name]
	return raw != nil && string(raw) != "null"
}

// Raw takes a member. null is as good as no member: it is nil.
func (o *Object) Raw(name string) json.RawMessage {
	raw := o.members[name]
	delete(o.members, name)
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
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if string(o.members[name]) != "null" {
			names = append(names, strconv.Quote(o.path+name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("unknown key %s", strings.Join(names, ", "))
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
