package config

import "gopkg.in/yaml.v3"

// Promote moves the root-level provider, base_url and context_length of older versions to the model section, and drops
// those that the section overrides. Errors are those of Set; after an error the file is as it was.
func Promote(path string) error {
	return editFile(path, func(src []byte) ([]byte, error) {
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
	old := ownChild(d.root, name)
	if old == nil {
		return src, nil
	}
	p, err := d.planUnset([]string{name})
	if err != nil {
		return nil, &Error{Path: path, Key: name, Msg: err.Error(), class: "usage"}
	}
	out, err := d.finish(p, name, false)
	if err != nil {
		return nil, err
	}
	section := child(d.root, "model")
	if old.Value == "" || section != nil && section.Kind == yaml.MappingNode && child(section, name) != nil {
		return out, nil
	}
	_, moved, err := setValue(path, out, []string{"model", name}, old.Value, SetOptions{})
	if moved == nil {
		moved = out
	}
	return moved, err
}
