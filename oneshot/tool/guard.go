package tool

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"
)

// object reads the members of a call's arguments. repeated names one that is there twice: readers differ in which of the two counts.
func object(args json.RawMessage) (members map[string]json.RawMessage, repeated string) {
	members = map[string]json.RawMessage{}
	dec := json.NewDecoder(bytes.NewReader(args))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return members, ""
	}
	for dec.More() {
		name, err := dec.Token()
		key, isName := name.(string)
		var value json.RawMessage
		if err != nil || !isName || dec.Decode(&value) != nil {
			return members, repeated
		}
		if _, twice := members[key]; twice {
			repeated = key
		}
		members[key] = value
	}
	return members, repeated
}

// passes holds an argument against a guard of --tools: it must be there, and all of it must match. * stays within a folder and **
// does not; a value that climbs by .. matches no pattern of folders.
func (g Guard) passes(members map[string]json.RawMessage) bool {
	values, ok := texts(members[g.Argument])
	return ok && len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool {
		if strings.ContainsAny(g.Pattern, `/\`) && slices.Contains(strings.FieldsFunc(v, slash), "..") {
			return true
		}
		return !glob(g.Pattern, v, true)
	})
}

// hits holds an argument against a guard of --deny: one value that matches is enough, and so is one that leads to the same place.
func (g Guard) hits(members map[string]json.RawMessage) bool {
	values, _ := texts(members[g.Argument])
	return slices.ContainsFunc(values, func(v string) bool {
		return glob(g.Pattern, v, false) || glob(g.Pattern, path.Clean(strings.ReplaceAll(v, `\`, "/")), false)
	})
}

func slash(r rune) bool { return r == '/' || r == '\\' }

// texts are the values of an argument as text: a string's own, a number or a word as it is written, those of a list's items. ok is
// false for what is not there and for an object, which no pattern describes.
func texts(raw json.RawMessage) (values []string, ok bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] == '{' {
		return nil, false
	}
	if raw[0] != '[' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		return []string{s}, true
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, false
	}
	ok = true
	for _, item := range items {
		v, fine := texts(item)
		values, ok = append(values, v...), ok && fine
	}
	return values, ok
}

// glob matches all of s. ? is one character and * any text; with folders, neither is a slash, and ** is any text. It takes time
// in proportion to s, whatever the pattern.
func glob(pattern, s string, folders bool) bool {
	many, one := ".*", "."
	if folders {
		many, one = `[^/\\]*`, `[^/\\]`
	}
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	for pattern != "" {
		literal := strings.IndexAny(pattern+"*", "*?")
		re.WriteString(regexp.QuoteMeta(pattern[:literal]))
		pattern = pattern[literal:]
		switch {
		case strings.HasPrefix(pattern, "**"):
			re.WriteString(".*")
			pattern = strings.TrimLeft(pattern, "*")
		case strings.HasPrefix(pattern, "*"):
			re.WriteString(many)
			pattern = pattern[1:]
		case pattern != "":
			re.WriteString(one)
			pattern = pattern[1:]
		}
	}
	matched, err := regexp.MatchString(re.String()+`\z`, s)
	return err == nil && matched
}
