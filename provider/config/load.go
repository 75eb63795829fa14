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
func Load(path string, flags ...Key) (*Config, error) { return LoadWith(path, os.LookupEnv, flags...) }

// LoadWith is Load with another source for ${VAR}; an unknown variable stays as it is written, as in Hermes Agent.
// Only values of known keys are expanded. flags are the keys of the section oneshot; without them it is not read.
func LoadWith(path string, lookup func(string) (string, bool), flags ...Key) (*Config, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(path, src)
	if err != nil {
		return nil, err
	}
	c, errs := settings(path, f.Root, lookup, flags)
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
func settings(path string, root *yamledit.Node, lookup func(string) (string, bool), flags []Key) (*Config, []*Error) {
	r := &reader{path: path, lookup: lookup}
	c := &Config{Path: path}
	if root == nil {
		return c, nil
	}
	r.model(root, &c.Model)
	c.Providers = r.providers(root)
	c.Fallbacks = r.fallbacks(root)
	c.Aliases = r.aliases(root)
	aux := r.section(root, "auxiliary", "auxiliary")
	r.auxiliary(aux, "vision", &c.Auxiliary.Vision)
	r.auxiliary(aux, "delegation", &c.Auxiliary.Delegation)
	if one := r.section(root, "oneshot", "oneshot"); one != nil && len(flags) > 0 {
		c.Oneshot = r.flags(one, flags)
		c.Commands = r.commands(one)
	}
	c.Prices = r.prices(root)
	c.ModelsDev = r.modelsDev(root)
	c.MCPServers = r.mcpServers(root, "mcp_servers")
	c.Warnings = r.warnings
	return c, r.errs
}

// flags reads the section oneshot, and warns of keys that no flag has: the section is ours alone, so they are typing errors.
func (r *reader) flags(section *yamledit.Node, flags []Key) map[string]any {
	values := make(map[string]any)
	var names []string
	for _, k := range flags {
		name := strings.TrimPrefix(k.Path, "oneshot.")
		names = append(names, name)
		if n := yamledit.Child(section, name); !yamledit.Empty(n) {
			if v, ok := r.value(n, k); ok {
				values[name] = v
			}
		}
	}
	for i := 0; i+1 < len(section.Content); i += 2 {
		name := section.Content[i]
		if name.Tag == "!!merge" || name.Value == "tools" || slices.Contains(names, name.Value) {
			continue
		}
		msg := "oneshot." + name.Value + " is not a key of this program"
		if near := Nearest(name.Value, names); near != "" {
			msg += "; did you mean oneshot." + near + "?"
		}
		r.warn("unknown_key", msg)
	}
	return values
}

// providerName trims a name; "auto" in any case means absent.
func providerName(s string) string {
	if s = strings.TrimSpace(s); strings.EqualFold(s, "auto") {
		return ""
	}
	return s
}
