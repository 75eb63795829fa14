package config

import (
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
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
	d, err := parse(path, src)
	if err != nil {
		return nil, err
	}
	c, errs := d.settings(lookup)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return c, nil
}

// settings reads the known keys of the tree. Errors of provider rows are in Row.Err, not in errs.
func (d *document) settings(lookup func(string) (string, bool)) (*Config, []*Error) {
	r := &reader{path: d.path, lookup: lookup}
	c := &Config{Path: d.path}
	if d.root == nil {
		return c, nil
	}
	r.model(d.root, &c.Model)
	c.Providers = r.providers(d.root)
	c.Fallbacks = r.fallbacks(d.root)
	aux := r.section(d.root, "auxiliary", "auxiliary")
	r.auxiliary(aux, "vision", &c.Auxiliary.Vision)
	r.auxiliary(aux, "delegation", &c.Auxiliary.Delegation)
	if one := r.section(d.root, "oneshot", "oneshot"); one != nil {
		fields := oneshotFields()
		readFields(r, one, "oneshot", fields, &c.Oneshot)
		r.strangers(one, fields)
	}
	c.Prices = r.prices(d.root)
	c.Warnings = r.warnings
	return c, r.errs
}

// strangers warns of keys under oneshot that nobody reads: the section is ours alone, so they are typing errors.
func (r *reader) strangers(m *yaml.Node, fields []field[Oneshot]) {
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
