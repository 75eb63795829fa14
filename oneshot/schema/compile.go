package schema

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// node is a compiled schema.
type node struct {
	path    string // JSON Pointer in the document
	never   bool   // the schema false
	res     *resource
	checks  []check
	inPlace []*node // the schemas that it holds against the same value
	object  *objectRules
	array   *arrayRules
	cost    int // 0 is not known, -1 being counted
}

// check is a keyword at work.
type check func(r *run, v any, at *place, got *seen)

// resource is a part of the document with an $id of its own, or the whole.
type resource struct {
	uri     *url.URL
	raw     any
	path    string
	dynamic map[string]*node // by $dynamicAnchor
}

type compiler struct {
	draft     draft
	raw       any
	keywords  []keyword
	nodes     map[string]*node // by path
	resources map[string]*resource
	anchors   map[string]*node // by URI#name
	dynamic   map[string][]*node
	links     []link
	tracks    bool // there is a keyword unevaluated…
}

// link is a reference that waits until all schemas are known.
type link struct {
	from *node
	ref  string
	to   *target
}

// target is where a reference leads; a dynamic one to whichever schema has the name, depending on the way.
type target struct {
	node    *node
	dynamic bool
	name    string
}

// maxPath is the length of the path of a schema within the document.
const maxPath = 8 << 10

// fault is what is wrong with a schema, and where.
type fault struct{ path, msg string }

func (f *fault) Error() string { return strings.TrimPrefix(f.path+": "+f.msg, ": ") }

// located says where an error is, unless it says so itself.
func located(err error, path string) error {
	if inner, ok := errors.AsType[*fault](err); ok {
		return inner
	}
	if inner, ok := errors.AsType[*BoundError](err); ok {
		return inner
	}
	return &fault{path, err.Error()}
}

func newCompiler(d draft, raw any) *compiler {
	return &compiler{
		draft: d, raw: raw, keywords: keywords(), nodes: map[string]*node{}, anchors: map[string]*node{}, dynamic: map[string][]*node{},
		resources: map[string]*resource{"": {uri: &url.URL{}, raw: raw, dynamic: map[string]*node{}}},
	}
}

// compile makes the schema at a path; each is made once.
func (c *compiler) compile(raw any, path string, res *resource) (*node, error) {
	if n := c.nodes[path]; n != nil {
		return n, nil
	}
	if len(path) > maxPath {
		return nil, &BoundError{brief(path), "the schema nests too deep"}
	}
	n := &node{path: path, res: res}
	c.nodes[path] = n
	fields, ok := raw.(map[string]any)
	if !ok {
		is, ok := raw.(bool)
		if !ok {
			return nil, &fault{path, fmt.Sprintf("%s is no schema: that is an object, true or false", show(raw))}
		}
		n.never = !is
		return n, nil
	}
	if _, ref := fields["$ref"]; c.draft == draft07 && ref { // its siblings mean nothing
		fields = map[string]any{"$ref": fields["$ref"], "definitions": fields["definitions"]}
		if fields["definitions"] == nil {
			delete(fields, "definitions")
		}
	}
	if err := c.identify(n, raw, fields); err != nil {
		return nil, err
	}
	for _, k := range c.keywords {
		arg, there := fields[k.name]
		if !there || k.drafts&c.draft == 0 {
			continue
		}
		done, err := k.make(c, n, arg, fields)
		if err != nil {
			return nil, located(err, n.path+"/"+k.name)
		}
		if done != nil {
			n.checks = append(n.checks, done)
		}
	}
	return n, nil
}

// identify notes what others may call the schema: $id, anchors.
func (c *compiler) identify(n *node, raw any, fields map[string]any) error {
	if id, _ := fields["$id"].(string); id != "" {
		uri, err := n.res.uri.Parse(id)
		if err != nil {
			return &fault{n.path + "/$id", err.Error()}
		}
		name := uri.Fragment
		uri.Fragment, uri.RawFragment = "", ""
		if name != "" && c.draft != draft07 {
			return &fault{n.path + "/$id", "a fragment is not allowed"}
		}
		if !strings.HasPrefix(id, "#") {
			n.res = &resource{uri: uri, raw: raw, path: n.path, dynamic: map[string]*node{}}
			c.resources[uri.String()] = n.res
		}
		if name != "" {
			c.anchors[n.res.uri.String()+"#"+name] = n
		}
	}
	if c.draft == draft07 {
		return nil
	}
	for _, key := range []string{"$anchor", "$dynamicAnchor"} {
		name, _ := fields[key].(string)
		if name == "" {
			continue
		}
		if c.anchors[n.res.uri.String()+"#"+name] != nil {
			return &fault{n.path + "/" + key, "there are two of that name"}
		}
		c.anchors[n.res.uri.String()+"#"+name] = n
		if key == "$dynamicAnchor" {
			n.res.dynamic[name] = n
			c.dynamic[name] = append(c.dynamic[name], n)
		}
	}
	return nil
}

// below compiles a schema that stands at a path within another.
func (c *compiler) below(n *node, raw any, path string) (*node, error) {
	return c.compile(raw, n.path+"/"+path, n.res)
}

// list compiles the schemas of a keyword that has a list of them.
func (c *compiler) list(n *node, arg any, name string) ([]*node, error) {
	raws, ok := arg.([]any)
	if !ok {
		return nil, fmt.Errorf("%s is no list of schemas", show(arg))
	}
	var all []*node
	for i, raw := range raws {
		child, err := c.below(n, raw, name+"/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		all = append(all, child)
	}
	return all, nil
}

// group compiles the schemas of a keyword that has them by name.
func (c *compiler) group(n *node, arg any, name string) (map[string]*node, error) {
	raws, ok := arg.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is no object of schemas", show(arg))
	}
	all := map[string]*node{}
	for _, key := range slices.Sorted(maps.Keys(raws)) {
		child, err := c.below(n, raws[key], name+"/"+escape(key))
		if err != nil {
			return nil, err
		}
		all[key] = child
	}
	return all, nil
}

// link finds what references lead to. A place that no keyword led to becomes a schema by it, and can bring more references.
func (c *compiler) link() error {
	for i := 0; i < len(c.links); i++ {
		l := c.links[i]
		to, err := c.find(l.ref, l.from.res)
		if err != nil {
			return located(fmt.Errorf("reference %q: %w", l.ref, err), l.from.path)
		}
		l.to.node = to
		_, l.to.name, _ = strings.Cut(l.ref, "#")
		if l.to.dynamic = l.to.dynamic && to.res.dynamic[l.to.name] == to; l.to.dynamic {
			l.from.inPlace = append(l.from.inPlace, c.dynamic[l.to.name]...)
		} else {
			l.from.inPlace = append(l.from.inPlace, to)
		}
	}
	return nil
}

func (c *compiler) find(ref string, from *resource) (*node, error) {
	uri, err := from.uri.Parse(ref)
	if err != nil {
		return nil, err
	}
	fragment := uri.Fragment
	uri.Fragment, uri.RawFragment = "", ""
	res := c.resources[uri.String()]
	if res == nil {
		return nil, errors.New("it leads out of the file, which is not followed")
	}
	if fragment != "" && fragment[0] != '/' {
		if n := c.anchors[uri.String()+"#"+fragment]; n != nil {
			return n, nil
		}
		return nil, errors.New("there is no such anchor")
	}
	raw, path := res.raw, res.path+fragment
	for name := range strings.SplitSeq(strings.TrimPrefix(fragment, "/"), "/") {
		if fragment == "" {
			break
		}
		switch in := raw.(type) {
		case map[string]any:
			raw = in[unescape(name)]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil, errors.New("there is nothing")
			}
			raw = in[i]
		default:
			raw = nil
		}
	}
	if raw == nil {
		return nil, errors.New("there is nothing")
	}
	return c.compile(raw, path, res)
}

// bound refuses a schema whose work on one value has no end, or no reasonable one.
func (c *compiler) bound() error {
	for _, path := range slices.Sorted(maps.Keys(c.nodes)) {
		if _, err := c.count(c.nodes[path]); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) count(n *node) (int, error) {
	if n.cost > 0 {
		return n.cost, nil
	}
	if n.cost < 0 {
		return 0, &BoundError{n.path, "the schema refers to itself without going into the value, so it has no end"}
	}
	n.cost = -1
	cost := 1
	for _, child := range n.inPlace {
		more, err := c.count(child)
		if err != nil {
			return 0, err
		}
		if cost += more; cost > MaxSteps {
			return 0, &BoundError{n.path, fmt.Sprintf("the alternatives multiply to more than %d steps for one value", MaxSteps)}
		}
	}
	n.cost = cost
	return cost, nil
}
