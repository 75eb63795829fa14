package authfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// expect notes a change for verify. An older one at the path, or below or above
// it, no longer holds.
func (d *document) expect(value any, path []string) {
	d.unexpect(path)
	d.want = append(d.want, expectation{slices.Clone(path), value})
}

func (d *document) unexpect(path []string) {
	d.want = slices.DeleteFunc(d.want, func(e expectation) bool {
		n := min(len(e.path), len(path))
		return slices.Equal(e.path[:n], path[:n])
	})
}

// verify reads the finished document with two parsers, of which one takes the
// first and the other the last of equal keys, and compares what each finds
// with what was to be written.
func (d *document) verify() error {
	if err := wellFormed(d.path, d.data); err != nil {
		return fmt.Errorf("internal: an edit broke the document: %w", err)
	}
	var whole any
	if err := decode(d.data, &whole); err != nil {
		return fmt.Errorf("internal: an edit broke the document: %w", err)
	}
	for _, e := range d.want {
		for name, got := range map[string]any{"last": lastOf(whole, e.path), "first": d.firstOf(e.path)} {
			want, err := plain(e.value)
			if err != nil {
				return err
			}
			if !reflect.DeepEqual(got, want) {
				return errorf(classConfig, d.path, nil, "%s: %s is not what was written (%s reading); it was left as it is",
					d.path, strings.Join(e.path, "."), name)
			}
		}
	}
	return nil
}

func decode(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode(into)
}

// plain is a value as encoding/json decodes it.
func plain(value any) (any, error) {
	if value == (gone{}) {
		return gone{}, nil
	}
	raw, err := hermesStyle().encode(value, 0)
	if err != nil {
		return nil, err
	}
	var v any
	err = decode(raw, &v)
	return v, err
}

func lastOf(value any, path []string) any {
	for _, key := range path {
		switch v := value.(type) {
		case map[string]any:
			child, ok := v[key]
			if !ok {
				return gone{}
			}
			value = child
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				return gone{}
			}
			value = v[i]
		default:
			return gone{}
		}
	}
	return value
}

func (d *document) firstOf(path []string) any {
	n := d.root()
	for _, key := range path {
		if !d.container(n) {
			return gone{}
		}
		all := d.members(n)
		i := slices.IndexFunc(all, func(m member) bool { return m.key == key })
		if i < 0 {
			return gone{}
		}
		n = all[i].value
	}
	raw := gjson.ParseBytes(d.data[n.from:n.to]).Raw
	var v any
	if decode([]byte(raw), &v) != nil {
		return gone{}
	}
	return v
}
