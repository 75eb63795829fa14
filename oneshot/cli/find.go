package cli

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"hermes/oneshot/shell"
	"hermes/provider/config"
)

// untangle refuses or rewrites words that would be sent as a prompt and are probably not meant as one.
func untangle(words []string) ([]string, error) {
	if !shell.Suspicious(words, root().names()) {
		return words, nil
	}
	words, refusal := shell.Untangle(words, describe(nil))
	if refusal != "" {
		return nil, errors.New(refusal)
	}
	return words, nil
}

// find is the command that the words name, and the words without its name. A -- does not hide the name of a command. Words that
// name no command belong to the standard one; its flags may stand before its own name, but not before that of another.
func (c command) find(words []string) (command, []string, error) {
	if c.new != nil {
		return c, words, nil
	}
	if first := slices.IndexFunc(words, func(w string) bool { return w != "--" }); first == 0 || first == 1 {
		if sub, ok := c.named(words[first]); ok {
			return sub.find(words[first+1:])
		}
	}
	for _, sub := range c.below {
		if sub.standard {
			words, err := c.standing(sub, words)
			return sub, words, err
		}
	}
	switch {
	case len(words) == 0:
		return c, nil, errors.New("hermes " + c.name + " what? It is one of " + strings.Join(c.names(), ", "))
	case len(words[0]) > 1 && words[0][0] == '-':
		return c, nil, errors.New("unknown flag " + words[0])
	}
	msg := "unexpected argument " + words[0]
	if near := config.Nearest(words[0], c.names()); near != "" {
		msg += fmt.Sprintf(", did you mean %q?", near)
	}
	return c, nil, errors.New(msg)
}

// standing are the words of the standard command without its name. The name of another behind a flag is refused: the flag
// would be lost.
func (c command) standing(standard command, words []string) ([]string, error) {
	if !slices.ContainsFunc(words, func(w string) bool { _, ok := c.named(w); return ok }) { // as most lines
		return words, nil
	}
	flags, _ := shell.Describe(reflect.TypeOf(standard.new()).Elem(), nil)
	at := shell.Operand(words, flags)
	if at < 0 {
		return words, nil
	}
	if words[at] == standard.name {
		return slices.Delete(slices.Clone(words), at, at+1), nil
	}
	if sub, ok := c.named(words[at]); ok {
		return nil, fmt.Errorf("flag %s applies to the default command %q, not %q", words[0], standard.name, sub.name)
	}
	return words, nil
}
