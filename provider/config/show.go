package config

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Get returns the value of key in the file at path, under any spelling that Load reads, or its default. Secret-shaped
// names without a dot are looked up in the .env beside it. An absent key without a default is an *Error with NotSet.
func Get(path, key string) (Value, error) {
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
	d, err := parse(path, src)
	if err != nil {
		return Value{}, err
	}
	names := d.names(canonical(parts))
	known, ok := knownKey(Keys(), names)
	v := Value{Key: strings.Join(names, ".")}
	n := d.find(names, known)
	switch {
	case n != nil:
		v.Source, v.Path, v.Line = "config.yaml", path, n.Line
	case ok && known.Default != "":
		n, _ = coerce(known, true, known.Default)
		v.Source = "default"
	default:
		msg := errNotThere.Error()
		if !ok {
			msg = "is not set, and " + strings.TrimPrefix(unknownKey(v.Key), v.Key+" ")
		}
		return Value{}, &Error{Path: path, Key: v.Key, Msg: msg, NotSet: true, class: "usage"}
	}
	if err := v.fill(n, names); err != nil {
		return Value{}, &Error{Path: path, Key: v.Key, Msg: err.Error()}
	}
	return v, nil
}

// find looks for a value at the names, then where older versions put it.
func (d *document) find(names []string, k Key) *yaml.Node {
	if n := walk(d.root, names); n != nil {
		return n
	}
	last := len(names) - 1
	for _, other := range k.also {
		if n := walk(d.root, append(slices.Clone(names[:last]), other)); n != nil {
			return n
		}
	}
	if len(names) != 2 || names[0] != "model" {
		return nil
	}
	switch names[1] {
	case "default":
		if n := child(d.root, "model"); n != nil && n.Kind == yaml.ScalarNode {
			return n
		}
	case "provider", "base_url", "context_length":
		return child(d.root, names[1])
	}
	return nil
}

// walk follows the names through mappings, lists, aliases and merges; nil when they lead nowhere or to null or "".
func walk(n *yaml.Node, names []string) *yaml.Node {
	for _, name := range names {
		switch n = target(n); {
		case n == nil:
			return nil
		case n.Kind == yaml.SequenceNode:
			i, ok := index(name, len(n.Content)-1)
			if !ok {
				return nil
			}
			n = n.Content[i]
		default:
			n = child(n, name)
		}
	}
	if n = target(n); empty(n) {
		return nil
	}
	return n
}

func getSecret(path, name string) (Value, error) {
	file := envBeside(path)
	values, err := LoadEnv(file)
	text, ok := values[name]
	switch {
	case !ok && err != nil:
		return Value{}, err
	case !ok:
		return Value{}, &Error{Path: file, Key: name, Msg: errNotThere.Error(), NotSet: true, class: "usage"}
	}
	v := Value{Key: name, Source: ".env", Path: file}
	if err := v.fill(scalarNode("!!str", text), []string{name}); err != nil {
		return Value{}, err
	}
	v.Secret, v.shown = true, Mask(text)
	v.json = quote(v.shown, yaml.DoubleQuotedStyle, true) // printable: the quotes of YAML are those of JSON
	return v, nil
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
		d, err := parse(path, src)
		if err != nil {
			return err
		}
		src = d.redacted()
	}
	if _, err := w.Write(src); err != nil {
		return &Error{Path: path, Msg: "cannot write the output: " + err.Error(), class: "io", err: err}
	}
	return nil
}

// redacted is the source with masks where secrets stand.
func (d *document) redacted() []byte {
	var patches []patch
	d.hide(d.root, nil, false, &patches)
	patches = append(patches, d.hideComments()...)
	slices.SortFunc(patches, func(a, b patch) int { return a.from - b.from })
	kept := patches[:0]
	end := 0
	for _, p := range patches {
		if p.from >= end {
			kept = append(kept, p)
			end = p.to
		}
	}
	return apply(d.src, kept)
}

// hide collects the masks of the tree. A secret whose bytes cannot be found hides the rest of the file.
func (d *document) hide(n *yaml.Node, names []string, secret bool, out *[]patch) {
	if n == nil {
		return
	}
	if n.Kind == yaml.AliasNode {
		if secret && n.Alias.Kind == yaml.ScalarNode {
			d.hide(n.Alias, names, true, out)
		}
		return
	}
	if n.Kind == yaml.ScalarNode {
		shown := MaskURL(n.Value)
		if secret {
			shown = Mask(n.Value)
		}
		if shown == n.Value || isReference(n.Value) {
			return
		}
		ext, err := d.extent(n)
		if err != nil {
			at := min(max(d.mustOffset(n), 0), len(d.src))
			ext = span{at, len(d.src)}
		}
		if n.Anchor != "" {
			shown = "&" + n.Anchor + " " + quote(shown, yaml.DoubleQuotedStyle, true)
		} else {
			shown = quote(shown, yaml.DoubleQuotedStyle, true)
		}
		*out = append(*out, patch{ext, shown})
		return
	}
	for i, c := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			d.hide(c, names, secret, out)
		case i%2 == 1:
			path := append(names[:len(names):len(names)], n.Content[i-1].Value)
			d.hide(c, path, secretKey(path...), out)
		}
	}
}

// isReference reports whether s is ${NAME} and no more: that is no secret.
func isReference(s string) bool {
	name, ok := strings.CutPrefix(s, "${")
	return ok && strings.IndexByte(name, '}') == len(name)-1
}

// hideComments masks what follows `# api_key:` or `# NAME_API_KEY=`, a setting that was only switched off, and passwords
// in addresses.
func (d *document) hideComments() []patch {
	var out []patch
	for at := 0; at < len(d.src); {
		end, size := d.lineEnd(at)
		if hash := bytes.IndexByte(d.src[at:end], '#'); hash >= 0 {
			comment := string(d.src[at+hash : end])
			if shown := hideComment(comment); shown != comment {
				out = append(out, patch{span{at + hash, end}, shown})
			}
		}
		if at = end + size; size == 0 {
			break
		}
	}
	return out
}

func hideComment(comment string) string {
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
