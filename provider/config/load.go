package config

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"

	"hermes/provider/config/yamledit"
)

// Load reads config.yaml at path and expands ${VAR} from the process environment. A missing file is an empty Config.
// Errors are *Error, class config (io when the file is there and cannot be read).
func Load(path string) (*Config, error) { return LoadWith(path, os.LookupEnv) }

// LoadWith is Load with another source for ${VAR}; an unknown variable stays as it is written, as in Hermes Agent.
// Only values of known keys are expanded.
func LoadWith(path string, lookup func(string) (string, bool)) (*Config, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(path, src)
	if err != nil {
		return nil, err
	}
	c, errs := settings(path, f.Root, lookup)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return c, nil
}

// parse reads the text of the file at path. A file that cannot be read is an *Error, class config.
func parse(path string, src []byte) (*yamledit.File, error) {
	f, err := yamledit.Parse(src)
	return f, yamlError(path, "", "", err)
}

// yamlError adds the file, the class and, where it names none, the key to an error of package yamledit.
func yamlError(path, key, class string, err error) error {
	e, ok := errors.AsType[*yamledit.Error](err)
	if !ok {
		return err
	}
	return &Error{Path: path, Line: e.Line, Key: cmp.Or(e.Key, key), Msg: e.Msg, class: class}
}

// DecodeYAML decodes one YAML document into the struct at into and refuses fields that it does not have. Errors are
// *Error, class config; name stands for the file in them. An empty document leaves into as it is.
func DecodeYAML(name string, data []byte, into any) error {
	return yamlError(name, "", "", yamledit.Decode(data, into))
}

// settings reads the known keys of the tree. Errors of provider rows are in Row.Err, not in errs.
func settings(path string, root *yamledit.Node, lookup func(string) (string, bool)) (*Config, []*Error) {
	r := &reader{path: path, lookup: lookup}
	c := &Config{Path: path}
	if root == nil {
		return c, nil
	}
	r.model(root, &c.Model)
	c.Providers = r.providers(root)
	c.Fallbacks = r.fallbacks(root)
	aux := r.section(root, "auxiliary", "auxiliary")
	r.auxiliary(aux, "vision", &c.Auxiliary.Vision)
	r.auxiliary(aux, "delegation", &c.Auxiliary.Delegation)
	if one := r.section(root, "oneshot", "oneshot"); one != nil {
		fields := oneshotFields()
		readFields(r, one, "oneshot", fields, &c.Oneshot)
		r.strangers(one, fields)
	}
	c.Prices = r.prices(root)
	c.Warnings = r.warnings
	return c, r.errs
}

// strangers warns of keys under oneshot that nobody reads: the section is ours alone, so they are typing errors.
func (r *reader) strangers(m *yamledit.Node, fields []field[Oneshot]) {
	var names []string
	for i := range fields {
		names = append(names, fields[i].Path)
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Tag == "!!merge" || slices.Contains(names, m.Content[i].Value) {
			continue
		}
		key := "oneshot." + m.Content[i].Value
		msg := key + " is not a key of this program"
		if near := Nearest(m.Content[i].Value, names); near != "" {
			msg += "; did you mean oneshot." + near + "?"
		}
		r.warn("unknown_key", msg)
	}
}

// providerName trims a name; "auto" in any case means absent.
func providerName(s string) string {
	if s = strings.TrimSpace(s); strings.EqualFold(s, "auto") {
		return ""
	}
	return s
}
