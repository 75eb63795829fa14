package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// inPlaceKeywords hold other schemas against the same value. What no other looked at is left to the last two.
func inPlaceKeywords(both draft) []keyword {
	return []keyword{
		{"allOf", both, allOf},
		{"anyOf", both, anyOf},
		{"oneOf", both, oneOf},
		{"not", both, not},
		{"if", both, conditional},
		{"then", both, branch("then")},
		{"else", both, branch("else")},
		{"unevaluatedItems", draft2020, unevaluatedItems},
		{"unevaluatedProperties", draft2020, unevaluatedProperties},
	}
}

func (c *compiler) inPlace(n *node, arg any, name string) (*node, error) {
	child, err := c.below(n, arg, name)
	if err == nil {
		n.inPlace = append(n.inPlace, child)
	}
	return child, err
}

func (c *compiler) listInPlace(n *node, arg any, name string) ([]*node, error) {
	all, err := c.list(n, arg, name)
	n.inPlace = append(n.inPlace, all...)
	return all, err
}

func allOf(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	all, err := c.listInPlace(n, arg, "allOf")
	return func(r *run, v any, at *place, got *seen) {
		for _, child := range all {
			r.eval(child, v, at, got)
		}
	}, err
}

func anyOf(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	all, err := c.listInPlace(n, arg, "anyOf")
	return func(r *run, v any, at *place, got *seen) {
		var reasons []string
		fits := false
		for _, child := range all { // each, since those that fit add to what was looked at
			wrong := r.try(child, v, at, got)
			if fits = fits || wrong == nil; wrong != nil {
				reasons = append(reasons, wrong[0].msg)
			}
		}
		if !fits {
			r.fail(at, "anyOf: none of the %d schemas fits: %s", len(all), strings.Join(reasons, "; or "))
		}
	}, err
}

func oneOf(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	all, err := c.listInPlace(n, arg, "oneOf")
	return func(r *run, v any, at *place, got *seen) {
		var fit, reasons []string
		for i, child := range all {
			if wrong := r.try(child, v, at, got); wrong != nil {
				reasons = append(reasons, wrong[0].msg)
			} else {
				fit = append(fit, fmt.Sprint(i))
			}
		}
		if len(fit) == 0 {
			r.fail(at, "oneOf: none of the %d schemas fits: %s", len(all), strings.Join(reasons, "; or "))
		} else if len(fit) > 1 {
			r.fail(at, "oneOf: exactly one schema must fit, and %s do", strings.Join(fit, ", "))
		}
	}, err
}

func not(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	child, err := c.inPlace(n, arg, "not")
	return func(r *run, v any, at *place, _ *seen) {
		if r.try(child, v, at, nil) == nil {
			r.fail(at, "not: %s fits %s", show(v), child.path)
		}
	}, err
}

func conditional(c *compiler, n *node, arg any, fields map[string]any) (check, error) {
	condition, err := c.inPlace(n, arg, "if")
	if err != nil {
		return nil, err
	}
	branches := map[bool]*node{}
	for name, when := range map[string]bool{"then": true, "else": false} {
		if raw, there := fields[name]; there {
			if branches[when], err = c.inPlace(n, raw, name); err != nil {
				return nil, err
			}
		}
	}
	return func(r *run, v any, at *place, got *seen) {
		if next := branches[r.try(condition, v, at, got) == nil]; next != nil {
			r.eval(next, v, at, got)
		}
	}, nil
}

// branch compiles what if leads to, also where there is no if: a reference may lead there.
func branch(name string) maker {
	return func(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
		_, err := c.below(n, arg, name)
		return nil, err
	}
}

func unevaluatedItems(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	c.tracks = true
	child, err := c.below(n, arg, "unevaluatedItems")
	return func(r *run, v any, at *place, got *seen) {
		list, _ := v.([]any)
		for i, item := range list {
			if !got.items[i] {
				r.eval(child, item, at.at(i), nil)
				got.item(i)
			}
		}
	}, err
}

func unevaluatedProperties(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	c.tracks = true
	child, err := c.below(n, arg, "unevaluatedProperties")
	return func(r *run, v any, at *place, got *seen) {
		fields, _ := v.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !got.names[name] {
				r.eval(child, fields[name], at.in(name), nil)
				got.name(name)
			}
		}
	}, err
}
