package shell

import (
	"reflect"
	"slices"
	"strings"
)

// Narrow is the part of a struct of flags that the words may name, as a struct of its own: a parser that reads struct
// tags takes as long for a large grammar as a whole request does. A flag is named by its field's name in kebab case, by
// its tags short and aliases, and by no- before it. Fields tagged arg are always there. widen puts the values of the part
// back into flags, which is a pointer.
//
// What the part parses, the whole parses alike. Words that it refuses say nothing: they are the whole's to judge.
func Narrow(flags any, words []string) (part any, widen func()) {
	whole := reflect.ValueOf(flags).Elem()
	var fields []reflect.StructField
	for i := range whole.NumField() {
		if f := whole.Type().Field(i); slices.ContainsFunc(words, func(w string) bool { return mayName(w, f) }) || isOperand(f) {
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

func isOperand(f reflect.StructField) bool {
	_, ok := f.Tag.Lookup("arg")
	return ok
}

// mayName says whether a word can be the flag of the field, alone, with its value, or among other letters.
func mayName(word string, f reflect.StructField) bool {
	long, ok := strings.CutPrefix(word, "--")
	if !ok {
		short := f.Tag.Get("short")
		return short != "" && strings.HasPrefix(word, "-") && strings.Contains(word, short)
	}
	long, _, _ = strings.Cut(strings.TrimPrefix(long, "no-"), "=")
	return strings.EqualFold(strings.ReplaceAll(long, "-", ""), f.Name) ||
		long != "" && slices.Contains(strings.Split(f.Tag.Get("aliases"), ","), long)
}
