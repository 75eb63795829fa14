package config

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"hermes/provider/config/yamledit"
)

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
// are *Error: usage for a key or value that cannot be, and for a place that a person must edit; config for a broken file,
// io, lock_timeout. After an error the file is as it was. flags are the keys of the section oneshot.
func Set(path, key, value string, flags ...Key) (Change, error) {
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
		c, out, err = setValue(path, src, canonical(parts), value, Keys(flags...))
		return out, err
	})
	if err != nil {
		return Change{}, err
	}
	return c, nil
}

// setValue makes the new content of the file; nil when it says the same already.
func setValue(path string, src []byte, names []string, text string, keys []Key) (Change, []byte, error) {
	f, err := parse(path, src)
	if err != nil {
		return Change{}, nil, err
	}
	c := Change{Key: written(names), Path: path}
	bad := func(err error) error { return &Error{Path: path, Key: c.Key, Msg: err.Error(), class: "usage"} }
	known, ok := knownKey(keys, names)
	value, err := coerce(known, ok, text)
	switch meant := unquotedDots(keys, names); {
	case err != nil:
		return c, nil, bad(err)
	case !ok && meant != "":
		return c, nil, bad(errors.New("a name with a dot goes in quotes: " + meant))
	}
	before := problems(path, f, c.Key)
	if old := yamledit.OwnChild(f.Root, "model"); names[0] == "model" && len(names) > 1 && old != nil && old.Kind == yamledit.Scalar && yamledit.Target(old) != nil && old.Value != "" {
		if f, err = f.Nest("model", "default"); err != nil { // `model: NAME` of older versions
			return c, nil, yamlError(path, c.Key, "usage", err)
		}
	}
	edit, err := f.Set(names, value)
	if err != nil {
		return c, nil, yamlError(path, c.Key, "usage", err)
	}
	if err := c.describe(edit.Old, value, names); err != nil {
		return c, nil, bad(err)
	}
	if c.Warning = unknownKey(keys, names); ok {
		c.Warning = idle(f.Root, names, known)
	}
	if edit.Text == nil {
		return c, nil, nil
	}
	c.Changed = true
	return c, edit.Text, refused(path, edit.Text, c.Key, before)
}

// refused finds what Load would say about the key in the new text, and did not say before.
func refused(path string, text []byte, key string, before []*Error) error {
	f, err := parse(path, text)
	if err != nil {
		return err
	}
	for _, e := range problems(path, f, key) {
		if !slices.ContainsFunc(before, func(b *Error) bool { return b.Key == e.Key && b.Msg == e.Msg }) {
			return &Error{Path: path, Key: e.Key, Msg: e.Msg, class: "usage"}
		}
	}
	return nil
}

// problems lists what Load would say about key and what lies below it, unusable provider rows included.
func problems(path string, f *yamledit.File, key string) []*Error {
	c, errs := settings(path, f.Root, nil, nil)
	for _, row := range c.Providers {
		if e, ok := errors.AsType[*Error](row.Err); ok {
			errs = append(errs, e)
		}
	}
	for _, row := range c.MCPServers {
		if e, ok := errors.AsType[*Error](row.Err); ok {
			errs = append(errs, e)
		}
	}
	return slices.DeleteFunc(errs, func(e *Error) bool { return e.Key != key && !strings.HasPrefix(e.Key, key+".") })
}

func unknownKey(keys []Key, names []string) string {
	key := written(names)
	w := key + " is not a key that this program reads"
	if near := cmp.Or(unquotedDots(keys, names), nearestKey(keys, key)); near != "" {
		return w + "; did you mean " + near + "?"
	}
	return w
}

// idle says why a known key has no effect where it stands: another spelling goes before it, or its place is an old one.
func idle(root *yamledit.Node, names []string, k Key) string {
	key := written(names)
	if k.Legacy && (key == "base_url" || key == "context_length") {
		return key + " at the top level is an old place; it belongs to model." + key
	}
	last := len(names) - 1
	for _, s := range append([]string{k.Path[strings.LastIndexByte(k.Path, '.')+1:]}, k.also...) {
		if s == names[last] {
			break
		}
		if better := append(slices.Clone(names[:last]), s); yamledit.Find(root, better) != nil {
			return key + " has no effect beside " + written(better)
		}
	}
	return ""
}

// describe fills in what people see of the old and the new value.
func (c *Change) describe(old, value *yamledit.Node, names []string) error {
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

// Unset removes one key, and the parents that it leaves empty. A secret-shaped name without a dot is removed from the
// .env beside path. A key that is not in the file is an *Error with NotSet.
func Unset(path, key string) (Change, error) {
	parts, err := splitKey(key)
	if err != nil {
		return Change{}, err
	}
	if len(parts) == 1 && SecretName(parts[0]) {
		return unsetSecret(path, strings.ToUpper(parts[0]))
	}
	var c Change
	err = editFile(path, true, func(src []byte) ([]byte, error) {
		f, err := parse(path, src)
		if err != nil {
			return nil, err
		}
		names := inFile(f.Root, parts)
		c = Change{Key: written(names), Path: path, Changed: true}
		edit, err := f.Unset(names)
		switch {
		case errors.Is(err, yamledit.ErrNotThere):
			return nil, &Error{Path: path, Key: key, Msg: err.Error(), NotSet: true, class: "usage"}
		case err != nil:
			return nil, yamlError(path, c.Key, "usage", err)
		}
		if err := c.describe(edit.Old, nil, names); err != nil {
			return nil, &Error{Path: path, Key: c.Key, Msg: err.Error(), class: "usage"}
		}
		return edit.Text, nil
	})
	if err != nil {
		return Change{}, err
	}
	return c, nil
}

// inFile gives the names of a key to remove. A model that is a name alone is removed whole, and a provider at the top level
// when the section has none.
func inFile(root *yamledit.Node, parts []string) []string {
	names := canonical(parts)
	section := yamledit.OwnChild(root, "model")
	switch {
	case written(names) == "model.default" && section != nil && section.Kind == yamledit.Scalar:
		return names[:1]
	case written(parts) == "provider" && yamledit.OwnChild(section, "provider") == nil && yamledit.OwnChild(root, "provider") != nil:
		return parts
	}
	return names
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
		return Change{}, &Error{Path: file, Key: name, Msg: yamledit.ErrNotThere.Error(), NotSet: true, class: "usage"}
	}
	return Change{Key: name, Path: file, Secret: true, Old: Mask(old[name]), Changed: true}, nil
}
