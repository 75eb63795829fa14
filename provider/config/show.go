package config

import (
	"io"
	"slices"
	"strings"

	"hermes/provider/config/yamledit"
)

// Get returns the value of key in the file at path, under any spelling that Load reads, or its default. Secret-shaped
// names without a dot are looked up in the .env beside it. An absent key without a default is an *Error with NotSet.
// flags are the keys of the section oneshot.
func Get(path, key string, flags ...Key) (Value, error) {
	parts, err := splitKey(key)
	if err != nil {
		return Value{}, err
	}
	if len(parts) == 1 && SecretName(parts[0]) {
		return getSecret(path, strings.ToUpper(parts[0]))
	}
	src, err := readFile(path)
	if err != nil {
		return Value{}, err
	}
	f, err := parse(path, src)
	if err != nil {
		return Value{}, err
	}
	names := canonical(parts)
	keys := Keys(flags...)
	known, ok := knownKey(keys, names)
	v := Value{Key: written(names)}
	n := find(f.Root, names, known)
	switch {
	case n != nil:
		v.Source, v.Path, v.Line = "config.yaml", path, n.Line
	case ok && known.Default != "":
		n, _ = coerce(known, true, known.Default)
		v.Source = "default"
	default:
		msg := yamledit.ErrNotThere.Error()
		if !ok {
			msg = "is not set, and " + strings.TrimPrefix(unknownKey(keys, names), v.Key+" ")
		}
		return Value{}, &Error{Path: path, Key: v.Key, Msg: msg, NotSet: true, class: "usage"}
	}
	if err := v.fill(n, names); err != nil {
		return Value{}, &Error{Path: path, Key: v.Key, Msg: err.Error()}
	}
	return v, nil
}

// find looks for a value at the names, then where older versions put it.
func find(root *yamledit.Node, names []string, k Key) *yamledit.Node {
	if n := yamledit.Find(root, names); n != nil {
		return n
	}
	last := len(names) - 1
	for _, other := range k.also {
		if n := yamledit.Find(root, append(slices.Clone(names[:last]), other)); n != nil {
			return n
		}
	}
	if len(names) != 2 || names[0] != "model" {
		return nil
	}
	switch names[1] {
	case "default":
		if n := yamledit.Child(root, "model"); n != nil && n.Kind == yamledit.Scalar {
			return n
		}
	case "provider", "base_url", "context_length":
		return yamledit.Child(root, names[1])
	}
	return nil
}

func getSecret(path, name string) (Value, error) {
	file := envBeside(path)
	values, err := LoadEnv(file)
	text, ok := values[name]
	switch {
	case !ok && err != nil:
		return Value{}, err
	case !ok:
		return Value{}, &Error{Path: file, Key: name, Msg: yamledit.ErrNotThere.Error(), NotSet: true, class: "usage"}
	}
	var masked printer
	masked.text(Mask(text))
	return Value{Key: name, Source: ".env", Path: file, Secret: true, text: text, shown: Mask(text), json: masked.String()}, nil
}

// Show copies the file at path to w; with redact, the values of secret-shaped keys, of headers and of environments, and
// passwords and queries in addresses are masked, in comment lines too, and a file that does not parse is an error since nothing in it can be told apart.
// A missing file writes nothing.
func Show(path string, w io.Writer, redact bool) error {
	src, err := readFile(path)
	if err != nil {
		return err
	}
	if redact {
		f, err := parse(path, src)
		if err != nil {
			return err
		}
		src = f.Mask(shownScalar, shownComment)
	}
	_, err = w.Write(src)
	return err
}

// shownScalar is what people may see of a value in the file.
func shownScalar(names []string, value string) string {
	switch {
	case isReference(value):
		return value
	case secretKey(names...):
		return Mask(value)
	}
	return MaskURL(value)
}

// isReference reports whether s is ${NAME} and no more: that is no secret.
func isReference(s string) bool {
	name, ok := strings.CutPrefix(s, "${")
	return ok && strings.IndexByte(name, '}') == len(name)-1
}

// shownComment masks what follows `# api_key:` or `# NAME_API_KEY=`, a setting that was only switched off, and passwords in
// addresses.
func shownComment(comment string) string {
	for i := range comment {
		if comment[i] != ':' && comment[i] != '=' {
			continue
		}
		name := strings.TrimRight(comment[:i], " \t\"'")
		name = name[strings.LastIndexFunc(name, func(r rune) bool { return !isNameRune(r) })+1:]
		value := strings.TrimLeft(comment[i+1:], " \t")
		if name != "" && value != "" && (secretKey(name) || vendorHeader(name)) {
			return comment[:len(comment)-len(value)] + Mask(strings.Trim(value, `"'`))
		}
	}
	return MaskURL(comment)
}

// vendorHeader reports whether a name is one that only headers have: a comment does not show that it stood among them.
func vendorHeader(name string) bool { return len(name) > 2 && strings.EqualFold(name[:2], "x-") }

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
