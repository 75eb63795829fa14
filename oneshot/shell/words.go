package shell

import (
	"fmt"
	"slices"
	"strings"
)

// Permute puts the operands of the default command behind its flags, since a parser that stops at the first flag after
// a word would refuse the words after that: "hello --json world" becomes "run --json -- hello world". Words of another
// command come back as nil.
func Permute(words []string, root Command) []string {
	def, ok := root.fallback()
	if !ok {
		return nil
	}
	valued := valuedFlags(root, def)
	var flags, operands []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			operands = append(operands, words[i+1:]...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			operands = append(operands, word)
			continue
		}
		flags = append(flags, word)
		if wantsNext(word, valued) && i+1 < len(words) {
			i++
			flags = append(flags, words[i])
		}
	}
	if len(operands) > 0 && operands[0] == def.Name {
		operands = operands[1:]
	} else if len(operands) > 0 && root.Has(operands[0]) {
		return nil
	}
	return append(append([]string{def.Name}, flags...), append([]string{"--"}, operands...)...)
}

// valuedFlags are the flags that take a value, by every spelling.
func valuedFlags(root, def Command) map[string]bool {
	valued := map[string]bool{}
	for _, f := range slices.Concat(root.Flags, def.Flags) {
		valued["--"+f.Long], valued["-"+f.Short] = f.Placeholder != "", f.Placeholder != ""
	}
	return valued
}

// WantsHelp gives the words around a wish for help.
func WantsHelp(words []string) ([]string, bool) {
	for i, w := range words {
		switch w {
		case "-h", "--help":
			return slices.Delete(slices.Clone(words), i, i+1), true
		case "--":
			return nil, false
		}
	}
	return nil, false
}

// Reword puts the parser's error into words for people: of a closed list of values the one that nearest finds, and not
// the empty one; of a value that is missing just that.
func Reword(msg string, nearest func(word string, known []string) string) string {
	if strings.HasSuffix(msg, ` value but got "EOL" (<EOL>)`) {
		flag, _, _ := strings.Cut(msg, ":")
		return flag + " needs a value"
	}
	flag, rest, _ := strings.Cut(msg, " must be one of ")
	list, got, ok := strings.Cut(rest, ` but got "`)
	if !ok {
		return msg
	}
	known := strings.Split(strings.ReplaceAll(strings.TrimPrefix(list, `"",`), `"`, ""), ",")
	got = strings.TrimSuffix(got, `"`)
	msg = fmt.Sprintf("%s %s: it is one of %s", flag, got, strings.Join(known, ", "))
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
