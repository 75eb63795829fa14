package config

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// SetOptions changes how Set works.
type SetOptions struct {
	Force bool // allow a scalar to replace a mapping or a list, and a value that Load would refuse
}

// Change says what an edit did.
type Change struct {
	Key     string // full dotted key that was written: "model" becomes model.default
	Path    string // file that was written
	Value   string // new value as shown to people; masked when Secret
	Old     string // old value as shown to people, "" when absent; masked when Secret
	Secret  bool
	Changed bool   // false: the file already said so and was not written
	Warning string // e.g. an unknown key with the nearest known one; "" when there is none
}

// Set writes one value into the file at path, which is made when it is missing. "model" and "provider" alone mean
// model.default and model.provider; a secret-shaped name without a dot goes to the .env beside path, in capitals. Errors
// are *Error: usage for a key or value that cannot be, config for a broken file, io, lock_timeout. After an error the
// file is as it was.
func Set(path, key, value string, o SetOptions) (Change, error) {
	parts, err := splitKey(key)
	if err != nil {
		return Change{}, err
	}
	if len(parts) == 1 && SecretName(parts[0]) {
		return setSecret(path, strings.ToUpper(parts[0]), value)
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return Change{}, &Error{Path: path, Key: key, Msg: "the value is not UTF-8 text", class: "usage"}
	}
	var c Change
	err = editFile(path, true, func(src []byte) (out []byte, err error) {
		c, out, err = setValue(path, src, canonical(parts), value, o)
		return out, err
	})
	if err != nil {
		return Change{}, err
	}
	return c, nil
}

// setValue makes the new content of the file; nil when it says the same already.
func setValue(path string, src []byte, parts []string, text string, o SetOptions) (Change, []byte, error) {
	d, err := parse(path, src)
	if err != nil {
		return Change{}, nil, err
	}
	names := d.names(parts)
	c := Change{Key: strings.Join(names, "."), Path: path}
	bad := func(msg string) error { return &Error{Path: path, Key: c.Key, Msg: msg, class: "usage"} }
	known, ok := knownKey(Keys(), names)
	value, msg := coerce(known, ok, text)
	if msg != "" && !o.Force {
		return c, nil, bad(msg)
	}
	if isIndex(names[0]) && d.root == nil {
		return c, nil, bad("the file holds no list")
	}
	p, err := d.planSet(setting{names, value, o.Force})
	if err != nil {
		return c, nil, bad(err.Error())
	}
	if err := c.describe(p.old, value, names); err != nil {
		return c, nil, bad(err.Error())
	}
	c.Warning = unknownKey(c.Key)
	if ok {
		c.Warning = d.idle(names, known)
	}
	if p.old != nil && p.old.Kind != yaml.AliasNode && sameTree(value, p.old) && sameTree(p.want, d.root) {
		return c, nil, nil
	}
	c.Changed = true
	out, err := d.finish(p, c.Key, !o.Force)
	return c, out, err
}

func unknownKey(key string) string {
	w := key + " is not a key that this program reads"
	if near := NearestKey(key); near != "" {
		return w + "; did you mean " + near + "?"
	}
	return w
}

// idle says why a known key has no effect where it stands: another spelling goes before it, or its place is an old one.
func (d *document) idle(names []string, k Key) string {
	key := strings.Join(names, ".")
	if k.Legacy && (key == "base_url" || key == "context_length") {
		return key + " at the top level is an old place; it belongs to model." + key
	}
	last := len(names) - 1
	for _, s := range append([]string{k.Path[strings.LastIndexByte(k.Path, '.')+1:]}, k.also...) {
		if s == names[last] {
			break
		}
		if better := append(slices.Clone(names[:last]), s); walk(d.root, better) != nil {
			return key + " has no effect beside " + strings.Join(better, ".")
		}
	}
	return ""
}

// describe fills in what people see of the old and the new value.
func (c *Change) describe(old, value *yaml.Node, names []string) error {
	var was, is Value
	if value != nil {
		if err := is.fill(value, names); err != nil {
			return err
		}
	}
	if old != nil {
		if err := was.fill(old, names); err != nil {
			return err
		}
	}
	c.Value, c.Old, c.Secret = is.shown, was.shown, secretKey(names...)
	return nil
}

// finish does the edit in memory and proves it: the new text must parse to the intended tree, and with check Load must
// not find anything wrong with the key that it did not find before.
func (d *document) finish(p *plan, key string, check bool) ([]byte, error) {
	out := apply(d.src, p.patches)
	after, err := parse(d.path, out)
	if err != nil || !sameTree(p.want, after.root) {
		return nil, &Error{Path: d.path, Key: key, Msg: errLayout.Error(), class: "usage"}
	}
	if !check {
		return out, nil
	}
	before := d.problems(key)
	for _, e := range after.problems(key) {
		if !slices.ContainsFunc(before, func(b *Error) bool { return b.Key == e.Key && b.Msg == e.Msg }) {
			return nil, &Error{Path: d.path, Key: e.Key, Msg: e.Msg, class: "usage"}
		}
	}
	return out, nil
}

// problems lists what Load would say about key and what lies below it, unusable provider rows included.
func (d *document) problems(key string) []*Error {
	c, errs := d.settings(nil)
	for _, row := range c.Providers {
		if e := (*Error)(nil); errors.As(row.Err, &e) {
			errs = append(errs, e)
		}
	}
	return slices.DeleteFunc(errs, func(e *Error) bool { return e.Key != key && !strings.HasPrefix(e.Key, key+".") })
}

// Unset removes one key, and the parents that it leaves empty. A secret-shaped name without a dot is removed from the
// .env beside path. A key that is not in the file is an *Error with NotSet.
func Unset(path, key string) (Change, error) {
	parts, err := splitKey(key)
	if err != nil {
		return Change{}, err
	}
	notSet := &Error{Path: path, Key: key, Msg: errNotThere.Error(), NotSet: true, class: "usage"}
	if len(parts) == 1 && SecretName(parts[0]) {
		return unsetSecret(path, strings.ToUpper(parts[0]))
	}
	var c Change
	err = editFile(path, true, func(src []byte) ([]byte, error) {
		d, err := parse(path, src)
		if err != nil {
			return nil, err
		}
		names := d.unsetNames(parts)
		c = Change{Key: strings.Join(names, "."), Path: path}
		if d.root == nil {
			return nil, notSet
		}
		p, err := d.planUnset(names)
		switch {
		case errors.Is(err, errNotThere):
			return nil, notSet
		case err != nil:
			return nil, &Error{Path: path, Key: c.Key, Msg: err.Error(), class: "usage"}
		}
		if err := c.describe(p.old, nil, names); err != nil {
			return nil, &Error{Path: path, Key: c.Key, Msg: err.Error(), class: "usage"}
		}
		c.Changed = true
		return d.finish(p, c.Key, false)
	})
	if err != nil {
		return Change{}, err
	}
	return c, nil
}

// unsetNames is names, except that the shorthands mean what is in the file: `model: NAME` is removed whole, and a
// root-level provider when the model section has none.
func (d *document) unsetNames(parts []string) []string {
	if d.root == nil {
		return parts
	}
	full := canonical(parts)
	section := ownChild(d.root, "model")
	if len(parts) == 1 && (section == nil || section.Kind != yaml.MappingNode || ownChild(section, full[len(full)-1]) == nil) && ownChild(d.root, parts[0]) != nil {
		if parts[0] != "model" || section.Kind != yaml.MappingNode {
			return parts
		}
	}
	if strings.Join(full, ".") == "model.default" && section != nil && section.Kind == yaml.ScalarNode {
		return []string{"model"}
	}
	return d.names(full)
}

func setSecret(path, name, value string) (Change, error) {
	file := envBeside(path)
	c := Change{Key: name, Path: file, Secret: true, Value: Mask(value)}
	old, _ := LoadEnv(file) // a bad line elsewhere does not matter for this one
	c.Old = Mask(old[name])
	if was, ok := old[name]; ok && was == value {
		return c, nil
	}
	if err := SetEnv(file, name, value); err != nil {
		return Change{}, err
	}
	c.Changed = true
	if !strings.HasSuffix(name, "_URL") && !UsableSecret(value) {
		c.Warning = "the value does not look like a real key"
	}
	return c, nil
}

func unsetSecret(path, name string) (Change, error) {
	file := envBeside(path)
	old, _ := LoadEnv(file) // as in setSecret
	had, err := UnsetEnv(file, name)
	switch {
	case err != nil:
		return Change{}, err
	case !had:
		return Change{}, &Error{Path: file, Key: name, Msg: errNotThere.Error(), NotSet: true, class: "usage"}
	}
	return Change{Key: name, Path: file, Secret: true, Old: Mask(old[name]), Changed: true}, nil
}
