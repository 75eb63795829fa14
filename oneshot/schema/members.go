package schema

import (
	"errors"
	"maps"
	"regexp"
	"slices"
)

// memberKeywords look into objects and arrays.
func memberKeywords(both draft) []keyword {
	return []keyword{
		{"required", both, required},
		{"properties", both, named},
		{"patternProperties", both, patterned},
		{"additionalProperties", both, additional},
		{"prefixItems", draft2020, prefix},
		{"items", both, itemwise},
		{"additionalItems", draft07, additionalItems},
		{"contains", both, contains},
		{"propertyNames", both, propertyNames},
		{"dependentRequired", draft2020, dependencies("dependentRequired")},
		{"dependentSchemas", draft2020, dependencies("dependentSchemas")},
		{"dependencies", both, dependencies("dependencies")},
		{"$defs", both, definitions("$defs")},
		{"definitions", both, definitions("definitions")},
	}
}

// objectRules are the keywords for the properties of an object. They work together, so that all that is wrong with an
// object is told at once.
type objectRules struct {
	required []string
	named    map[string]*node
	patterns map[*regexp.Regexp]*node
	rest     *node
}

// rules are those of a schema; their check is added with the first of the keywords.
func (n *node) rules() *objectRules {
	if n.object == nil {
		n.object = &objectRules{patterns: map[*regexp.Regexp]*node{}}
		n.checks = append(n.checks, n.object.hold)
	}
	return n.object
}

func required(_ *compiler, n *node, arg any, _ map[string]any) (_ check, err error) {
	n.rules().required, err = texts(arg)
	return nil, err
}

func named(c *compiler, n *node, arg any, _ map[string]any) (_ check, err error) {
	n.rules().named, err = c.group(n, arg, "properties")
	return nil, err
}

func patterned(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	group, err := c.group(n, arg, "patternProperties")
	for text, child := range group {
		re, bad := regexp.Compile(text)
		if err = errors.Join(err, bad); bad == nil {
			n.rules().patterns[re] = child
		}
	}
	return nil, err
}

func additional(c *compiler, n *node, arg any, _ map[string]any) (_ check, err error) {
	n.rules().rest, err = c.below(n, arg, "additionalProperties")
	return nil, err
}

func (o *objectRules) hold(r *run, v any, at *place, got *seen) {
	fields, ok := v.(map[string]any)
	if !ok || !r.spend(len(fields)+len(o.required)) {
		return
	}
	for _, name := range o.required {
		if _, there := fields[name]; !there {
			r.fail(at, "required property %q is missing", name)
		}
	}
	var unexpected []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		child, known := o.named[name]
		if known {
			r.eval(child, fields[name], at.in(name), nil)
		}
		for re, child := range o.patterns {
			if r.matched(re, name) {
				known = true
				r.eval(child, fields[name], at.in(name), nil)
			}
		}
		if !known && o.rest != nil {
			known = true
			if o.rest.never {
				unexpected = append(unexpected, name)
			} else {
				r.eval(o.rest, fields[name], at.in(name), nil)
			}
		}
		if known {
			got.name(name)
		}
	}
	if unexpected != nil {
		r.fail(at, "unexpected additional properties %q", unexpected[:min(len(unexpected), maxListed)])
	}
}

// arrayRules are the keywords for the items of an array: the first by place, then the rest.
type arrayRules struct {
	first []*node
	rest  *node
}

func (n *node) itemRules() *arrayRules {
	if n.array == nil {
		n.array = &arrayRules{}
		n.checks = append(n.checks, n.array.hold)
	}
	return n.array
}

func prefix(c *compiler, n *node, arg any, _ map[string]any) (_ check, err error) {
	n.itemRules().first, err = c.list(n, arg, "prefixItems")
	return nil, err
}

func itemwise(c *compiler, n *node, arg any, _ map[string]any) (_ check, err error) {
	if _, list := arg.([]any); !list {
		n.itemRules().rest, err = c.below(n, arg, "items")
		return nil, err
	}
	if c.draft != draft07 {
		return nil, errors.New("a list of schemas is prefixItems in draft 2020-12; or name draft-07 in $schema")
	}
	n.itemRules().first, err = c.list(n, arg, "items")
	return nil, err
}

func additionalItems(c *compiler, n *node, arg any, fields map[string]any) (check, error) {
	rest, err := c.below(n, arg, "additionalItems")
	if _, list := fields["items"].([]any); list {
		n.itemRules().rest = rest
	}
	return nil, err
}

func (a *arrayRules) hold(r *run, v any, at *place, got *seen) {
	list, _ := v.([]any)
	for i, item := range list {
		child := a.rest
		if i < len(a.first) {
			child = a.first[i]
		}
		if child == nil || r.over {
			return
		}
		r.eval(child, item, at.at(i), nil)
		got.item(i)
	}
}

func contains(c *compiler, n *node, arg any, fields map[string]any) (check, error) {
	child, err := c.below(n, arg, "contains")
	if err != nil {
		return nil, err
	}
	least, most := 1, -1
	for name, to := range map[string]*int{"minContains": &least, "maxContains": &most} {
		bound, there := fields[name]
		if !there || c.draft == draft07 {
			continue
		}
		if *to, there = size(bound); !there {
			return nil, errors.New(name + " is a whole number, not below zero")
		}
	}
	return func(r *run, v any, at *place, got *seen) {
		list, ok := v.([]any)
		n := 0
		for i, item := range list {
			if r.try(child, item, at.at(i), nil) == nil {
				n++
				if c.draft != draft07 {
					got.item(i)
				}
			}
		}
		if ok && (n < least || most >= 0 && n > most) {
			r.fail(at, "contains: %s has %d items that fit %s", show(v), n, child.path)
		}
	}, nil
}

func propertyNames(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
	child, err := c.below(n, arg, "propertyNames")
	return func(r *run, v any, at *place, _ *seen) {
		fields, _ := v.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if wrong := r.try(child, name, at, nil); wrong != nil {
				r.fail(at, "propertyNames: %s", wrong[0].msg)
			}
		}
	}, err
}

// dependencies are properties that ask for others, or for a schema.
func dependencies(keyword string) maker {
	return func(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
		rules, ok := arg.(map[string]any)
		if !ok {
			return nil, errors.New("it is an object")
		}
		names, schemas := map[string][]string{}, map[string]*node{}
		for name, rule := range rules {
			var err error
			if _, list := rule.([]any); list && keyword != "dependentSchemas" {
				names[name], err = texts(rule)
			} else if keyword == "dependentRequired" {
				err = errors.New("it holds lists of names")
			} else if schemas[name], err = c.below(n, rule, keyword+"/"+escape(name)); err == nil {
				n.inPlace = append(n.inPlace, schemas[name])
			}
			if err != nil {
				return nil, err
			}
		}
		return func(r *run, v any, at *place, got *seen) {
			fields, _ := v.(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(fields)) {
				for _, other := range names[name] {
					if _, there := fields[other]; !there {
						r.fail(at, "%s: property %q asks for %q, which is missing", keyword, name, other)
					}
				}
				if child := schemas[name]; child != nil {
					r.eval(child, v, at, got)
				}
			}
		}, nil
	}
}

func definitions(name string) maker {
	return func(c *compiler, n *node, arg any, _ map[string]any) (check, error) {
		_, err := c.group(n, arg, name)
		return nil, err
	}
}
