package shell

import (
	"fmt"
	"slices"
	"strings"
)

// Permute puts the operands of a command behind its flags and a --, since a parser that stops at the first flag behind a word
// would refuse the words after that: "hello --json world" becomes "--json -- hello world".
func Permute(words []string, flags []Flag) []string {
	valued := valuedFlags(flags)
	var first, operands []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			operands = append(operands, words[i+1:]...)
			break
		}
		if !isFlag(word) {
			operands = append(operands, word)
			continue
		}
		first = append(first, word)
		if !wantsNext(word, valued) {
			continue
		}
		if i++; i == len(words) { // the parser says it best
			return words
		}
		first = append(first, words[i])
	}
	if len(operands) == 0 {
		return first
	}
	return append(append(first, "--"), operands...)
}

// Operand is the place of the first word that is neither a flag nor the value of one, -1 where there is none.
func Operand(words []string, flags []Flag) int {
	valued := valuedFlags(flags)
	for i := 0; i < len(words); i++ {
		switch {
		case words[i] == "--" && i+1 < len(words):
			return i + 1
		case !isFlag(words[i]):
			return i
		case wantsNext(words[i], valued):
			i++
		}
	}
	return -1
}

// isFlag reports whether a word begins with - and is longer than that.
func isFlag(word string) bool { return len(word) > 1 && word[0] == '-' }

// valuedFlags are the flags that take a value, by every spelling.
func valuedFlags(flags []Flag) map[string]bool {
	valued := map[string]bool{}
	for _, f := range flags {
		for _, name := range append([]string{"--" + f.Long, "-" + f.Short}, f.Aliases...) {
			valued[name] = f.Placeholder != ""
		}
	}
	return valued
}

// Without are the words without one of the names, where it stands before a --.
func Without(words []string, names ...string) ([]string, bool) {
	for i, w := range words {
		switch {
		case slices.Contains(names, w):
			return slices.Delete(slices.Clone(words), i, i+1), true
		case w == "--":
			return nil, false
		}
	}
	return nil, false
}

// Reword makes the parser's error readable: for a wrong value it lists the known ones, without the empty one, and the one that nearest
// finds; for a missing value it says so.
func Reword(msg string, nearest func(word string, known []string) string) string {
	if strings.HasSuffix(msg, ` value but got "EOL" (<EOL>)`) {
		flag, _, _ := strings.Cut(msg, ":")
		return flag + " needs a value"
	}
	if what, ok := strings.CutPrefix(msg, `expected "`); ok {
		return "missing " + strings.TrimSuffix(what, `"`)
	}
	flag, rest, _ := strings.Cut(msg, " must be one of ")
	list, got, ok := strings.Cut(rest, ` but got "`)
	if !ok {
		return msg
	}
	known := strings.Split(strings.ReplaceAll(strings.TrimPrefix(list, `"",`), `"`, ""), ",")
	got = strings.TrimSuffix(got, `"`)
	if flag += " "; flag[0] == '<' { // an argument, which its value tells
		flag = ""
	}
	msg = fmt.Sprintf("%s%s: it is one of %s", flag, got, strings.Join(known, ", "))
	if near := nearest(got, known); near != "" {
		msg += "; did you mean " + near + "?"
	}
	return msg
}

// wantsNext says whether the value of a flag is the next word. Short flags may stand together; the first that takes a
// value takes what is left of them.
func wantsNext(word string, valued map[string]bool) bool {
	if strings.HasPrefix(word, "--") {
		return valued[word]
	}
	for i := 1; i < len(word); i++ {
		if valued["-"+word[i:i+1]] {
			return i == len(word)-1
		}
	}
	return false
}

// Has reports whether a word is the name of a command here.
func (c Command) Has(word string) bool {
	for _, sub := range c.Commands {
		if sub.Name == word {
			return true
		}
	}
	return false
}

func (c Command) fallback() (Command, bool) {
	for _, sub := range c.Commands {
		if sub.Default {
			return sub, true
		}
	}
	return Command{}, false
}
