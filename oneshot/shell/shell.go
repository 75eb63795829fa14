// Package shell makes the help, the completions and the manual page from a description of the grammar, and checks and orders the
// words of a command line before they are parsed. Nothing here opens a file or reads the environment.
package shell

import (
	"fmt"
	"slices"
	"strings"
)

// Command is a command with its flags, arguments and commands.
type Command struct {
	Name, Help string
	Detail     string // further lines of help, examples
	Group      string // of commands, in the help of the program
	Default    bool   // it works without its name
	Flags      []Flag
	Args       []Arg
	Commands   []Command
}

// Flag is one option.
type Flag struct {
	Long, Help, Group string
	Short             string   // one letter, or ""
	Aliases           []string // other spellings, each with its --; no help shows them
	Placeholder       string   // "" for a switch
	Joined            string   // what may follow a switch behind =, as --extract=LANG; else ""
	Negatable         bool
	Top               bool     // it is in the help of the program too
	Values            []string // the closed list, or nil
}

// Arg is a positional argument.
type Arg struct {
	Name, Help string
	Optional   bool
	Many       bool // takes all the words that are left
	Values     []string
}

// level is a position in the command line: the commands before it, and the words that may follow.
type level struct {
	path  []string
	words []string
	flags []Flag
}

// levels lists all positions of the grammar. The flags of the default command are valid at the root too.
func levels(c Command, path []string) []level {
	l := level{path: path, flags: slices.Clone(c.Flags)}
	for _, a := range c.Args {
		l.words = append(l.words, a.Values...)
	}
	var below []level
	for _, sub := range c.Commands {
		l.words = append(l.words, sub.Name)
		if sub.Default {
			l.flags = append(l.flags, sub.Flags...)
		}
		below = append(below, levels(sub, append(slices.Clone(path), sub.Name))...)
	}
	for _, f := range l.flags {
		l.words = append(l.words, f.spellings()...)
	}
	return append([]level{l}, below...)
}

func (f Flag) spellings() []string {
	all := []string{"--" + f.Long}
	if f.Negatable {
		all = append(all, "--no-"+f.Long)
	}
	return all
}

// Completion is the script for bash, zsh, fish or powershell.
func Completion(name string, root Command) (string, error) {
	switch name {
	case "bash":
		return bash(root), nil
	case "zsh":
		return zsh(root), nil
	case "fish":
		return fish(root), nil
	case "powershell":
		return powershell(root), nil
	}
	return "", fmt.Errorf("no completion for the shell %s", name)
}

// cases are the arms of the case statements for bash and zsh: the known command paths, the values of each flag, and the words that may
// follow each path.
func cases(root Command, offer func(words []string) string, files string) (descend, values, words string) {
	var keys []string
	var takes, next strings.Builder
	takes.Grow(16 << 10) // about what it takes
	for _, l := range levels(root, nil) {
		at := strings.Join(append([]string{""}, l.path...), " ")
		if len(l.path) > 0 {
			keys = append(keys, `"`+at+`"`)
		}
		for _, f := range l.flags {
			does := files
			switch {
			case len(f.Values) > 0:
				does = offer(f.Values)
			case f.Placeholder == "":
				continue
			}
			takes.WriteString(`    "` + at + " --" + f.Long)
			if f.Short != "" {
				takes.WriteString(`"|"` + at + " -" + f.Short)
			}
			takes.WriteString(`") ` + does + "; return;;\n")
		}
		next.WriteString(`    "` + at + `") ` + offer(l.words) + ";;\n")
	}
	return strings.Join(keys, "|"), takes.String(), next.String()
}

func bash(root Command) string {
	offer := func(words []string) string {
		return `COMPREPLY=($(compgen -W "` + strings.Join(words, " ") + `" -- "$cur"))`
	}
	descend, values, words := cases(root, offer, `COMPREPLY=($(compgen -f -- "$cur"))`)
	return `# bash completion of ` + root.Name + `: source <(` + root.Name + ` completion bash)
` + root.function() + `() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at= i
  [ "$cur" = = ] && cur=
  [ "$prev" = = ] && prev=${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${COMP_WORDS[i]}" in
    ` + descend + `) at="$at ${COMP_WORDS[i]}";;
    esac
  done
  case "$at $prev" in
` + values + `  esac
  case "$at" in
` + words + `  esac
}
complete -o default -F ` + root.function() + ` ` + root.Name + `
`
}

// function is the name of the function that completes the program.
func (c Command) function() string {
	return "_" + strings.Map(func(r rune) rune {
		if strings.ContainsRune("-+.", r) {
			return '_'
		}
		return r
	}, c.Name)
}

func zsh(root Command) string {
	offer := func(words []string) string { return "compadd -- " + strings.Join(words, " ") }
	descend, values, words := cases(root, offer, "_files")
	name := root.function()
	return `#compdef ` + root.Name + `
# zsh completion of ` + root.Name + `: source <(` + root.Name + ` completion zsh)
` + name + `() {
  local prev=${words[CURRENT-1]} at= i
  for ((i = 2; i < CURRENT; i++)); do
    case "$at ${words[i]}" in
    ` + descend + `) at="$at ${words[i]}";;
    esac
  done
  case "$at $prev" in
` + values + `  esac
  case "$at" in
` + words + `  esac
  [ -z "$at" ] && _files
  return 0
}
if [ "$funcstack[1]" = "` + name + `" ]; then ` + name + ` "$@"; else compdef ` + name + ` ` + root.Name + `; fi
`
}

func fish(root Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# fish completion of %s: %[1]s completion fish | source\n", root.Name)
	for _, l := range levels(root, nil) {
		where := "__fish_use_subcommand"
		if len(l.path) > 0 {
			where = "__fish_seen_subcommand_from " + l.path[0]
		}
		if len(l.path) > 1 {
			where += "; and __fish_seen_subcommand_from " + l.path[1]
		}
		for _, w := range l.words {
			if !strings.HasPrefix(w, "-") {
				fmt.Fprintf(&b, "complete -c %s -n %s -a %s\n", root.Name, fishQuoted(where), fishQuoted(w))
			}
		}
		for _, f := range l.flags {
			fmt.Fprintf(&b, "complete -c %s -n %s -l %s%s -d %s\n", root.Name, fishQuoted(where), f.Long, fishTakes(f), fishQuoted(f.Help))
			if f.Negatable {
				fmt.Fprintf(&b, "complete -c %s -n %s -l no-%s\n", root.Name, fishQuoted(where), f.Long)
			}
		}
	}
	return b.String()
}

func fishTakes(f Flag) string {
	var all string
	if f.Short != "" {
		all = " -s " + f.Short
	}
	switch {
	case len(f.Values) > 0:
		return all + " -x -a " + fishQuoted(strings.Join(f.Values, " "))
	case f.Placeholder != "":
		return all + " -r"
	}
	return all
}

func fishQuoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
