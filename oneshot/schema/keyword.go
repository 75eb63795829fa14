package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// keyword is a row of the table: a name, the drafts that have it, and what makes a check of its argument. A keyword
// without a check only holds schemas.
type keyword struct {
	name   string
	drafts draft
	make   maker
}

type maker func(c *compiler, n *node, arg any, fields map[string]any) (check, error)

// keywords is the table, in the order in which a value is held against them: the first that fails is the one that is
// told, so what explains most stands first.
func keywords() []keyword {
	const both = draft07 | draft2020
	all := []keyword{
		{"type", both, typed},
		{"enum", both, enum},
		{"const", both, constant},
		{"$ref", both, reference(false)},
		{"$dynamicRef", draft2020, reference(true)},
		{"pattern", both, pattern},
		{"multipleOf", both, multiple},
		limit("minimum", "is less than", func(order int) bool { return order >= 0 }),
		limit("maximum", "is more than", func(order int) bool { return order <= 0 }),
		limit("exclusiveMinimum", "is not more than", func(order int) bool { return order > 0 }),
		limit("exclusiveMaximum", "is not less than", func(order int) bool { return order < 0 }),
		atLeast("minLength", characters), atMost("maxLength", characters),
		atLeast("minItems", items), atMost("maxItems", items),
		{"uniqueItems", both, unique},
		atLeast("minProperties", properties), atMost("maxProperties", properties),
	}
	return slices.Concat(all, memberKeywords(both), inPlaceKeywords(both))
}

func typed(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
	want, err := texts(arg)
	if name, ok := arg.(string); ok {
		want, err = []string{name}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range want {
		if !slices.Contains([]string{"null", "boolean", "object", "array", "number", "string", "integer"}, name) {
			return nil, fmt.Errorf("there is no type %q", name)
		}
	}
	return func(r *run, v any, at *place, _ *seen) {
		is := kind(v)
		if !slices.Contains(want, is) && (is != "integer" || !slices.Contains(want, "number")) {
			r.fail(at, "type: %s has type %q, want %q", show(v), is, strings.Join(want, ", "))
		}
	}, nil
}

func enum(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
	values, ok := arg.([]any)
	if !ok {
		return nil, errors.New("it is a list of values")
	}
	var shown []string
	want := map[string]bool{}
	for _, v := range values {
		want[new(run).canonical(v)] = true
		if len(shown) < maxListed {
			shown = append(shown, show(v))
		}
	}
	return func(r *run, v any, at *place, _ *seen) {
		if !want[r.canonical(v)] {
			r.fail(at, "enum: %s is none of %s", show(v), strings.Join(shown, ", "))
		}
	}, nil
}

func constant(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
	want := new(run).canonical(arg)
	return func(r *run, v any, at *place, _ *seen) {
		if r.canonical(v) != want {
			r.fail(at, "const: %s is not %s", show(v), show(arg))
		}
	}, nil
}

// reference is $ref, or $dynamicRef, which leads to the outermost schema of that name on the way here, if it names a
// $dynamicAnchor.
func reference(dynamic bool) maker {
	return func(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
		ref, ok := arg.(string)
		if !ok {
			return nil, errors.New("a reference is a string")
		}
		to := &target{dynamic: dynamic}
		c.links = append(c.links, link{n, ref, to})
		return func(r *run, v any, at *place, got *seen) {
			next := to.node
			for s := r.scope; s != nil && to.dynamic; s = s.up {
				if found := s.res.dynamic[to.name]; found != nil {
					next = found
				}
			}
			r.eval(next, v, at, got)
		}, nil
	}
}

func pattern(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
	text, _ := arg.(string)
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return func(r *run, v any, at *place, _ *seen) {
		if text, ok := v.(string); ok && !r.matched(re, text) {
			r.fail(at, "pattern: %s does not match %q", show(v), re)
		}
	}, nil
}

// matched says whether a text matches. Long texts take more steps.
func (r *run) matched(re *regexp.Regexp, text string) bool {
	return r.spend(1+len(text)/16) && re.MatchString(text)
}

func multiple(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
	text, ok := arg.(json.Number)
	unit := numberOf(text)
	if !ok || unit.sign() <= 0 {
		return nil, errors.New("it is a number above zero")
	}
	return func(r *run, v any, at *place, _ *seen) {
		if n, ok := v.(json.Number); ok && r.spend(len(n)) && !numberOf(n).multipleOf(unit) {
			r.fail(at, "multipleOf: %s is no multiple of %s", show(v), text)
		}
	}, nil
}

// limit is a keyword that compares numbers.
func limit(name, otherwise string, fits func(order int) bool) keyword {
	return keyword{name, draft07 | draft2020, func(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
		text, ok := arg.(json.Number)
		if !ok {
			return nil, errors.New("it is a number")
		}
		bound := numberOf(text)
		return func(r *run, v any, at *place, _ *seen) {
			if n, ok := v.(json.Number); ok && !fits(numberOf(n).compare(bound)) {
				r.fail(at, "%s: %s %s %s", name, show(v), otherwise, text)
			}
		}, nil
	}}
}

// A count is of what a value has of something; false where it is of another type.
type count func(v any) (n int, what string, ok bool)

func characters(v any) (int, string, bool) {
	text, ok := v.(string)
	return utf8.RuneCountInString(text), "characters", ok
}

func items(v any) (int, string, bool) {
	list, ok := v.([]any)
	return len(list), "items", ok
}

func properties(v any) (int, string, bool) {
	fields, ok := v.(map[string]any)
	return len(fields), "properties", ok
}

func atLeast(name string, of count) keyword {
	return sized(name, of, "fewer than", func(n, bound int) bool { return n >= bound })
}

func atMost(name string, of count) keyword {
	return sized(name, of, "more than", func(n, bound int) bool { return n <= bound })
}

func sized(name string, of count, otherwise string, fits func(n, bound int) bool) keyword {
	return keyword{name, draft07 | draft2020, func(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
		bound, ok := size(arg)
		if !ok {
			return nil, errors.New("it is a whole number, not below zero")
		}
		return func(r *run, v any, at *place, _ *seen) {
			if n, what, ok := of(v); ok && !fits(n, bound) {
				r.fail(at, "%s: %s has %d %s, %s %d", name, show(v), n, what, otherwise, bound)
			}
		}, nil
	}}
}

func unique(_ *compiler, _ *node, arg any, _ map[string]any) (check, error) {
	if on, ok := arg.(bool); !ok || !on {
		return nil, boolean(ok)
	}
	return func(r *run, v any, at *place, _ *seen) {
		list, _ := v.([]any)
		first := map[string]int{}
		for i, item := range list {
			key := r.canonical(item)
			if before, twice := first[key]; twice {
				r.fail(at, "uniqueItems: items %d and %d are equal", before, i)
				return
			}
			first[key] = i
		}
	}, nil
}

func boolean(ok bool) error {
	if !ok {
		return errors.New("it is true or false")
	}
	return nil
}

// texts is an argument that is a list of strings.
func texts(arg any) ([]string, error) {
	list, ok := arg.([]any)
	if !ok {
		return nil, fmt.Errorf("%s is no list of strings", show(arg))
	}
	var all []string
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("%s is no string", show(item))
		}
		all = append(all, text)
	}
	return all, nil
}
