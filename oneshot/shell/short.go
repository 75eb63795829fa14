package shell

import (
	"strings"
	"unicode/utf8"
)

// short is the help of the program on one screen: the flags that are marked for it, the examples of the default command, and the
// commands by group. It fits 24 lines of 80 columns.
func short(root Command, width int) string {
	h := helpPage{width: width}
	def, _ := root.fallback()
	h.wrap("Usage: ", root.Name+" [FLAGS] [PROMPT ...]", "or", root.Name+" COMMAND [FLAGS]")
	h.text(root.Help + "\n")
	if def.Detail != "" {
		h.text("\n" + def.Detail + "\n")
	}
	var rows [][2]string
	for _, f := range def.Flags {
		if f.Top {
			text, _, _ := strings.Cut(f.Help, "; ")
			text, _, _ = strings.Cut(text, " (")
			rows = append(rows, [2]string{f.spelled(), strings.TrimSuffix(text, ".")})
		}
	}
	if len(rows) > 0 {
		h.table("", rows, columnOf(rows))
	}
	h.text("\n")
	h.groups(root.Commands)
	h.wrap("More: ", root.Name+" run --help (all flags),", root.Name+" help COMMAND,", root.Name+" explain CODE")
	return h.String()
}

// groups writes the names of the commands, a line each group, those without a group last.
func (h *helpPage) groups(all []Command) {
	var names []string
	members := map[string][]string{}
	for _, c := range all {
		if members[c.Group] == nil && c.Group != "" {
			names = append(names, c.Group)
		}
		members[c.Group] = append(members[c.Group], c.Name)
	}
	if len(members[""]) > 0 {
		names = append(names, "")
	}
	widest := 0
	for _, name := range names {
		widest = max(widest, len(name))
	}
	for _, name := range names {
		h.wrap(name+strings.Repeat(" ", widest-len(name)+2), members[name]...)
	}
}

// wrap writes words behind a name, in lines that are indented as far as it is long.
func (h *helpPage) wrap(name string, words ...string) {
	indent := utf8.RuneCountInString(name)
	h.text(name)
	at := indent
	for i, w := range words {
		n := utf8.RuneCountInString(w)
		switch {
		case i == 0:
		case at+1+n > h.width:
			h.text("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			h.text(" ")
			at++
		}
		h.text(w)
		at += n
	}
	h.text("\n")
}
