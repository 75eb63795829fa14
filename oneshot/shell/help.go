package shell

import (
	"strings"
	"unicode/utf8"
)

// Help is the help of the command at path: usage, description, arguments, flags by group, and its own commands. Lines are at most width
// columns long, except for examples and for single words that are longer.
func Help(root Command, path []string, width int) string {
	if len(path) == 0 {
		return short(root, width)
	}
	c, name := root, root.Name
	for _, word := range path {
		c, name = c.below(word), name+" "+word
	}
	h := helpPage{width: width}
	h.text("Usage: " + strings.Join(c.uses(name), "\n       ") + "\n\n" + c.Help + "\n")
	if c.Detail != "" {
		h.text("\n" + c.Detail + "\n")
	}
	h.arguments(c)
	h.flags(c)
	h.commands(c, path)
	return h.String()
}

func (c Command) below(name string) Command {
	for _, sub := range c.Commands {
		if sub.Name == name {
			return sub
		}
	}
	return Command{Name: name}
}

// Path is the path of the command that the words name; other words are skipped.
func (c Command) Path(words []string) []string {
	var path []string
	for _, w := range words {
		if c.Has(w) {
			c, path = c.below(w), append(path, w)
		}
	}
	return path
}

// uses are the usage lines: with the arguments of the command, or of its default command, and with a command.
func (c Command) uses(name string) []string {
	if len(c.Commands) == 0 {
		for _, a := range c.Args {
			name += " " + a.spelled()
		}
		return []string{name + " [flags]"}
	}
	var all []string
	if def, ok := c.fallback(); ok {
		all = def.uses(name)
	}
	return append(all, name+" <command> [flags]")
}

func (a Arg) spelled() string {
	s := "<" + a.Name + ">"
	if a.Many {
		s += " ..."
	}
	if a.Optional {
		s = "[" + s + "]"
	}
	return s
}

func (f Flag) spelled() string {
	s := "    --"
	if f.Short != "" {
		s = "-" + f.Short + ", --"
	}
	if f.Negatable {
		s += "[no-]"
	}
	s += f.Long
	switch {
	case f.Placeholder != "":
		s += "=" + f.Placeholder
	case f.Joined != "":
		s += "[=" + f.Joined + "]"
	}
	return s
}

// helpPage collects the text.
type helpPage struct {
	strings.Builder
	width int
}

func (h *helpPage) text(s string) { h.WriteString(s) }

func (h *helpPage) arguments(c Command) {
	var rows [][2]string
	for _, a := range c.Args {
		rows = append(rows, [2]string{a.spelled(), a.Help})
	}
	h.table("Arguments", rows, columnOf(rows))
}

// flags writes the flags, those without a group first. The help texts of all groups begin in the same column.
func (h *helpPage) flags(c Command) {
	groups := []string{"Flags"}
	rows := map[string][][2]string{"Flags": {{"-h, --help", "Show the help of a command."}}}
	var all [][2]string
	for _, f := range c.Flags {
		name := f.Group
		if name == "" {
			name = "Flags"
		}
		if rows[name] == nil {
			groups = append(groups, name)
		}
		row := [2]string{f.spelled(), f.Help}
		rows[name], all = append(rows[name], row), append(all, row)
	}
	column := columnOf(append(all, rows["Flags"]...))
	for _, name := range groups {
		h.table(name, rows[name], column)
	}
}

func (h *helpPage) commands(c Command, path []string) {
	if len(c.Commands) == 0 {
		return
	}
	rows := leaves(c, strings.Join(path, " "))
	h.table("Commands", rows, columnOf(rows))
	h.text("\nMore on one of them: hermes help COMMAND\n")
}

// leaves are the commands that have no commands of their own, with their full names.
func leaves(c Command, before string) [][2]string {
	var rows [][2]string
	for _, sub := range c.Commands {
		name := strings.TrimSpace(before + " " + sub.Name)
		if len(sub.Commands) > 0 {
			rows = append(rows, leaves(sub, name)...)
			continue
		}
		rows = append(rows, [2]string{name, sub.Help})
	}
	return rows
}

// columnOf is the column in which the help texts begin.
func columnOf(rows [][2]string) int {
	widest := 0
	for _, r := range rows {
		widest = max(widest, utf8.RuneCountInString(r[0]))
	}
	return min(widest, 26) + 4
}

// Rows are lines of a name and its text, in lines of at most width columns.
func Rows(rows [][2]string, width int) string {
	h := helpPage{width: width}
	h.table("", rows, columnOf(rows))
	return strings.TrimPrefix(h.String(), "\n")
}

// table writes rows of a name and its text, which is wrapped in its own column.
func (h *helpPage) table(title string, rows [][2]string, column int) {
	if len(rows) == 0 {
		return
	}
	h.text("\n")
	if title != "" {
		h.text(title + ":\n")
	}
	if column > 8 && column > h.width/2 { // a narrow terminal
		column = 8
	}
	for _, r := range rows {
		h.text("  " + r[0])
		at := 2 + utf8.RuneCountInString(r[0])
		if at+2 > column {
			h.text("\n")
			at = 0
		}
		h.text(strings.Repeat(" ", column-at))
		at = column
		for i, word := range strings.Fields(r[1]) {
			if n := utf8.RuneCountInString(word); i > 0 && at+1+n > h.width {
				h.text("\n" + strings.Repeat(" ", column) + word)
				at = column + n
			} else {
				h.text(strings.Repeat(" ", min(i, 1)) + word)
				at += min(i, 1) + n
			}
		}
		h.text("\n")
	}
}
