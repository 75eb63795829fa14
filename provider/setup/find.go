package setup

import (
	"slices"
	"strings"
)

// searched reports an option that is not shown at first: there are too many to read.
func (o option) searched() bool {
	switch {
	case o.current, o.found, o.row.HasLogin(), o.row.Serve != "":
		return false
	case o.row.User:
		return o.row.NeedsAddress()
	}
	return o.row.NeedsNothing() || !o.usable
}

// show lists options by their numbers.
func (e *Env) show(all []option) {
	for i, o := range all {
		mark := ""
		if o.current {
			mark = ", current"
		}
		e.say("  %2d) %-20s %s%s", i+1, o.row.Name, o.state, mark)
	}
}

// found are the options that a word means: the one of that name, else all with the word in a name.
func (e *Env) found(all []option, word string) []option {
	if r, ok := e.Session.Rows().Lookup(word); ok {
		if i := slices.IndexFunc(all, func(o option) bool { return o.row.ID == r.ID }); i >= 0 {
			return all[i : i+1]
		}
	}
	word = strings.ToLower(word)
	return slices.DeleteFunc(slices.Clone(all), func(o option) bool {
		names := append([]string{o.row.ID, strings.ToLower(o.row.Name)}, o.row.Aliases...)
		return !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, word) })
	})
}
