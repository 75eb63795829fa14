package shell

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Suspicious reports whether any of the words could make Untangle change or refuse the line, without building the grammar. names are
// the names of the commands.
func Suspicious(words, names []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return w == "help" || w == "explain" || strings.HasPrefix(w, "-s") || isAgent(w) || nearName(w, names) != ""
	})
}

// Untangle checks a line that would be sent as a prompt and is perhaps not meant as one. It refuses a command of Hermes Agent, alone or
// with its own verbs, and a word that is one edit away from a command of ours; the refusal says how to send them as a prompt. For its
// chat, alone or with a question (chat -q), and for a sentence that begins with help or explain, it returns the words of run. Other lines come back
// unchanged.
func Untangle(words []string, root Command) (fixed []string, refusal string) {
	ops := operands(words, root)
	switch {
	case len(ops) == 0 || ops[0] == "run":
		return words, skillAsSystem(words)
	case ops[0] == "help":
		return root.untangleHelp(words, ops[1:])
	case ops[0] == "explain" && len(ops) > 2:
		return append([]string{"run"}, words...), ""
	case root.Has(ops[0]):
		return words, ""
	case ops[0] == "chat" && (len(ops) == 1 || asksOnce(words)):
		return asRun(words), ""
	}
	if refusal := root.misread(ops); refusal != "" {
		return words, refusal
	}
	return words, skillAsSystem(words)
}

// misread says which command the operands look like that this program does not have, "" for none.
func (c Command) misread(ops []string) string {
	line := strings.Join(ops, " ")
	for _, a := range agentCommands() {
		if a.name == ops[0] && a.takes(ops[1:]) {
			use := ""
			if a.here != "" {
				use = "; here it is " + a.here
			}
			return fmt.Sprintf("%q is a command of Hermes Agent, not of this program%s; %s", line, use, asPrompt(line))
		}
	}
	if near := nearName(ops[0], c.names()); near != "" && c.below(near).mayTake(ops[1:]) {
		return fmt.Sprintf("%q is no command; did you mean hermes %s? %s", ops[0], strings.Join(append([]string{near}, ops[1:]...), " "), asPrompt(line))
	}
	return ""
}

func asPrompt(line string) string {
	return fmt.Sprintf("to send it as a prompt use hermes run %s, or -z", line)
}

// AsCommand is an addition to the parser's error for a line that begins with a command of ours, not counting flags and --: it says that
// the line was read as that command, and how to send it as a prompt. It is "" for other lines.
func AsCommand(words []string, root Command) string {
	ops := operands(words, root)
	if len(ops) == 0 || !root.Has(ops[0]) || ops[0] == "run" {
		return ""
	}
	return fmt.Sprintf("; %q is a command: to send it as a prompt use hermes run %s … or -z", ops[0], ops[0])
}

// takes reports whether the words are one of the command's forms, or its beginning.
func (a agentCommand) takes(words []string) bool {
	if len(words) == 0 {
		return true
	}
	for form := range strings.SplitSeq(a.forms, ", ") {
		fields := strings.Fields(form)
		if len(fields) > 0 && fields[0] == words[0] && len(words) <= len(fields) {
			return true
		}
	}
	return false
}

// mayTake reports whether the words can follow the command: there are none, or they begin with a verb or value of it and are not too
// many.
func (c Command) mayTake(words []string) bool {
	if len(words) == 0 {
		return true
	}
	if c.Has(words[0]) {
		args := c.below(words[0]).Args
		return len(words)-1 <= len(args) || len(args) > 0 && args[len(args)-1].Many
	}
	return len(words) == 1 && len(c.Args) == 1 && slices.Contains(c.Args[0].Values, words[0])
}

func (c Command) names() []string {
	var all []string
	for _, sub := range c.Commands {
		all = append(all, sub.Name)
	}
	return all
}

// untangleHelp reads the words after help: a command, a misspelled or foreign command, or the rest of a sentence.
func (c Command) untangleHelp(words, rest []string) ([]string, string) {
	if len(c.Path(rest)) == len(rest) {
		return words, ""
	}
	if len(rest) == 1 && (isAgent(rest[0]) || nearName(rest[0], c.names()) != "") {
		line := "help " + rest[0]
		return words, fmt.Sprintf("%q is no command: the commands are %s; %s", rest[0], strings.Join(c.names(), ", "), asPrompt(line))
	}
	return append([]string{"run"}, words...), ""
}

// asksOnce reports whether a flag of Hermes Agent's chat gives the question.
func asksOnce(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		name, _, _ := strings.Cut(w, "=")
		return name == "-q" || name == "--query" || name == "--query-file"
	})
}

// asRun translates the words of chat into words of run.
func asRun(words []string) []string {
	all := []string{"run"}
	flags, dropped := chatFlags(), false
	for i, w := range words {
		if w == "--" {
			return append(all, words[i:]...)
		}
		if w == "chat" && !dropped {
			dropped = true
			continue
		}
		name, value, joined := strings.Cut(w, "=")
		ours, known := flags[name]
		switch {
		case !known:
			all = append(all, w)
		case ours == "":
		case joined:
			all = append(all, ours, value)
		default:
			all = append(all, ours)
		}
	}
	return all
}

// skillForm matches the name of a skill, or a list of names, and no text that could be a system prompt.
const skillForm = `^[a-z0-9_.]+([-,/][a-z0-9_.]+)+$`

// skillAsSystem refuses -s with the name of a skill, as Hermes Agent takes it: here it would be sent as a system prompt.
func skillAsSystem(words []string) string {
	for i, w := range words {
		value, ok := strings.CutPrefix(w, "-s")
		if value == "" && i+1 < len(words) {
			value = words[i+1]
		}
		switch {
		case w == "--":
			return ""
		case ok && regexp.MustCompile(skillForm).MatchString(value):
			return fmt.Sprintf("-s is the system prompt here, and %q looks like a skill of Hermes Agent, of which this program has none; a system prompt of that text is --system=%s", value, value)
		}
	}
	return ""
}

// Foreign adds to the parser's error about an unknown flag what the flag of this name does in Hermes Agent.
func Foreign(msg string) string {
	rest, ok := strings.CutPrefix(msg, "unknown flag ")
	if !ok {
		return msg
	}
	name, _, _ := strings.Cut(rest, ",")
	if does, ok := agentFlags()[name]; ok {
		return fmt.Sprintf("unknown flag %s: in Hermes Agent it %s, and this program has no such flag", name, does)
	}
	return msg
}

func isAgent(word string) bool { return strings.Contains(agentTable, "\n"+word+":") }

// nearName is the name that is one edit away from the word: one letter added, removed or changed, or two swapped.
func nearName(word string, names []string) string {
	for _, name := range names {
		if word != name && oneEdit(word, name) {
			return name
		}
	}
	return ""
}

func oneEdit(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 2 && len(b) == 2 {
		return a[0] == b[1] && a[1] == b[0]
	}
	return len(a) <= 1 && len(b) <= 1
}

// operands are the words of a line that are neither flags nor their values. They end at the first unknown flag that follows one of
// them, because the next word may be its value.
func operands(words []string, root Command) []string {
	def, _ := root.fallback()
	flags := slices.Concat(root.Flags, def.Flags)
	valued, known := valuedFlags(flags), map[string]bool{}
	for _, f := range flags {
		known["--"+f.Long], known["--no-"+f.Long], known["-"+f.Short] = true, f.Negatable, true
		for _, name := range f.Aliases {
			known[name] = true
		}
	}
	var ops []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			return append(ops, words[i+1:]...)
		}
		if len(word) < 2 || word[0] != '-' {
			ops = append(ops, word)
			continue
		}
		name, _, _ := strings.Cut(word, "=")
		if !strings.HasPrefix(word, "--") {
			name = word[:2]
		}
		if !known[name] && len(ops) > 0 {
			return ops
		}
		if wantsNext(word, valued) {
			i++
		}
	}
	return ops
}
