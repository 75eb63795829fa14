package input

import (
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"hermes/oneshot/class"
)

// placeholder is compiled when there is a template.
var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}`)
})

// applyTemplate puts the prompt into the template: {{input}} is the prompt or, without one, stdin; {{name}} is a --var.
// A placeholder without a value, a value without a placeholder and a template without {{input}} beside a prompt are
// errors: nothing is dropped silently.
func (in Sources) applyTemplate(ctx context.Context, c *Content) error {
	raw, err := in.template(ctx)
	if err != nil {
		return err
	}
	tmpl := string(raw)
	out := collector{name: in.Template, hash: sha256.New()}
	used, pos := map[string]bool{}, 0
	for _, m := range placeholder().FindAllStringSubmatchIndex(tmpl, -1) {
		name := tmpl[m[2]:m[3]]
		parts, err := in.value(c, name)
		if err != nil {
			return err
		}
		used[name] = true
		for _, p := range append([][]byte{[]byte(tmpl[pos:m[0]])}, parts...) {
			if err := out.add(p); err != nil {
				return err
			}
		}
		pos = m[1]
	}
	if err := out.add([]byte(tmpl[pos:])); err != nil {
		return err
	}
	if err := in.unused(c, used); err != nil {
		return err
	}
	c.Prompt, err = out.done()
	if err == nil {
		c.note("template", in.Template, TextOf(raw), "text/plain")
	}
	return err
}

// template is its text, read and checked.
func (in Sources) template(ctx context.Context) ([]byte, error) {
	if in.TemplateText != nil {
		return in.TemplateText, CheckText("--template "+in.Template, in.TemplateText)
	}
	return in.Setting(ctx, "--template", in.Template)
}

// isPrompt reports a template whose text is at hand and is the prompt itself, since it has no {{input}}: stdin then is data beside it.
func (in Sources) isPrompt() bool {
	if in.TemplateText == nil {
		return false
	}
	for _, m := range placeholder().FindAllSubmatch(in.TemplateText, -1) {
		if string(m[1]) == "input" {
			return false
		}
	}
	return true
}

func (in Sources) value(c *Content, name string) ([][]byte, error) {
	if name == "input" {
		if c.Prompt == nil {
			return nil, &Error{ErrClass: class.NoInput, Msg: in.Template + ": {{input}} has nothing to stand for: no prompt and nothing on stdin"}
		}
		return c.Prompt.parts, nil
	}
	v, ok := in.Vars[name]
	if !ok {
		return nil, &Error{ErrClass: class.Usage, Msg: fmt.Sprintf("%s: {{%s}} has no value; pass --var %s=…", in.Template, name, name)}
	}
	return [][]byte{[]byte(v)}, CheckText("--var "+name, []byte(v))
}

func (in Sources) unused(c *Content, used map[string]bool) error {
	var names []string
	for name := range in.Vars {
		if !used[name] {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		return &Error{ErrClass: class.Usage, Msg: fmt.Sprintf("--var %s: %s has no such placeholder", strings.Join(names, ", "), in.Template)}
	}
	if c.Prompt != nil && !used["input"] {
		return &Error{ErrClass: class.Usage, Msg: in.Template + " has no {{input}} for the prompt to go to"}
	}
	return nil
}
