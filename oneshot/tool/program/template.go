package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

func splitList(path string) []string { return filepath.SplitList(path) }

func inDir(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// piece is literal text, or the name of an argument.
type piece struct{ text, name string }

// pieces takes a word of a template apart.
func pieces(word string) ([]piece, error) {
	var all []piece
	for {
		before, rest, ok := strings.Cut(word, "{{")
		if before != "" {
			all = append(all, piece{text: before})
		}
		if !ok {
			return all, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		if name = strings.TrimSpace(name); !closed || name == "" {
			return nil, fmt.Errorf("%q has a {{ without the name of an argument and }}", word)
		}
		all, word = append(all, piece{name: name}), after
	}
}

// placeholders are the names of all arguments, each once.
func placeholders(words ...string) ([]string, error) {
	var names []string
	for _, word := range words {
		all, err := pieces(word)
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			if p.name != "" && !slices.Contains(names, p.name) {
				names = append(names, p.name)
			}
		}
	}
	return names, nil
}

// fill makes the arguments of the program of those of a call, and its input. The error is for the model.
func (p program) fill(raw json.RawMessage) (argv []string, input string, err error) {
	args := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &args); err != nil {
		return nil, "", err
	}
	argv = []string{p.Argv[0]}
	for i, word := range p.Argv[1:] {
		all, err := pieces(word)
		if err != nil {
			return nil, "", err
		}
		words, err := expand(all, args)
		if err != nil {
			return nil, "", err
		}
		for _, w := range words {
			if len(all) > 0 && all[0].name != "" && strings.HasPrefix(w, "-") && !number(args[all[0].name]) && !slices.Contains(p.Argv[1:i+1], "--") {
				return nil, "", fmt.Errorf("the argument %q may not begin with -: the program would take it for an option", all[0].name)
			}
		}
		argv = append(argv, words...)
	}
	all, err := pieces(p.Stdin)
	if err != nil {
		return nil, "", err
	}
	words, err := expand(all, args)
	return argv, strings.Join(words, "\n"), err
}

// expand gives the words that one of the template becomes: none where an argument of it is missing, one for each item of a list.
func expand(all []piece, args map[string]json.RawMessage) ([]string, error) {
	if len(all) == 0 {
		return []string{""}, nil
	}
	if len(all) == 1 && all[0].name != "" {
		return values(all[0].name, args[all[0].name])
	}
	var word strings.Builder
	for _, p := range all {
		if p.name == "" {
			word.WriteString(p.text)
			continue
		}
		list, err := values(p.name, args[p.name])
		if err != nil || len(list) == 0 {
			return nil, err
		}
		word.WriteString(strings.Join(list, ","))
	}
	return []string{word.String()}, nil
}

// values are an argument as words.
func values(name string, raw json.RawMessage) ([]string, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, nil
	case raw[0] == '[':
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
		var all []string
		for _, item := range items {
			words, err := values(name, item)
			if err != nil {
				return nil, err
			}
			all = append(all, words...)
		}
		return all, nil
	}
	word := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &word); err != nil {
			return nil, err
		}
	}
	if strings.ContainsRune(word, 0) {
		return nil, fmt.Errorf("the argument %q holds a NUL byte", name)
	}
	return []string{word}, nil
}

// number reports a number, whose minus sign is no option.
func number(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9')
}
