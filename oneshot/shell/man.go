package shell

import (
	"fmt"
	"strings"
)

// Page holds what the manual page needs besides the grammar.
type Page struct {
	Version, Date string
	Exits         []Code
	Files         [][2]string // name and what it is for
}

// Man is the manual page of the program, hermes(1), in the man macros of troff.
func Man(root Command, p Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 %s %s\n.SH NAME\n%s \\- %s\n", strings.ToUpper(troff(root.Name)), quoted(p.Date), quoted("hermes "+p.Version), troff(root.Name), troff(strings.ToLower(root.Help[:1])+root.Help[1:]))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n[\\fIFLAGS\\fR] [\\fIPROMPT\\fR ...]\n.br\n.B %[1]s\n\\fICOMMAND\\fR [\\fIFLAGS\\fR]\n", troff(root.Name))
	b.WriteString(".SH COMMANDS\n")
	for _, c := range root.Commands {
		manCommand(&b, c, root.Name)
	}
	b.WriteString(".SH EXIT STATUS\n")
	var exits [][2]string
	for _, x := range p.Exits {
		exits = append(exits, [2]string{fmt.Sprint(x.Code), strings.Join(x.Means, ", ")})
	}
	manTable(&b, exits)
	b.WriteString(".SH FILES\n")
	manTable(&b, p.Files)
	return b.String()
}

func manCommand(b *strings.Builder, c Command, before string) {
	name := before + " " + c.Name
	var usage strings.Builder
	usage.WriteString(name)
	for _, a := range c.Args {
		word := strings.ToUpper(a.Name)
		if a.Optional {
			word = "[" + word + "]"
		}
		usage.WriteString(" " + word)
	}
	fmt.Fprintf(b, ".SS %s\n%s\n", quoted(usage.String()), troff(c.Help))
	for _, a := range c.Args {
		fmt.Fprintf(b, ".TP\n\\fI%s\\fR\n%s\n", troff(strings.ToUpper(a.Name)), troff(a.Help))
	}
	for _, f := range c.Flags {
		fmt.Fprintf(b, ".TP\n%s\n%s\n", manFlag(f), troff(f.Help))
	}
	for _, sub := range c.Commands {
		manCommand(b, sub, name)
	}
}

func manFlag(f Flag) string {
	var all string
	if f.Short != "" {
		all = `\fB\-` + f.Short + `\fR, `
	}
	long := f.Long
	if f.Negatable {
		long = "[no-]" + long
	}
	all += `\fB\-\-` + troff(long) + `\fR`
	switch {
	case f.Placeholder != "":
		all += ` \fI` + troff(f.Placeholder) + `\fR`
	case f.Joined != "":
		all += `[=\fI` + troff(f.Joined) + `\fR]`
	}
	return all
}

func manTable(b *strings.Builder, rows [][2]string) {
	for _, r := range rows {
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n%s\n", troff(r[0]), troff(r[1]))
	}
}

// troff escapes what the formatter would read as its own.
func troff(s string) string {
	var b strings.Builder
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		b.WriteString(`\&`)
	}
	for _, r := range s {
		switch r {
		case '\\':
			b.WriteString(`\e`)
		case '-':
			b.WriteString(`\-`)
		case '\n':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func quoted(s string) string { return `"` + strings.ReplaceAll(troff(s), `"`, `\(dq`) + `"` }
