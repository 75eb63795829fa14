package config

import "gopkg.in/yaml.v3"

// Promote moves the root-level provider, base_url and context_length of older versions to the model section, and drops
// those that the section overrides. Errors are those of Set; after an error the file is as it was.
func Promote(path string) error {
	return editFile(path, true, func(src []byte) ([]byte, error) {
		out := src
		for _, name := range []string{"provider", "base_url", "context_length"} {
			next, err := promote(path, out, name)
			if err != nil {
				return nil, err
			}
			out = next
		}
		return out, nil
	})
}

func promote(path string, src []byte, name string) ([]byte, error) {
	d, err := parse(path, src)
	if err != nil || d.root == nil {
		return src, err
	}
	own := ownChild(d.root, name)
	if own == nil {
		return src, nil
	}
	old := target(own)
	if old != nil && old.Kind != yaml.ScalarNode {
		return nil, &Error{Path: path, Line: old.Line, Key: name, Msg: "is " + kindName(old) + ", which cannot be moved; edit the file by hand", class: "usage"}
	}
	p, err := d.planUnset([]string{name})
	if err != nil {
		return nil, &Error{Path: path, Key: name, Msg: err.Error(), class: "usage"}
	}
	out, err := d.finish(p, name, false)
	if err != nil {
		return nil, err
	}
	silent, err := d.silentOn(name)
	if err != nil || !silent || empty(old) {
		return out, err
	}
	_, moved, err := setValue(path, out, []string{"model", name}, old.Value, SetOptions{})
	if moved == nil {
		moved = out
	}
	return moved, err
}

// silentOn reports whether a run takes the root-level key, since the model section says nothing under any spelling.
func (d *document) silentOn(name string) (bool, error) {
	r, m := &reader{path: d.path}, Model{}
	if r.modelOnly(d.root, &m); len(r.errs) > 0 {
		return false, r.errs[0]
	}
	return map[string]bool{"provider": m.Provider == "", "base_url": m.BaseURL == "", "context_length": m.ContextLength == 0}[name], nil
}
