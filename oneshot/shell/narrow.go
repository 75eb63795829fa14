package shell

import (
	"reflect"
	"slices"
	"strings"
)

// Narrow is the part of a grammar that the words may name, as a struct of its own: a parser that reads struct tags takes
// as long for a large grammar as a whole request does. A command is named by its name; a flag by its name, with no- before
// it too, and by its tags short and aliases. Arguments are always there. widen puts the values of the part back into the
// grammar, which is a pointer.
//
// What the part parses, the whole parses alike. Words that it refuses say nothing: they are the whole's to judge.
func Narrow(grammar any, words []string) (part any, widen func()) {
	whole := reflect.ValueOf(grammar).Elem()
	var fields []reflect.StructField
	for f := range whole.Type().Fields() {
		if _, arg := f.Tag.Lookup("arg"); arg || slices.ContainsFunc(words, func(w string) bool { return mayName(w, f) }) {
			fields = append(fields, f)
		}
	}
	few := reflect.New(reflect.StructOf(fields))
	return few.Interface(), func() {
		for i, f := range fields {
			whole.FieldByIndex(f.Index).Set(few.Elem().Field(i))
		}
	}
}

// mayName says whether a word can be the command of the field, or its flag: alone, with a value, or among other letters.
func mayName(word string, f reflect.StructField) bool {
	if _, cmd := f.Tag.Lookup("cmd"); cmd {
		return word == nameOf(f)
	}
	long, ok := strings.CutPrefix(word, "--")
	if !ok {
		short := f.Tag.Get("short")
		return short != "" && strings.HasPrefix(word, "-") && strings.Contains(word, short)
	}
	long, _, _ = strings.Cut(strings.TrimPrefix(long, "no-"), "=")
	return long == nameOf(f) || long != "" && slices.Contains(strings.Split(f.Tag.Get("aliases"), ","), long)
}
